package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few steps of nets whose graphs make their filters or coordinates themselves. */
class EquivariantTrainingTest {
  private static final double RATE = 0.01;
  private static final Recipe PLAIN =
      Recipe.classification().optimizer(new Optimizer.Sgd(RATE, 0, 0, false));
  private static final int BATCH = 6;

  private static FloatBuffer pictures(int count, int height, int width) {
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * count * height * width)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    Random random = new Random(1);
    while (pixels.hasRemaining()) {
      pixels.put((float) random.nextGaussian());
    }
    return pixels.flip();
  }

  /** Three steps, of which the last has moved the first and the last layer. */
  private static Model trained(String name, String first, String last, int height, int width) {
    Model net = Architectures.named(name).model(Options.classes(3));
    long[] shape = {BATCH, 1, height, width};
    FloatBuffer pixels = pictures(BATCH, height, width);
    try (Learner learner = new Learner(net, PLAIN)) {
      Map<String, io.fovea.onnx.Tensor> before = Map.of();
      for (int step = 0; step < 3; step++) {
        before = learner.graph().state();
        learner.step(pixels, shape, Targets.Classes.of(0, 1, 2, 0, 1, 2), RATE);
      }
      for (String parameter : new String[] {first, last}) {
        float[] was = before.get(parameter).floats();
        float[] is = learner.graph().state().get(parameter).floats();
        double moved = 0;
        for (int i = 0; i < is.length; i++) {
          moved += Math.abs(is[i] - was[i]);
        }
        assertTrue(moved > 0 && Double.isFinite(moved), parameter + " moved by " + moved);
      }
      Model model = learner.export();
      float[] served = run(model, pixels, shape);
      assertEquals(0, difference(served, learner.infer(pixels, shape).floats()), 1e-4);
      return model;
    }
  }

  private static float[] run(Model model, FloatBuffer pixels, long... shape) {
    try (ImageModel served = ImageModel.load("trained", model.toBytes(), Device.cpu())) {
      return served.run(pixels.duplicate(), shape).values();
    }
  }

  /** The largest, as a share of the largest value. */
  private static double difference(float[] met, float[] wanted) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      largest = Math.max(largest, Math.abs(wanted[i]));
      difference = Math.max(difference, Math.abs(wanted[i] - met[i]));
    }
    return difference / largest;
  }

  @ParameterizedTest
  @CsvSource({
    "p4cnn, 28, 28",
    "p4cnn, 31, 30",
    "p4mcnn, 28, 28",
    "p4mcnn, 29, 33",
    "z2cnn, 28, 28"
  })
  void staysTiedWhileItIsTrained(String name, int height, int width) {
    Model model = trained(name, "conv1.weight", "conv7.weight", height, width);
    FloatBuffer upright = pictures(1, height, width);
    float[] wanted = run(model, upright, 1, 1, height, width);
    FloatBuffer turned = pictures(1, height, width);
    FloatBuffer mirrored = pictures(1, height, width);
    for (int i = 0; i < upright.capacity(); i++) {
      int row = i / width;
      int column = i % width;
      turned.put((width - 1 - column) * height + row, upright.get(i));
      mirrored.put(row * width + width - 1 - column, upright.get(i));
    }
    double byTurn = difference(run(model, turned, 1, 1, width, height), wanted);
    double byMirror = difference(run(model, mirrored, 1, 1, height, width), wanted);
    boolean turns = !name.startsWith("z2");
    boolean mirrors = name.startsWith("p4m");
    assertTrue(turns ? byTurn < 1e-4 : byTurn > 1e-2, name + " turned: " + byTurn);
    assertTrue(mirrors ? byMirror < 1e-4 : byMirror > 1e-2, name + " mirrored: " + byMirror);
  }

  @ParameterizedTest
  @CsvSource({"28, 28", "17, 35"})
  void learnsWhereToLookFromTheClassesAlone(int height, int width) {
    Model model =
        trained("spatial_transformer", "localisation.conv1.weight", "fc.weight", height, width);
    float[] map = model.graph().initializers().get("localisation.theta.bias").floats();
    for (float move : map) {
      assertTrue(move != 0 && Math.abs(move) < 1, "moved by " + move);
    }
  }
}
