package io.fovea.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.fovea.runtime.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** ONNX Runtime alone over ready tensors {@code [N, 3, 224, 224]} of noise, one a worker. */
final class BareSide implements Side, AutoCloseable {
  private final OrtSession session;
  private final OnnxTensor[] tensors;
  private final String input;

  /**
   * Loads a net.
   *
   * @param spinning whether ONNX Runtime's threads spin while they wait, which is its default
   */
  BareSide(Path net, Plan plan, boolean spinning) throws OrtException {
    OrtEnvironment environment = OnnxRuntime.environment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(plan.threads());
      options.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
      session = environment.createSession(net.toString(), options);
    }
    input = session.getInputNames().iterator().next();
    tensors = new OnnxTensor[plan.workers()];
    for (int w = 0; w < tensors.length; w++) {
      long[] shape = {plan.batch(), 3, 224, 224};
      tensors[w] = OnnxTensor.createTensor(environment, noise(plan.batch(), w), shape);
    }
  }

  private static FloatBuffer noise(int batch, int seed) {
    int size = batch * 3 * 224 * 224;
    FloatBuffer values =
        ByteBuffer.allocateDirect(Float.BYTES * size)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    Random random = new Random(seed);
    while (values.hasRemaining()) {
      values.put((float) random.nextGaussian());
    }
    return values.flip();
  }

  @Override
  public int step(int worker) throws OrtException {
    try (OrtSession.Result result = session.run(Map.of(input, tensors[worker]))) {
      return (int) ((OnnxTensor) result.get(0)).getInfo().getShape()[0];
    }
  }

  @Override
  public void close() throws OrtException {
    for (OnnxTensor tensor : tensors) {
      tensor.close();
    }
    session.close();
  }

  /** Arguments: net, plan. */
  public static void main(String[] args) throws Exception {
    Plan plan = Plan.of(args[1]);
    try (BareSide side = new BareSide(Path.of(args[0]), plan, true)) {
      String version = OnnxRuntime.environment().getVersion();
      Side.serve("bare ONNX Runtime " + version, plan.workers(), side);
    }
  }
}
