package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.nio.FloatBuffer;
import java.util.Set;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Masks of the pictures' own sizes, in ONNX Runtime. */
class UNetTest {
  private static final Options NARROW = Options.defaults().withWidth(0.125);

  private static ImageModel served(String name, Options options) {
    Model model = Architectures.named(name).model(options);
    return ImageModel.load(name, model.toBytes(), Device.cpu());
  }

  /** Pixels in [-100, 100] as a function of row and column, the same in every channel. */
  private static Output run(ImageModel model, int n, int c, int h, int w, IntBinaryOperator pixel) {
    FloatBuffer pixels = FloatBuffer.allocate(n * c * h * w);
    for (int plane = 0; plane < n * c; plane++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          pixels.put(pixel.applyAsInt(y, x) / 100f);
        }
      }
    }
    return model.run(pixels.flip(), new long[] {n, c, h, w});
  }

  private static int pattern(int y, int x) {
    return (y * 37 + x * 61 + y * x) % 201 - 100;
  }

  private static void givesMasksOfThePicturesSize(Options options) {
    int[][] sizes = {{1, 1}, {17, 31}, {100, 45}, {33, 64}, {48, 48}};
    try (ImageModel unet = served("unet", options)) {
      for (int[] size : sizes) {
        for (int batch = 1; batch <= 2; batch++) {
          Output out = run(unet, batch, 3, size[0], size[1], UNetTest::pattern);
          assertArrayEquals(new long[] {batch, 2, size[0], size[1]}, out.shape());
          for (float v : out.values()) {
            assertTrue(Float.isFinite(v));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void givesMasksOfThePicturesSizeWithEveryActivation(Activation activation) {
    givesMasksOfThePicturesSize(NARROW.withActivation(activation));
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void givesMasksOfThePicturesSizeWithEveryNormalization(Normalization normalization) {
    givesMasksOfThePicturesSize(NARROW.withNormalization(normalization));
  }

  @ParameterizedTest
  @CsvSource({"unet, 3", "unet_original, 1"})
  void declaresMasksOfTheInputsSize(String name, int channels) {
    Model model = Architectures.named(name).model(NARROW.withClasses(5));
    assertEquals(
        "input: float [batch, " + channels + ", height, width]",
        model.graph().inputs().get(0).toString());
    assertEquals(
        "output: float [batch, 5, height, width]", model.graph().outputs().get(0).toString());
    assertEquals(17, model.opset());
  }

  @Test
  void repeatsTheLastRowAndColumnUpToAMultipleOfSixteen() {
    int h = 17;
    int w = 31;
    IntBinaryOperator repeated = (y, x) -> pattern(Math.min(y, h - 1), Math.min(x, w - 1));
    try (ImageModel unet = served("unet", NARROW)) {
      float[] met = run(unet, 1, 3, h, w, UNetTest::pattern).values();
      float[] wanted = run(unet, 1, 3, 32, 32, repeated).values();
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          assertEquals(wanted[y * 32 + x], met[y * w + x], 1e-4f);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 105, 105", "2, 106, 121", "1, 120, 107"})
  void theOriginalGivesMasksOfThePicturesSizeToo(int batch, int h, int w) {
    try (ImageModel unet = served("unet_original", NARROW)) {
      Output out = run(unet, batch, 1, h, w, UNetTest::pattern);
      assertArrayEquals(new long[] {batch, 2, h, w}, out.shape());
    }
  }

  @Test
  void theOriginalTakesEverySizeFromItsSmallest() {
    try (ImageModel unet = served("unet_original", NARROW)) {
      int smallest = Architectures.named("unet_original").smallest();
      for (int size = smallest; size < smallest + 17; size++) {
        long[] shape = run(unet, 1, 1, smallest, size, UNetTest::pattern).shape();
        assertArrayEquals(new long[] {1, 2, smallest, size}, shape);
      }
      assertThrows(RuntimeException.class, () -> run(unet, 1, 1, 104, 104, UNetTest::pattern));
    }
  }

  /** A border of zeros would be seen: the four halvings alone repeat every 16 pixels. */
  @Test
  void theOriginalSeesNoBorder() {
    try (ImageModel unet = served("unet_original", NARROW)) {
      float[] mask = run(unet, 1, 1, 116, 116, (y, x) -> 100).values();
      for (int y = 0; y < 100; y++) {
        for (int x = 0; x < 100; x++) {
          assertEquals(mask[y * 116 + x], mask[(y + 16) * 116 + x + 16], 1e-4f);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void theOriginalTakesEveryNormalization(Normalization normalization) {
    try (ImageModel unet = served("unet_original", NARROW.withNormalization(normalization))) {
      assertArrayEquals(
          new long[] {1, 2, 105, 110}, run(unet, 1, 1, 105, 110, UNetTest::pattern).shape());
    }
  }

  @Test
  void namesItsWeightsAsItsJavadocSays() {
    Set<String> names = Architectures.named("unet").model(NARROW).graph().initializers().keySet();
    assertTrue(
        names.containsAll(
            Set.of(
                "down1.conv1.weight",
                "down1.norm1.running_mean",
                "bottom.conv2.weight",
                "bottom.norm2.bias",
                "up4.up.weight",
                "up4.up.bias",
                "up1.conv1.weight",
                "head.weight",
                "head.bias")));
    assertTrue(names.stream().noneMatch(n -> n.matches(".*conv[12].bias")), "a norm follows");
    assertTrue(
        Architectures.named("unet_original")
            .model(NARROW)
            .graph()
            .initializers()
            .containsKey("down1.conv1.bias"));
  }
}
