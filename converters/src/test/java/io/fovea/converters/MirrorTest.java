package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Tensor;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link Extra#MIRROR}: filters and their mirror images. */
class MirrorTest {
  private static final int SIDE = 33; // 32, 16, 8, 4: no pool leaves a column out
  private static final Options NARROW = Options.classes(5).withWidth(0.25).withSeed(3);

  /** The largest difference of the logits of a picture and its mirror image. */
  private static double differs(Options options) {
    float[] pixels = Served.wave(3 * SIDE * SIDE);
    float[] turned = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      turned[i] = pixels[i / SIDE * SIDE + SIDE - 1 - i % SIDE];
    }
    try (Served net = new Served(Architectures.named("airbench94").model(options))) {
      float[] one = net.run(pixels, 1, 3, SIDE, SIDE).values();
      float[] other = net.run(turned, 1, 3, SIDE, SIDE).values();
      return IntStream.range(0, one.length)
          .mapToDouble(i -> Math.abs(one[i] - other[i]))
          .max()
          .orElseThrow();
    }
  }

  @Test
  void givesAMirroredPictureTheLogitsOfThePicture() {
    assertEquals(0, differs(NARROW.with(Extra.MIRROR)), 1e-5);
    assertEquals(0, differs(NARROW.withNormalization(Normalization.NONE).with(Extra.MIRROR)), 1e-5);
    assertTrue(differs(NARROW) > 1e-3, "the plain net does not");
  }

  @Test
  void holdsHalfTheFiltersAndGivesAsManyChannels() {
    Map<String, Tensor> plain = initializers(NARROW);
    Map<String, Tensor> mirror = initializers(NARROW.with(Extra.MIRROR));
    String second = "group2.conv1.weight";
    assertArrayEquals(new long[] {64, 16, 3, 3}, plain.get(second).dims());
    assertArrayEquals(new long[] {32, 16, 3, 3}, mirror.get(second).dims());
    assertArrayEquals(new long[] {8, 48, 3, 3}, mirror.get("group1.conv1.weight").dims());
    assertArrayEquals(new long[] {5, 32}, mirror.get("linear.weight").dims());
    assertArrayEquals(plain.get("whiten.weight").dims(), mirror.get("whiten.weight").dims());
  }

  private static Map<String, Tensor> initializers(Options options) {
    return Architectures.named("airbench94").model(options).graph().initializers();
  }
}
