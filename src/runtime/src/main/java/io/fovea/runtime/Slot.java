package io.fovea.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * The memory of one run at a time: a direct buffer that is the input tensor, and one that the
 * output lands in. They stay from run to run, and grow to the largest batch that was run. Not
 * thread-safe.
 *
 * <p>The first run of a shape leaves the output to ONNX Runtime, which tells its shape; the next
 * ones of the same shape are given a buffer of that size.
 */
final class Slot implements AutoCloseable {
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);
  private static final float[] NO_VALUES = {};

  private final Sessions.Opened opened;
  private final InputPort port;
  private final OutputPort result;

  private ByteBuffer input = NOTHING;
  private long[] shape = {}; // of the input tensor, as the file has it
  private Map<String, OnnxTensor> inputs = Map.of();

  private ByteBuffer output = NOTHING;
  private long[] outputShape = {}; // of the output for that input
  private Map<String, OnnxValue> outputs = Map.of();
  private boolean pins = true;

  private FloatBuffer planes = FloatBuffer.allocate(0);
  private float[] values = NO_VALUES;

  Slot(Sessions.Opened opened, InputPort port, OutputPort result) {
    this.opened = opened;
    this.port = port;
    this.result = result;
  }

  boolean isOf(long[] wanted) {
    return Arrays.equals(shape, wanted);
  }

  /**
   * The input of a batch, to be filled.
   *
   * @param wanted its shape as the file has it
   */
  ByteBuffer input(long[] wanted) throws OrtException {
    if (!isOf(wanted)) {
      close();
      int bytes = port.bytes(wanted);
      if (input.capacity() < bytes) {
        input = direct(bytes);
      }
      ByteBuffer part = input.clear().limit(bytes).slice().order(ByteOrder.nativeOrder());
      OnnxTensor tensor =
          OnnxTensor.createTensor(OnnxRuntime.environment(), part, wanted, port.type());
      inputs = Map.of(port.name(), tensor);
      shape = wanted.clone();
    }
    return input.clear().limit(port.bytes(shape));
  }

  /** Room for the planes of one picture. */
  FloatBuffer planes(int size) {
    if (planes.capacity() < size) {
      planes = FloatBuffer.allocate(size);
    }
    return planes.clear().limit(size);
  }

  /** Runs the model on the input. The output is valid until the next run. */
  Output run() throws OrtException {
    if (outputs.isEmpty()) {
      return measure();
    }
    try (OrtSession.Result unused =
        opened.session().run(inputs, Set.of(), outputs, opened.runOptions())) {
      return read(output, outputShape);
    } catch (OrtException e) {
      pins = false; // the shape of the output may follow from what the picture shows
      unpin();
      return measure();
    }
  }

  private Output measure() throws OrtException {
    try (OrtSession.Result all =
        opened.session().run(inputs, Set.of(result.name()), opened.runOptions())) {
      OnnxTensor out = (OnnxTensor) all.get(0);
      ByteBuffer given = out.getByteBuffer().order(ByteOrder.nativeOrder());
      long[] met = ((TensorInfo) out.getInfo()).getShape();
      Output read = read(given, met);
      if (pins && given.remaining() > 0) {
        pin(given.remaining(), met);
      }
      return read;
    }
  }

  private Output read(ByteBuffer given, long[] met) {
    Output read = result.read(given.duplicate().order(ByteOrder.nativeOrder()), met, values);
    values = read.values();
    return read;
  }

  private void pin(int bytes, long[] met) throws OrtException {
    if (output.capacity() < bytes) {
      output = direct(bytes);
    }
    output.clear().limit(bytes);
    ByteBuffer part = output.slice().order(ByteOrder.nativeOrder());
    outputShape = met;
    OnnxTensor tensor =
        OnnxTensor.createTensor(OnnxRuntime.environment(), part, met, result.type());
    outputs = Map.of(result.name(), tensor);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private void unpin() {
    outputs.values().forEach(OnnxValue::close);
    outputs = Map.of();
  }

  /** Frees the tensors; the buffers are left to the garbage collector. */
  @Override
  public void close() {
    unpin();
    inputs.values().forEach(OnnxValue::close);
    inputs = Map.of();
    shape = new long[0];
  }
}
