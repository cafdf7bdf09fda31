package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoaderTilesTest {
  private static final Preprocessing TILED =
      Preprocessing.of(new Step.Color(Step.Channels.GREY), new Step.Tiles(8, 12, 2));

  /** Pictures of many sizes whose masks have the value that the pixel has. */
  private record Levels(int size) implements Dataset {
    @Override
    public Task.Kind task() {
      return Task.Kind.SEGMENTATION;
    }

    @Override
    public List<String> labels() {
      return List.of("0", "1");
    }

    @Override
    public Picture picture(int index) {
      int width = 10 + index;
      int height = 40 - index;
      byte[] levels = new byte[width * height];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) (i % 251);
      }
      return Picture.of(width, height, 1, levels);
    }

    @Override
    public Target target(int index) {
      Picture p = picture(index);
      return new Target.Pixels(Mask.of(p.width(), p.height(), p.pixels()));
    }
  }

  private static float[] pixels(Loader.Batch batch) {
    float[] values = new float[batch.pixels().remaining()];
    batch.pixels().duplicate().get(values);
    return values;
  }

  @Test
  void trainingTakesATileAnywhereAndItsMaskWithIt() {
    Set<Float> corners = new HashSet<>();
    try (Loader loader = new Loader(new Levels(24), TILED, 2)) {
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
    Picture p = new Levels(24).picture(20);
    float[] middle = new float[8 * 12];
    TILED.tensor(p.crop(9, 6, 12, 8), FloatBuffer.wrap(middle));
    try (Loader loader = new Loader(new Levels(24), TILED, 1)) {
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
