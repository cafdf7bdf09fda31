package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every strategy for pictures of any size, from one pixel to 12 megapixels and lines. */
class AnySizeTest {
  private static final int[][] SIZES = {
    {1, 1}, {2, 3}, {1, 4000}, {4000, 1}, {3, 20_000}, {640, 480}, {997, 1001}, {4000, 3000}
  };

  static Stream<Preprocessing> strategies() {
    Step limited = new LimitPixels(200_000, BILINEAR);
    return Stream.of(
        Preprocessing.of(new Resize(224, 192, BILINEAR)),
        Preprocessing.of(new ResizeShorter(256, BILINEAR), new CenterCrop(224, 224)),
        Preprocessing.of(new Letterbox(320, 256, 114, BILINEAR)),
        Preprocessing.of(
            new Letterbox(320, 256, new Fill(9, 99, 199), BILINEAR, Position.TOP_LEFT)),
        Preprocessing.of(limited, new PadToMultiple(32, 0)),
        Preprocessing.of(limited, new PadToMultiple(32, Border.REFLECT, Fill.BLACK)),
        Preprocessing.of(limited, new PadToMultiple(32, Border.EDGE, Fill.BLACK)),
        Preprocessing.of(limited),
        Preprocessing.of(limited, new Tiles(256, 256, 32)),
        Preprocessing.of());
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void whatAPictureShowsLiesWhereTheMappingSays(Preprocessing strategy) {
    for (int[] size : SIZES) {
      Picture picture = quadrants(size[0], size[1]);
      int[] shape = strategy.shape(size[0], size[1]);
      FloatBuffer out = FloatBuffer.allocate(shape[0] * shape[1] * shape[2]);
      strategy.write(picture, out);
      assertEquals(0, out.remaining(), "all is written");
      Mapping mapping = strategy.mapping(size[0], size[1]);
      for (int[] at : new int[][] {{1, 1}, {3, 1}, {1, 3}, {3, 3}}) {
        int x = size[0] * at[0] / 4;
        int y = size[1] * at[1] / 4;
        boolean narrow = size[0] < 4 || size[1] < 4; // there the colours blend
        if (narrow || !mapping.x().isSeen(x) || !mapping.y().isSeen(y)) {
          continue;
        }
        int column = (int) Math.rint(mapping.x().position(x));
        int row = (int) Math.rint(mapping.y().position(y));
        float met = out.get(row * shape[2] + Math.min(column, shape[2] - 1));
        int expected = picture.pixels()[(y * size[0] + x) * 3] & 0xff;
        assertEquals(expected, met, 2, "%s of %s".formatted(strategy, Arrays.toString(size)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void nothingIsAllocatedForAPictureButWhatStepsBeforeTheLastNeed(Preprocessing strategy) {
    Picture picture = quadrants(640, 480);
    int[] shape = strategy.shape(640, 480);
    FloatBuffer out = FloatBuffer.allocate(shape[0] * shape[1] * shape[2]);
    for (int i = 0; i < 20; i++) {
      strategy.write(picture, out.clear());
    }
    long geometric = strategy.steps().stream().filter(Geometry::isOf).count();
    boolean onePass = geometric <= 1 || strategy.steps().get(0) instanceof ResizeShorter;
    long before = allocated();
    strategy.write(picture, out.clear());
    long bytes = allocated() - before;
    assertTrue(bytes < (onePass ? 4096 : 2_000_000), bytes + " bytes by " + strategy);
  }

  private static long allocated() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadAllocatedBytes();
  }

  /** A level for each quarter. */
  private static Picture quadrants(int width, int height) {
    byte[] pixels = new byte[width * height * 3];
    for (int y = 0, at = 0; y < height; y++) {
      for (int x = 0; x < width; x++, at += 3) {
        int level = 30 + (2 * x < width ? 0 : 60) + (2 * y < height ? 0 : 120);
        pixels[at] = (byte) level;
        pixels[at + 1] = (byte) (level + 1);
        pixels[at + 2] = (byte) (level + 2);
      }
    }
    return Picture.of(width, height, 3, pixels);
  }
}
