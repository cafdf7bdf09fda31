package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every architecture takes three steps, and ONNX Runtime then says what libtorch says. */
class ArchitecturesTrainTest {
  private static final Recipe RECIPE =
      Recipe.classification().optimizer(new Optimizer.Sgd(0.01, 0, 0, false));
  private static final int CLASSES = 4;

  static List<Architecture> all() {
    return Architectures.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void trainsNarrow(Architecture a) {
    int size = Math.max(a.smallest(), Math.min(a.size(), 32));
    trains(a, options(a).withWidth(0.125), 2, size);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("all")
  void trainsAtFullWidth(Architecture a) {
    trains(a, options(a), 2, Math.max(a.smallest(), Math.min(a.size(), 128)));
  }

  private static Options options(Architecture a) {
    Options seeded = Options.defaults().withSeed(3);
    return isPicture(a) ? seeded : seeded.withClasses(CLASSES);
  }

  private static boolean isPicture(Architecture a) {
    return a.paints();
  }

  private static void trains(Architecture a, Options options, int batch, int size) {
    Model model = a.model(options);
    long[] shape = {batch, a.channels(), size, size};
    FloatBuffer pixels = pixels(shape, 1);
    Recipe recipe = isPicture(a) ? RECIPE.loss(Loss.MSE) : RECIPE;
    try (Learner learner = new Learner(model, recipe)) {
      Targets targets = targets(a, learner.infer(pixels, shape).dims());
      for (int step = 1; step <= 3; step++) {
        assertTrue(Double.isFinite(learner.step(pixels, shape, targets, 0.01)), "loss");
      }
      Model trained = learner.export();
      List<List<String>> layers = Roles.layers(model.graph());
      for (List<String> layer : List.of(layers.get(0), layers.get(layers.size() - 1))) {
        for (String name : layer) {
          assertLearned(name, model, trained);
        }
      }
      assertAgree(a, trained, learner.infer(pixels, shape), pixels, shape);
      long[] other = {1, a.channels(), size + 3, size + 1};
      FloatBuffer odd = pixels(other, 4);
      assertAgree(a, trained, learner.infer(odd, other), odd, other);
    }
  }

  /** Classes at random, or a picture of the output's own shape. */
  private static Targets targets(Architecture a, long[] output) {
    Random random = new Random(2);
    if (isPicture(a)) {
      int n = (int) Arrays.stream(output).reduce(1, Math::multiplyExact);
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = random.nextFloat();
      }
      return new Targets.Values(values, output);
    }
    boolean pixels = a.task() == Architecture.Task.SEGMENTATION;
    long[] shape = pixels ? new long[] {output[0], output[2], output[3]} : new long[] {output[0]};
    int n = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    int classes = (int) Math.min(CLASSES, output[1]);
    return new Targets.Classes(random.longs(n, 0, classes).toArray(), shape);
  }

  /**
   * Without momentum and decay a parameter moves where its gradient is not zero, and only there.
   */
  private static void assertLearned(String name, Model before, Model after) {
    float[] old = before.graph().initializers().get(name).floats();
    float[] now = after.graph().initializers().get(name).floats();
    boolean moved = false;
    for (int i = 0; i < now.length; i++) {
      assertTrue(Float.isFinite(now[i]), name + " has a value that is no number");
      moved |= now[i] != old[i];
    }
    assertTrue(moved || isTakenAway(name, before), name + " has no gradient");
  }

  /** A bias that shifts whole channels before their mean is subtracted: it changes nothing. */
  private static boolean isTakenAway(String bias, Model model) {
    List<String> shifted =
        model.graph().nodes().stream()
            .filter(n -> n.operator().equals("Conv") && n.inputs().indexOf(bias) == 2)
            .map(n -> n.outputs().get(0))
            .toList();
    return model.graph().nodes().stream()
        .filter(n -> n.operator().matches("(Batch|Instance)Normalization"))
        .anyMatch(n -> shifted.contains(n.inputs().get(0)));
  }

  private static void assertAgree(
      Architecture a, Model trained, Tensor wanted, FloatBuffer pixels, long[] shape) {
    float[] right = wanted.floats();
    try (ImageModel served = ImageModel.load(a.name(), trained.toBytes(), Device.cpu())) {
      Output met = served.run(pixels, shape);
      assertEquals(right.length, met.values().length);
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < right.length; i++) {
        largest = Math.max(largest, Math.abs(right[i]));
        difference = Math.max(difference, Math.abs(right[i] - met.values()[i]));
      }
      assertFalse(difference > 1e-4 * largest, difference + " of " + largest);
    }
  }

  private static FloatBuffer pixels(long[] shape, long seed) {
    int n = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * n).order(ByteOrder.nativeOrder()).asFloatBuffer();
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      pixels.put(i, (float) random.nextGaussian());
    }
    return pixels;
  }
}
