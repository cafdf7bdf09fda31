package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WritingTest {
  @TempDir private Path folder;

  /** Stripes of red and blue, a pixel wide, are grey once their chroma is shared. */
  @Test
  void jpegsKeepTheChromaOfEveryPixel() {
    byte[] pixels = new byte[64 * 16 * 3];
    for (int i = 0; i < 64 * 16; i++) {
      pixels[3 * i + (i % 2 == 0 ? 0 : 2)] = (byte) 200;
    }
    Picture stripes = Picture.of(64, 16, 3, pixels);
    Path file = folder.resolve("a.jpg");
    stripes.writeJpeg(file, 0.95);
    Picture read = Picture.read(file);
    assertEquals("64x16 RGB", read.toString());
    for (int i = 0; i < pixels.length; i++) {
      assertEquals(pixels[i] & 0xff, read.pixels()[i] & 0xff, 25, "sample " + i);
    }
  }

  @Test
  void jpegsMayBeGrey() {
    Picture grey = TestData.noise(5, 3, 1, 2).resize(50, 30, Resampling.BICUBIC);
    Path file = folder.resolve("a.jpg");
    grey.writeJpeg(file, 1);
    Picture read = Picture.read(file);
    assertEquals("50x30 grey", read.toString());
    for (int i = 0; i < 1500; i++) {
      assertEquals(grey.pixels()[i] & 0xff, read.pixels()[i] & 0xff, 3);
    }
  }

  @Test
  void whatNoJpegCanHoldIsRefusedAndLeavesNothingBehind() throws IOException {
    Path file = folder.resolve("a.jpg");
    Picture wide = Picture.of(65_536, 1, 1, new byte[65_536]);
    var e = assertThrows(PictureException.class, () -> wide.writeJpeg(file, 0.9));
    assertTrue(e.getMessage().startsWith(file + ": cannot be written: "), e.getMessage());
    assertThrows(PictureException.class, () -> wide.writeJpeg(file, 1.1));
    assertFalse(Files.exists(file));
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void legendsShowTheColourOfEveryClass() {
    List<String> labels = IntStream.range(0, 70).mapToObj(i -> "class " + i).toList();
    Picture legend = Mask.legend(labels);
    int column = legend.width() / 3;
    for (int c = 0; c < 70; c++) {
      int at = 3 * ((c % 32 * 26 + 16) * legend.width() + c / 32 * column + 16);
      int rgb =
          (legend.pixels()[at] & 0xff) << 16
              | (legend.pixels()[at + 1] & 0xff) << 8
              | legend.pixels()[at + 2] & 0xff;
      assertEquals(ClassColors.of(c), rgb, labels.get(c));
    }
    assertTrue(Mask.legend(List.of("a longer name")).width() > Mask.legend(List.of("a")).width());
  }
}
