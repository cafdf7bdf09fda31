package io.fovea.image;

import java.awt.image.Raster;

/**
 * Four inks to RGB without a profile, as Pillow does it: what ink leaves of white, and of black.
 */
final class Cmyk {
  private Cmyk() {}

  /** The picture of {@code [height, width, 4]} inks, 0 to 255. */
  static Picture toRgb(byte[] inks, Raster raster) {
    byte[] out = Picture.allocate(raster.getWidth(), raster.getHeight(), 3);
    for (int i = 0, at = 0; i < inks.length; i += 4) {
      int light = 255 - (inks[i + 3] & 0xff);
      for (int k = 0; k < 3; k++) {
        out[at++] = (byte) Math.max(0, light - divide255((inks[i + k] & 0xff) * light));
      }
    }
    return Picture.of(raster.getWidth(), raster.getHeight(), 3, out);
  }

  /** A product of two samples over 255, rounded; Pillow's MULDIV255. */
  private static int divide255(int product) {
    int t = product + 128;
    return ((t >> 8) + t) >> 8;
  }
}
