package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoaderTilesTest {
  private static final Preprocessing TILED =
      Preprocessing.of(new Step.Color(Step.Channels.GREY), new Step.Tiles(8, 12, 2));

  private static float[] pixels(Loader.Batch batch) {
    float[] values = new float[batch.pixels().remaining()];
    batch.pixels().duplicate().get(values);
    return values;
  }

  @Test
  void trainingTakesATileAnywhereAndItsMaskWithIt() {
    Set<Float> corners = new HashSet<>();
    try (Loader loader = new Loader(new Levels(24, 10), TILED, 2)) {
      loader.shuffled(
          6,
          1,
          0,
          Order.shuffled(24),
          Augmentation.none(),
          (batch, step) -> {
            assertArrayEquals(new long[] {6, 1, 8, 12}, batch.shape());
            float[] values = pixels(batch);
            long[] classes = ((Targets.Classes) batch.targets()).classes();
            for (int i = 0; i < values.length; i++) {
              boolean frame = classes[i] == Targets.IGNORED; // narrower pictures than a tile
              assertTrue(frame || values[i] == classes[i], "pixel " + i);
            }
            for (int n = 0; n < 6; n++) {
              corners.add(values[n * 8 * 12]);
            }
          });
    }
    assertTrue(corners.size() > 12, corners.size() + " tiles begin at different levels");
  }

  @Test
  void heldOutPicturesShowTheirMiddle() {
    Picture p = new Levels(24, 10).picture(20);
    float[] middle = new float[8 * 12];
    TILED.tensor(p.crop(9, 6, 12, 8), FloatBuffer.wrap(middle));
    try (Loader loader = new Loader(new Levels(24, 10), TILED, 1)) {
      loader.inOrder(
          1,
          21,
          (batch, step) -> {
            if (step == 20) {
              assertArrayEquals(middle, pixels(batch));
            }
          });
    }
    assertEquals("30x20 grey", p.toString());
  }
}
