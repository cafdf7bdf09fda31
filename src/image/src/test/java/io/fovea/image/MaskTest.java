package io.fovea.image;

import static io.fovea.image.TestData.assertSame;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskTest {
  @TempDir private Path folder;

  private static Mask noiseMask(int width, int height, long seed) {
    return Mask.of(width, height, noise(width, height, 1, seed).pixels());
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  /** Also of palettes that look like grey. */
  @Test
  void palettesGiveTheirIndices() throws IOException {
    byte[] indices = {2, 0, 1, 1};
    byte[] colours = Arrays.copyOf(new byte[] {10, 20, 30, 40, 50, 60, 70, 80, 90}, 3 * 256);
    byte[] greys = new byte[3 * 256];
    for (int i = 0; i < greys.length; i++) {
      greys[i] = (byte) (i / 3 * 17);
    }
    for (byte[] table : List.of(colours, greys)) {
      for (int bits : new int[] {4, 8}) {
        var palette = new IndexColorModel(bits, 1 << bits, table, 0, false);
        int type = bits == 4 ? BufferedImage.TYPE_BYTE_BINARY : BufferedImage.TYPE_BYTE_INDEXED;
        BufferedImage image = new BufferedImage(4, 1, type, palette);
        image.getRaster().setSamples(0, 0, 4, 1, 0, new int[] {2, 0, 1, 1});
        for (String format : List.of("gif", "bmp", "tiff")) {
          Path file = file("mask", PictureFormatsTest.write(image, format, false));
          assertArrayEquals(indices, Mask.read(file).classes(), format + " of " + bits + " bits");
        }
      }
    }
    Path png = file("mask.png", PictureFormatsTest.write(indexed(colours), "png", false));
    assertArrayEquals(indices, Mask.read(png).classes());
  }

  private static BufferedImage indexed(byte[] colours) {
    var palette = new IndexColorModel(4, 16, colours, 0, false);
    BufferedImage image = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    image.getRaster().setSamples(0, 0, 4, 1, 0, new int[] {2, 0, 1, 1});
    return image;
  }

  @Test
  void greyFilesGiveTheirLevels() throws IOException {
    byte[] levels = {7, 0, -1};
    Picture grey = Picture.of(3, 1, 1, levels);
    for (Picture p : List.of(grey, grey.toRgb())) {
      for (String format : List.of("png", "bmp", "tiff")) {
        Path file = file("mask", PictureFormatsTest.write(Rasters.image(p), format, false));
        assertArrayEquals(levels, Mask.read(file).classes(), format + " of " + p);
      }
    }
    BufferedImage deep = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {0x0300, 0xff80});
    Path sixteen = file("deep.png", PictureFormatsTest.write(deep, "png", false));
    assertArrayEquals(new byte[] {3, -1}, Mask.read(sixteen).classes());
    byte[] ramp = {0, 85, (byte) 170, -1};
    BufferedImage twoBits =
        new BufferedImage(
            4, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(2, 4, ramp, ramp, ramp));
    twoBits.getRaster().setSamples(0, 0, 4, 1, 0, new int[] {0, 1, 2, 3});
    Path two = file("two.png", PictureFormatsTest.write(twoBits, "png", false));
    assertArrayEquals(ramp, Mask.read(two).classes());
  }

  @Test
  void coloursAreRefused() {
    Path file = folder.resolve("colours.png");
    Picture.of(2, 1, 3, new byte[] {5, 5, 5, 5, 6, 5}).writePng(file);
    var e = assertThrows(PictureException.class, () -> Mask.read(file));
    assertEquals(
        file
            + ": a mask has one channel, or a palette;"
            + " this picture has the colour 5, 6, 5 at 1,0",
        e.getMessage());
  }

  @Test
  void whatFreesAGifsCanvasIsItsTransparentIndex() throws IOException {
    byte[] colours = {1, 2, 3, 40, 50, 60, 7, 8, 9, 0, 0, 0};
    var palette = new IndexColorModel(2, 4, colours, 0, false, 2);
    BufferedImage frame = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    frame.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {1, 1});
    byte[] gif = PictureFormatsTest.write(frame, "gif", false);
    gif[6] = 3; // canvas of 3x2
    gif[8] = 2;
    assertArrayEquals(new byte[] {1, 1, 2, 2, 2, 2}, Mask.read(file("a.gif", gif)).classes());
  }

  @Test
  void whatIsWrittenIsReadAgainWithItsPalette() throws IOException {
    Mask mask = noiseMask(67, 31, 1);
    Path file = folder.resolve("mask.png");
    mask.writePng(file, List.of("sky", "Wald — \"forêt\""));
    assertArrayEquals(mask.classes(), Mask.read(file).classes());
    Picture seen = Picture.read(file);
    for (int i = 0; i < mask.classes().length; i++) {
      int at = 3 * i;
      int rgb = (seen.pixels()[at] & 0xff) << 16 | (seen.pixels()[at + 1] & 0xff) << 8;
      rgb |= seen.pixels()[at + 2] & 0xff;
      assertEquals(ClassColors.of(mask.classes()[i] & 0xff), rgb);
    }
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    String text = new String("[\"sky\",\"Wald — \\\"forêt\\\"\"]".getBytes("UTF-8"), "ISO-8859-1");
    assertTrue(bytes.contains("iTXtfovea.labels\0\0\0\0\0" + text), "labels are in the file");
    assertEquals(List.of(file), TestData.files(folder));
    mask.writePng(file, List.of());
    assertArrayEquals(mask.classes(), Mask.read(file).classes());
  }

  @Test
  void whatCannotBeWrittenLeavesNothingBehind() throws IOException {
    Path full = Files.createDirectories(folder.resolve("taken.png/inside")).getParent();
    var e =
        assertThrows(PictureException.class, () -> noiseMask(2, 2, 1).writePng(full, List.of()));
    assertEquals(full.toString(), e.source());
    assertThrows(PictureException.class, () -> noise(2, 2, 1, 1).writePng(full));
    assertEquals(List.of(), TestData.files(folder));
  }

  @Test
  void coloursAreThoseOfPascalVoc() {
    int[] first = {0x000000, 0x800000, 0x008000, 0x808000, 0x000080, 0x800080, 0x008080, 0x808080};
    for (int c = 0; c < first.length; c++) {
      assertEquals(first[c], ClassColors.of(c));
    }
    assertEquals(0x400000, ClassColors.of(8)); // chair is 9: 192, 0, 0
    assertEquals(0xc00000, ClassColors.of(9));
    assertEquals(0x004080, ClassColors.of(20)); // tv monitor: 0, 64, 128
    assertEquals(0xe0e0c0, ClassColors.of(Mask.IGNORED));
  }

  @Test
  void cutFilesGiveAMaskOrAPictureException() throws IOException {
    Path file = folder.resolve("mask.png");
    noiseMask(40, 30, 2).writePng(file, List.of("a"));
    byte[] png = Files.readAllBytes(file);
    byte[] gif = Files.readAllBytes(TestData.committed("pictures").resolve("palette.gif"));
    byte[] bmp = Files.readAllBytes(TestData.committed("pictures").resolve("palette.bmp"));
    for (byte[] whole : List.of(png, gif, bmp)) {
      for (int length = 0; length < whole.length; length += 1 + whole.length / 60) {
        Path cut = file("cut", Arrays.copyOf(whole, length));
        try {
          Mask.read(cut);
        } catch (PictureException e) {
          assertEquals(cut.toString(), e.source());
        }
      }
    }
    Path half = file("half.png", Arrays.copyOf(png, png.length / 2));
    assertThrows(PictureException.class, () -> Mask.read(half));
    assertThrows(PictureException.class, () -> Mask.read(folder.resolve("none.png")));
  }

  @Test
  void largeMasksAreRefusedByTheirHeaders() {
    Path file = folder.resolve("mask.png");
    noiseMask(20, 30, 3).writePng(file, List.of());
    PictureReader small = PictureReader.standard().withMaxPixels(599);
    var e = assertThrows(PictureException.class, () -> small.readIndices(file));
    assertEquals(file + ": 20x30 is over the limit of 599 pixels", e.getMessage());
  }

  @Test
  void valuesMoveAndAreNeverBlended() {
    Mask mask = Mask.of(3, 1, new byte[] {1, -1, 3});
    assertArrayEquals(new byte[] {1, 1, -1, -1, 3, 3}, mask.resize(6, 1).classes());
    assertArrayEquals(new byte[] {3, -1, 1}, mask.flipHorizontally().classes());
    assertArrayEquals(new byte[] {-1, 3}, mask.crop(1, 0, 2, 1).classes());
    Mask padded = mask.pad(1, 0, 0, 1, 9);
    assertArrayEquals(new byte[] {9, 1, -1, 3, 9, 9, 9, 9}, padded.classes());
    assertEquals(Mask.IGNORED, padded.at(2, 0));
    long[] areas = padded.areas();
    assertEquals(256, areas.length);
    assertEquals(5, areas[9]);
    assertEquals(1, areas[Mask.IGNORED]);
  }

  @Test
  void overlayBlendsWhatHasAClass() {
    Mask mask = Mask.of(3, 1, new byte[] {0, 1, -1});
    Picture grey = Picture.of(3, 1, 1, new byte[] {100, 100, 100});
    byte[] half = {100, 100, 100, 114, 50, 50, 100, 100, 100};
    assertArrayEquals(half, mask.overlay(grey, 0.5).pixels());
    assertSame(grey, mask.overlay(grey, 0), "no opacity");
    assertArrayEquals(new byte[] {-128, 0, 0}, mask.overlay(grey, 1).crop(1, 0, 1, 1).pixels());
    var size = assertThrows(PictureException.class, () -> mask.overlay(noise(3, 2, 3, 1), 0.5));
    assertEquals("mask: 3x1 mask over a picture of 3x2 RGB", size.getMessage());
    var none = assertThrows(PictureException.class, () -> mask.overlay(grey, Double.NaN));
    assertEquals("mask: an opacity of NaN: expected 0 to 1", none.getMessage());
  }
}
