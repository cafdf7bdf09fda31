package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Resampling;

/**
 * Luma and chroma as <a href="https://www.w3.org/Graphics/JPEG/jfif3.pdf">JPEG</a> has them: ITU-R
 * BT.601 over the full range of 8 bits.
 */
final class Chroma {
  private Chroma() {}

  /**
   * Another luma under the colours of a picture, which are resized bicubically to its size.
   *
   * @param luma grey
   * @param colors RGB
   */
  static Picture under(Picture luma, Picture colors) {
    int w = luma.width();
    int h = luma.height();
    byte[] y = luma.pixels();
    byte[] cb = plane(colors, -0.168736, -0.331264, 0.5).resize(w, h, Resampling.BICUBIC).pixels();
    byte[] cr = plane(colors, 0.5, -0.418688, -0.081312).resize(w, h, Resampling.BICUBIC).pixels();
    byte[] rgb = new byte[Math.multiplyExact(3, y.length)];
    for (int i = 0, at = 0; i < y.length; i++) {
      int level = y[i] & 0xff;
      double blue = (cb[i] & 0xff) - 128;
      double red = (cr[i] & 0xff) - 128;
      rgb[at++] = level(level + 1.402 * red);
      rgb[at++] = level(level - 0.344136 * blue - 0.714136 * red);
      rgb[at++] = level(level + 1.772 * blue);
    }
    return Picture.of(w, h, 3, rgb);
  }

  private static Picture plane(Picture colors, double red, double green, double blue) {
    byte[] in = colors.pixels();
    byte[] out = new byte[in.length / 3];
    for (int i = 0, at = 0; i < out.length; i++, at += 3) {
      out[i] =
          level(
              128
                  + red * (in[at] & 0xff)
                  + green * (in[at + 1] & 0xff)
                  + blue * (in[at + 2] & 0xff));
    }
    return Picture.of(colors.width(), colors.height(), 1, out);
  }

  private static byte level(double value) {
    return (byte) Math.min(255, Math.max(0, Math.round(value)));
  }
}
