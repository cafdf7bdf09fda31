package io.fovea.image;

/**
 * Four inks to RGB without a profile, as Pillow does it: what ink leaves of white, and of black.
 */
final class Cmyk {
  private Cmyk() {}

  /** Three samples a pixel of its four inks, 0 to 255. */
  static byte[] toRgb(byte[] inks) {
    byte[] out = new byte[inks.length / 4 * 3];
    for (int i = 0, at = 0; i < inks.length; i += 4) {
      int light = 255 - (inks[i + 3] & 0xff);
      for (int k = 0; k < 3; k++) {
        out[at++] = (byte) Math.max(0, light - divide255((inks[i + k] & 0xff) * light));
      }
    }
    return out;
  }

  /** A product of two samples over 255, rounded; Pillow's MULDIV255. */
  static int divide255(int product) {
    int t = product + 128;
    return ((t >> 8) + t) >> 8;
  }
}
