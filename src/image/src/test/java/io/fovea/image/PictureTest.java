package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;
import static io.fovea.image.TestData.assertSame;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PictureTest {
  private static final Picture COLUMNS = Picture.of(3, 1, 1, new byte[] {1, 2, 3});

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | 2 | 3 | 11 | picture: 2x2 with 3 channels wants 12 bytes, not 11",
        "2 | 2 | 2 | 8  | picture: 2 channels: expected 1 (grey) or 3 (RGB)",
        "0 | 2 | 1 | 0  | picture: a size of 0x2: expected 1x1 or more",
        "65536 | 65536 | 1 | 0 | picture: 65536x65536 is more than one array can hold"
      })
  void sizesMustAgree(int width, int height, int channels, int bytes, String message) {
    var e =
        assertThrows(
            PictureException.class, () -> Picture.of(width, height, channels, new byte[bytes]));
    assertEquals(message, e.getMessage());
  }

  @Test
  void greyIsLumaInFixedPoint() {
    Picture p = Picture.of(2, 2, 3, new byte[] {-1, 0, 0, 0, -1, 0, 0, 0, -1, 10, 20, 30});
    assertArrayEquals(new byte[] {76, (byte) 150, 29, 18}, p.toGrey().pixels());
    assertSame(COLUMNS, COLUMNS.toRgb().toGrey(), "grey of grey");
  }

  @Test
  void cropPadAndFlipMoveSamples() {
    assertArrayEquals(new byte[] {2, 3}, COLUMNS.crop(1, 0, 2, 1).pixels());
    assertArrayEquals(new byte[] {9, 9, 9, 9, 9, 1, 2, 3}, COLUMNS.pad(1, 1, 0, 0, 9).pixels());
    assertArrayEquals(new byte[] {3, 2, 1}, COLUMNS.flipHorizontally().pixels());
    Picture p = noise(7, 5, 3, 1);
    assertSame(p, p.pad(2, 3, 4, 1, 255).crop(2, 3, 7, 5), "padded and cropped");
    assertSame(p, p.flipHorizontally().flipHorizontally(), "flipped twice");
    assertEquals(-1, p.pad(0, 0, 1, 0, 255).pixels()[7 * 3]);
  }

  @Test
  void whatLeavesThePictureIsRefused() {
    var crop = assertThrows(PictureException.class, () -> COLUMNS.crop(2, 0, 2, 1));
    assertEquals("picture: a crop of 2x1 at 2,0 leaves a picture of 3x1", crop.getMessage());
    assertThrows(PictureException.class, () -> COLUMNS.crop(0, 0, 0, 1));
    assertThrows(PictureException.class, () -> COLUMNS.crop(Integer.MAX_VALUE, 0, 2, 1));
    assertThrows(PictureException.class, () -> COLUMNS.pad(-1, 0, 0, 0, 0));
    assertThrows(PictureException.class, () -> COLUMNS.pad(0, Integer.MAX_VALUE, 0, 0, 0));
    assertThrows(PictureException.class, () -> COLUMNS.pad(0, 0, 0, 0, 256));
    assertThrows(PictureException.class, () -> COLUMNS.resize(0, 1, Resampling.BOX));
  }

  @ParameterizedTest
  @EnumSource(Resampling.class)
  void everyFilterKeepsAConstantAtEverySize(Resampling filter) {
    for (int[] size : new int[][] {{1, 1}, {1, 500}, {500, 1}, {17, 13}, {3000, 2}}) {
      for (int to : new int[] {1, 2, 31, 700}) {
        Picture flat = Picture.of(1, 1, 3, new byte[] {1, 2, 3}).resize(size[0], size[1], filter);
        Picture expected = Picture.of(1, 1, 3, new byte[] {1, 2, 3}).resize(to, 3, Resampling.BOX);
        assertSame(expected, flat.resize(to, 3, filter), filter + " " + size[0] + "x" + size[1]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Resampling.class)
  void aRectangleOfAResizeEqualsTheWholeCropped(Resampling filter) {
    for (int channels : new int[] {1, 3}) {
      Picture p = noise(53, 41, channels, 3);
      for (int[] size : new int[][] {{90, 17}, {53, 20}, {20, 41}, {53, 41}}) {
        Picture expected = p.resize(size[0], size[1], filter).crop(5, 3, 11, 9);
        Picture actual = Resampler.resize(p, window(size[0], size[1], filter));
        assertSame(expected, actual, filter + " to " + size[0] + "x" + size[1]);
      }
    }
  }

  @Test
  void largePicturesOfFewOrManyRowsAreHalvedWithTheSameResult() {
    for (int[] size : new int[][] {{2_100_000, 1}, {700_001, 3}, {2_000, 1_500}}) {
      Picture p = noise(size[0], size[1], 3, 4);
      Picture expected = p.resize(60, size[1], BILINEAR).resize(60, 40, BILINEAR);
      List<Picture> actual =
          IntStream.range(0, 4).parallel().mapToObj(i -> p.resize(60, 40, BILINEAR)).toList();
      actual.forEach(a -> assertSame(expected, a, p.toString()));
    }
  }

  private static Geometry window(int width, int height, Resampling filter) {
    return new Geometry(
        width, height, filter, 5, 3, 11, 9, 0, 0, 0, 0, Border.CONSTANT, Fill.BLACK);
  }
}
