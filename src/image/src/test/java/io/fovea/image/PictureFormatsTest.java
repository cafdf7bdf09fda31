package io.fovea.image;

import static io.fovea.image.TestData.assertSame;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of every format that is read, written here or drawn beforehand. */
class PictureFormatsTest {
  private static final int[][] SIZES = {{1, 1}, {1, 37}, {41, 1}, {3000, 2}, {2, 3000}, {123, 77}};

  static byte[] write(BufferedImage image, String format, boolean interlaced) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream to = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(to);
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (interlaced) {
        param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      }
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  @Test
  void picturesDrawnBeforehandEqualWhatPillowMakesOfThem() {
    String ending = ".expected.png";
    int checked = 0;
    for (Path expected : TestData.files(TestData.committed("pictures"))) {
      String name = expected.getFileName().toString();
      if (name.endsWith(ending)) {
        Path file = expected.resolveSibling(name.substring(0, name.length() - ending.length()));
        assertSame(Picture.read(expected), Picture.read(file), file.getFileName().toString());
        checked++;
      }
    }
    assertEquals(17, checked);
  }

  @ParameterizedTest
  @CsvSource({"png,false", "png,true", "bmp,false", "tiff,false"})
  void losslessFormatsGiveBackEverySample(String format, boolean interlaced) throws IOException {
    for (int[] size : SIZES) {
      for (int channels : new int[] {1, 3}) {
        Picture p = noise(size[0], size[1], channels, 20);
        Picture read = Picture.read(write(Rasters.image(p), format, interlaced));
        assertSame(p, read, format + " " + p);
        assertEquals(channels, read.channels(), format + " " + p);
      }
    }
  }

  @Test
  void whatIsWrittenAsPngIsReadAgain(@TempDir Path folder) {
    for (int channels : new int[] {1, 3}) {
      Picture p = noise(19, 7, channels, 21);
      Path file = folder.resolve("picture.png");
      p.writePng(file);
      assertSame(p, Picture.read(file), "written");
      assertEquals(List.of(file), TestData.files(folder));
    }
    Path nowhere = folder.resolve("none/picture.png");
    var e = assertThrows(PictureException.class, () -> noise(1, 1, 1, 0).writePng(nowhere));
    assertEquals(nowhere.toString(), e.source());
  }

  @Test
  void ofSixteenBitsTheHighByteCounts() throws IOException {
    BufferedImage image = new BufferedImage(4, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSamples(0, 0, 4, 1, 0, new int[] {0x00ff, 0x0100, 0x80ff, 0xffff});
    byte[] expected = {0, 1, (byte) 0x80, -1};
    for (String format : new String[] {"png", "tiff"}) {
      Picture read = Picture.read(write(image, format, false));
      assertEquals(1, read.channels());
      assertArrayEquals(expected, read.pixels(), format);
    }
  }

  @Test
  void alphaIsDroppedAndColoursUnderItStay() throws IOException {
    BufferedImage rgba = new BufferedImage(2, 1, BufferedImage.TYPE_4BYTE_ABGR);
    rgba.getRaster().setPixels(0, 0, 2, 1, new int[] {10, 20, 30, 0, 40, 50, 60, 7});
    byte[] colours = {10, 20, 30, 40, 50, 60};
    assertArrayEquals(colours, Picture.read(write(rgba, "png", false)).pixels());
    assertArrayEquals(colours, Picture.read(write(rgba, "tiff", false)).pixels());

    ColorSpace grey = ColorSpace.getInstance(ColorSpace.CS_GRAY);
    var model =
        new ComponentColorModel(grey, true, false, Transparency.TRANSLUCENT, DataBuffer.TYPE_BYTE);
    var greyAlpha =
        new BufferedImage(model, model.createCompatibleWritableRaster(2, 1), false, null);
    greyAlpha.getRaster().setPixels(0, 0, 2, 1, new int[] {128, 0, 9, 200});
    Picture read = Picture.read(write(greyAlpha, "png", false));
    assertEquals(1, read.channels());
    assertArrayEquals(new byte[] {(byte) 128, 9}, read.pixels());
  }

  @Test
  void palettesAreLookedUpAndFewBitsScaled() throws IOException {
    byte[] colours = Arrays.copyOf(new byte[] {10, 20, 30, 40, 50, 60, 70, 80, 90}, 3 * 16);
    var palette = new IndexColorModel(4, 16, colours, 0, false);
    BufferedImage indexed = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    indexed.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {2, 0, 1});
    for (String format : new String[] {"png", "gif", "bmp", "tiff"}) {
      Picture read = Picture.read(write(indexed, format, false));
      assertArrayEquals(new byte[] {70, 80, 90, 10, 20, 30, 40, 50, 60}, read.pixels(), format);
    }
    byte[] ramp = {0, 85, (byte) 170, -1};
    BufferedImage twoBits =
        new BufferedImage(
            4, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(2, 4, ramp, ramp, ramp));
    twoBits.getRaster().setSamples(0, 0, 4, 1, 0, new int[] {0, 1, 2, 3});
    Picture grey = Picture.read(write(twoBits, "png", false));
    assertEquals(1, grey.channels());
    assertArrayEquals(ramp, grey.pixels());
    Picture bits = Picture.read(write(new BufferedImage(9, 2, 12), "png", false));
    assertEquals("9x2 grey", bits.toString());
  }

  @Test
  void theFirstFrameOfAGifStandsOnItsCanvas() throws IOException {
    byte[] colours = {1, 2, 3, 40, 50, 60, 7, 8, 9, 0, 0, 0};
    for (int transparent : new int[] {-1, 2}) {
      var palette = new IndexColorModel(2, 4, colours, 0, false, transparent);
      BufferedImage frame = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
      frame.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {1, 1});
      byte[] gif = write(frame, "gif", false);
      gif[6] = 4; // canvas of 4x3
      gif[8] = 3;
      int at = 13 + 3 * (2 << (gif[10] & 7));
      while (gif[at] != ',') {
        at += 8; // a graphic control extension
      }
      gif[at + 1] = 1; // the frame's left and top
      gif[at + 3] = 1;
      Picture read = Picture.read(gif);
      byte[] free = transparent == 2 ? new byte[] {7, 8, 9} : new byte[] {1, 2, 3};
      Picture expected = Picture.of(1, 1, 3, free).resize(4, 3, Resampling.NEAREST);
      byte[] pixels = expected.pixels().clone();
      System.arraycopy(new byte[] {40, 50, 60, 40, 50, 60}, 0, pixels, (4 + 1) * 3, 6);
      assertSame(Picture.of(4, 3, 3, pixels), read, "transparent " + transparent);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "P1 3 1 101               | 1 | 0,255,0",
        "P1 # note 1~ 3 1 1 0 1   | 1 | 0,255,0",
        "P2 3 1 255 7 8 255       | 1 | 7,8,255",
        "P2 3 1 15 0 8 15         | 1 | 0,136,255",
        "P3 1 1 255 7 8 9         | 3 | 7,8,9",
        "P4 8 1~U                 | 1 | 255,0,255,0,255,0,255,0",
        "P5 3 1 255~abc           | 1 | 97,98,99",
        "P6 1 1 255~abc           | 3 | 97,98,99",
        "Pf 1 2 1.0~B123A123      | 1 | 11,44"
      })
  void pnmIsReadInAllItsForms(String text, int channels, String samples) {
    byte[] file = text.replace('~', '\n').getBytes(StandardCharsets.US_ASCII);
    Picture read = Picture.read(file);
    assertEquals(channels, read.channels());
    StringBuilder met = new StringBuilder();
    for (byte b : read.pixels()) {
      met.append(met.isEmpty() ? "" : ",").append(b & 0xff);
    }
    assertEquals(samples, met.toString());
  }
}
