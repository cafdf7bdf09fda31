package io.fovea.cli;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.onnx.TensorType;
import io.fovea.runtime.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Runs a model and the one that has its preprocessing inside on the same random pictures, and
 * compares all float outputs.
 */
final class EmbeddedCheck implements AutoCloseable {
  private static final int[][] SIZES = {{37, 53}, {321, 240}, {131, 64}, {96, 64}, {224, 224}};
  private static final double TOLERANCE = 1e-3;

  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final OrtSession before;
  private final OrtSession after;
  private final Preprocessing steps;
  private final boolean half;
  private final int batch;

  private EmbeddedCheck(Model before, Model after, Preprocessing steps) throws OrtException {
    TensorType type = before.graph().inputs().get(0).type();
    Dim n = type.shape() == null ? Dim.UNKNOWN : type.shape().get(0);
    this.batch = n.isKnown() ? Math.toIntExact(n.size()) : 1;
    this.half = type.elements() == DataType.FLOAT16;
    this.steps = steps;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      this.before = environment.createSession(before.toBytes(), options);
      this.after = environment.createSession(after.toBytes(), options);
    }
  }

  /**
   * The largest difference, as a share of the largest value of its output.
   *
   * @throws Fovea.UserException where it is more than 1e-3, or the model takes none of the pictures
   */
  static double difference(String name, Model before, Model after, Preprocessing steps) {
    try (EmbeddedCheck check = new EmbeddedCheck(before, after, steps)) {
      double largest = Double.NEGATIVE_INFINITY;
      Random random = new Random(0);
      for (int[] size : SIZES) {
        byte[] pixels = new byte[3 * size[0] * size[1]];
        random.nextBytes(pixels);
        Picture picture = Picture.of(size[0], size[1], 3, pixels);
        Map<String, float[]> wanted = check.outside(picture);
        if (wanted != null) { // else the net itself does not take that size
          largest = Math.max(largest, difference(wanted, check.inside(picture)));
        }
      }
      if (!(largest >= 0 && largest <= TOLERANCE)) {
        String what =
            largest == Double.NEGATIVE_INFINITY
                ? "takes none of the pictures that were tried"
                : "differs by %.1e of the largest value".formatted(largest);
        throw new Fovea.UserException(
            "%s: with its preprocessing inside it %s; not written".formatted(name, what));
      }
      return largest;
    } catch (OrtException e) {
      throw new Fovea.UserException(name + ": " + e.getMessage());
    }
  }

  private @Nullable Map<String, float[]> outside(Picture picture) throws OrtException {
    Picture prepared = steps.picture(picture);
    int size = prepared.pixels().length;
    FloatBuffer tensor = bytes(4L * batch * size).asFloatBuffer();
    for (int i = 0; i < batch; i++) {
      steps.tensor(prepared, tensor);
    }
    tensor.flip();
    long[] shape = {batch, steps.channels(), prepared.height(), prepared.width()};
    try (OnnxTensor in =
        half
            ? OnnxTensor.createTensor(
                environment,
                Fp16Conversions.convertFloatBufferToFp16Buffer(tensor),
                shape,
                OnnxJavaType.FLOAT16)
            : OnnxTensor.createTensor(environment, tensor, shape)) {
      return run(before, in);
    } catch (OrtException e) {
      return null;
    }
  }

  private Map<String, float[]> inside(Picture picture) throws OrtException {
    ByteBuffer pixels = bytes((long) batch * picture.pixels().length);
    for (int i = 0; i < batch; i++) {
      pixels.put(picture.pixels());
    }
    long[] shape = {batch, picture.height(), picture.width(), 3};
    try (OnnxTensor in =
        OnnxTensor.createTensor(environment, pixels.flip(), shape, OnnxJavaType.UINT8)) {
      return run(after, in);
    }
  }

  private static ByteBuffer bytes(long size) {
    return ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.nativeOrder());
  }

  private static Map<String, float[]> run(OrtSession session, OnnxTensor in) throws OrtException {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    String input = session.getInputNames().iterator().next();
    try (OrtSession.Result result = session.run(Map.of(input, in))) {
      for (var output : result) {
        if (output.getValue() instanceof OnnxTensor t && isReal(t.getInfo())) {
          FloatBuffer values = t.getFloatBuffer();
          float[] copy = new float[values.remaining()];
          values.get(copy);
          outputs.put(output.getKey(), copy);
        }
      }
    }
    return outputs;
  }

  private static boolean isReal(TensorInfo info) {
    return info.type == OnnxJavaType.FLOAT || info.type == OnnxJavaType.FLOAT16;
  }

  private static double difference(Map<String, float[]> wanted, Map<String, float[]> met) {
    double worst = 0;
    for (Map.Entry<String, float[]> e : wanted.entrySet()) {
      float[] a = e.getValue();
      float[] b = met.getOrDefault(e.getKey(), new float[0]);
      double largest = 0;
      double difference = a.length == b.length ? 0 : Double.POSITIVE_INFINITY;
      for (int i = 0; i < Math.min(a.length, b.length); i++) {
        largest = Math.max(largest, Math.abs(a[i]));
        double d = Float.compare(a[i], b[i]) == 0 ? 0 : Math.abs(a[i] - b[i]);
        difference = d <= difference ? difference : d; // NaN stays
      }
      double share = difference == 0 ? 0 : difference / largest;
      worst = share <= worst ? worst : share;
    }
    return worst;
  }

  @Override
  public void close() throws OrtException {
    before.close();
    after.close();
  }
}
