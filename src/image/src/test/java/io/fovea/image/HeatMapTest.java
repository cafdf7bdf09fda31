package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class HeatMapTest {
  private static final HeatMap RAMP = HeatMap.of(4, 1, new float[] {0, 0.25f, 0.5f, 1});
  private static final Picture GREY = Picture.of(4, 1, 1, new byte[] {10, 20, 30, 40});

  private static int[] color(Picture picture, int x) {
    int[] color = new int[3];
    for (int k = 0; k < 3; k++) {
      color[k] = picture.pixels()[3 * x + k] & 0xff;
    }
    return color;
  }

  private static int[] heat(float value) {
    int c = HeatColors.of(value);
    return new int[] {c >> 16, c >> 8 & 0xff, c & 0xff};
  }

  @Test
  void coloursRiseInLightnessFromBlueOverRedToYellow() {
    double last = -1;
    for (int i = 0; i <= 255; i++) {
      int[] rgb = heat(i / 255f);
      double[] linear = new double[3];
      for (int k = 0; k < 3; k++) {
        double v = rgb[k] / 255.0;
        linear[k] = v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
      }
      double luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
      double lightness = 116 * Math.cbrt(luminance) - 16;
      assertTrue(lightness > last - 0.2, i + ": " + lightness + " after " + last);
      last = lightness;
    }
    assertTrue(heat(0)[2] > heat(0)[0] && heat(0)[2] > 2 * heat(0)[1], "blue");
    assertTrue(heat(0.5f)[0] > 1.5 * heat(0.5f)[1] && heat(0.5f)[0] > heat(0.5f)[2], "red");
    assertTrue(heat(1)[0] > 200 && heat(1)[1] > 200 && heat(1)[2] < 200, "yellow");
  }

  @Test
  void anOverlayComesInWithTheValue() {
    Picture over = RAMP.overlay(GREY, 0.5);
    assertArrayEquals(new int[] {10, 10, 10}, color(over, 0));
    for (int x = 1; x < 4; x++) {
      double opacity = x == 1 ? 0.25 : 0.5;
      for (int k = 0; k < 3; k++) {
        int level = 10 + 10 * x;
        long wanted = Math.round(level + (heat(RAMP.at(x, 0))[k] - level) * opacity);
        assertEquals(wanted, color(over, x)[k]);
      }
    }
    assertArrayEquals(heat(1), color(RAMP.overlay(GREY, 1), 3));
    assertArrayEquals(GREY.toRgb().pixels(), RAMP.overlay(GREY, 0).pixels());
  }

  @Test
  void filesHoldTheValuesInEightOrSixteenBits(@TempDir Path folder) throws IOException {
    int[][] wanted = {{0, 64, 128, 255}, {0, 16384, 32768, 65535}};
    for (int bits = 8; bits <= 16; bits += 8) {
      Path file = folder.resolve(bits + ".png");
      RAMP.writePng(file, bits);
      Raster raster = ImageIO.read(file.toFile()).getRaster();
      assertEquals(1, raster.getNumBands());
      assertEquals(bits, raster.getSampleModel().getSampleSize(0));
      assertArrayEquals(wanted[bits / 8 - 1], raster.getSamples(0, 0, 4, 1, 0, new int[4]));
    }
  }

  private static void assertRefused(String message, Executable what) {
    assertEquals(message, assertThrows(PictureException.class, what).getMessage());
  }

  @Test
  void refusesOtherSizesAndValues() {
    assertRefused("heat map: 2x2 wants 4 values, not 3", () -> HeatMap.of(2, 2, new float[3]));
    assertRefused(
        "heat map: expected values in [0, 1], met NaN at 1,0",
        () -> HeatMap.of(2, 1, new float[] {0, Float.NaN}));
    assertRefused(
        "heat map: 4x1 heat map over a picture of 2x2 grey",
        () -> RAMP.overlay(Picture.of(2, 2, 1, new byte[4]), 0.5));
    assertRefused("heat map: an opacity of 1.5: expected 0 to 1", () -> RAMP.overlay(GREY, 1.5));
    assertRefused(
        "heat map: 12 bits a pixel: expected 8 or 16", () -> RAMP.writePng(Path.of("x.png"), 12));
  }
}
