package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Turned and mirrored pictures through ONNX Runtime. */
class EquivarianceTest {
  private static final int CHANNELS = 2;
  private static final double SAME = 1e-4; // of the largest logit
  private static final double DIFFERENT = 1e-2;
  private static final Options OPTIONS = Options.classes(5).withChannels(CHANNELS);

  @ParameterizedTest
  @CsvSource({"28, 28", "29, 29", "32, 29", "31, 34", "41, 41"})
  void answersTheSameHoweverAPictureIsTurned(int height, int width) {
    float[] picture = picture(height, width);
    double[] p4 = differences("p4cnn", OPTIONS, picture, height, width);
    double[] p4m = differences("p4mcnn", OPTIONS, picture, height, width);
    double[] z2 = differences("z2cnn", OPTIONS, picture, height, width);
    for (int i = 1; i < 8; i++) {
      assertTrue(p4m[i] < SAME, "p4mcnn, orientation " + i + ": " + p4m[i]);
      assertTrue(z2[i] > DIFFERENT, "z2cnn, orientation " + i + ": " + z2[i]);
      boolean turned = i < 4;
      assertTrue(turned ? p4[i] < SAME : p4[i] > DIFFERENT, "p4cnn, " + i + ": " + p4[i]);
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void answersTheSameWithEveryNormalization(Normalization normalization) {
    Options options = OPTIONS.withNormalization(normalization).withWidth(0.5);
    float[] picture = picture(29, 30);
    for (double difference : differences("p4mcnn", options, picture, 29, 30)) {
      assertTrue(difference < SAME, normalization + ": " + difference);
    }
  }

  @ParameterizedTest
  @CsvSource({"PRELU", "SWISH", "TANH"})
  void answersTheSameWithOtherActivations(Activation activation) {
    Options options = OPTIONS.withActivation(activation).withSeed(3);
    float[] picture = picture(28, 28);
    for (double difference : differences("p4mcnn", options, picture, 28, 28)) {
      assertTrue(difference < SAME, activation + ": " + difference);
    }
  }

  /** Its filter stands at every second pixel of an odd number, from the first to the last. */
  @Test
  void answersTheSameWithABlurredPool() {
    Options options = OPTIONS.with(Extra.BLURPOOL);
    for (double difference : differences("p4mcnn", options, picture(29, 32), 29, 32)) {
      assertTrue(difference < SAME, "blurred: " + difference);
    }
  }

  @Test
  void refusesWhatWouldTieItToAnOrientation() {
    Architecture net = Architectures.named("p4cnn");
    Options options = Options.defaults().with(Extra.SQUEEZE_EXCITE);
    OnnxException e = assertThrows(OnnxException.class, () -> net.model(options));
    assertEquals("p4cnn has no place for squeeze_excite", e.getMessage());
  }

  /** Largest difference of the logits of each orientation, as a share of the largest logit. */
  private static double[] differences(
      String name, Options options, float[] picture, int height, int width) {
    Model model = Architectures.named(name).model(options);
    double[] largest = new double[8];
    try (ImageModel served = ImageModel.load(name, model.toBytes(), Device.cpu())) {
      float[] wanted = logits(served, picture, height, width);
      double scale = 0;
      for (float v : wanted) {
        scale = Math.max(scale, Math.abs(v));
      }
      float[] now = picture;
      for (int i = 0; i < 8; i++) {
        int h = i % 2 == 0 ? height : width; // turned i times
        int w = i % 2 == 0 ? width : height;
        now = i == 4 ? mirrored(now, w) : now;
        float[] met = logits(served, now, h, w);
        for (int k = 0; k < wanted.length; k++) {
          largest[i] = Math.max(largest[i], Math.abs(met[k] - wanted[k]) / scale);
        }
        now = turned(now, h, w);
      }
      assertArrayEquals(mirrored(picture, width), now); // eight turns, and one mirror image
    }
    return largest;
  }

  private static float[] logits(ImageModel model, float[] picture, int height, int width) {
    return model.run(FloatBuffer.wrap(picture), new long[] {1, CHANNELS, height, width}).values();
  }

  private static float[] picture(int height, int width) {
    float[] values = new float[CHANNELS * height * width];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** A quarter turn: [C, H, W] -> [C, W, H]. */
  private static float[] turned(float[] picture, int height, int width) {
    float[] out = new float[picture.length];
    for (int i = 0; i < picture.length; i++) {
      int row = i / width % height;
      int first = i - i % (height * width);
      out[first + (width - 1 - i % width) * height + row] = picture[i];
    }
    return out;
  }

  private static float[] mirrored(float[] picture, int width) {
    float[] out = new float[picture.length];
    for (int i = 0; i < picture.length; i++) {
      out[i - i % width + width - 1 - i % width] = picture[i];
    }
    return out;
  }

  /** 18,000 of them in the five layers between. */
  @ParameterizedTest
  @CsvSource({"z2cnn, 21630, 20x20x3x3", "p4cnn, 24620, 10x10x4x3x3", "p4mcnn, 26757, 7x7x8x3x3"})
  void hasAsManyParametersAsItsTwins(String name, long wanted, String between) {
    Map<String, Tensor> all =
        Architectures.named(name).model(Options.defaults()).graph().initializers();
    long met =
        all.values().stream()
            .filter(t -> t.type().isFloating() && !t.name().contains("running_"))
            .mapToLong(Tensor::size)
            .sum();
    assertEquals(wanted, met);
    String dims = java.util.Arrays.toString(all.get("conv3.weight").dims());
    assertEquals(between, dims.replaceAll("[\\[\\] ]", "").replace(',', 'x'));
  }

  @Test
  void movesAFilterByEveryOrientation() {
    long[] turns = PlaneGroup.P4.cells(1, 2); // of [a b; c d], counter-clockwise or clockwise
    assertArrayEquals(new long[] {0, 1, 2, 3, 1, 3, 0, 2, 3, 2, 1, 0, 2, 0, 3, 1}, turns);
    for (PlaneGroup group : PlaneGroup.values()) {
      int n = group.order();
      long[] cells = group.cells(n, 3);
      for (int g = 0; g < n; g++) {
        long[] one = java.util.Arrays.copyOfRange(cells, g * n * 9, (g + 1) * n * 9);
        java.util.Arrays.sort(one);
        for (int i = 0; i < one.length; i++) {
          assertEquals(i, one[i], group + " " + g); // every cell once
        }
      }
    }
  }
}
