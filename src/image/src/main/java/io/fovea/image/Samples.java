package io.fovea.image;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder finds in a file: its first picture as it is stored, not yet upright.
 *
 * @param channels 1 (grey), 3 (RGB) or 4 (inks: cyan, magenta, yellow, black)
 * @param data {@code [height, width, channels]}, each 0 to 255; full ink is 255
 * @param alpha makes {@code [height, width]} opacities, 255 where nothing shines through; null
 *     where all of it is opaque
 */
record Samples(int width, int height, int channels, byte[] data, @Nullable Supplier<byte[]> alpha) {

  static Samples opaque(int width, int height, int channels, byte[] data) {
    return new Samples(width, height, channels, data, null);
  }

  static Samples of(Picture p) {
    return opaque(p.width(), p.height(), p.channels(), p.pixels());
  }

  Samples with(@Nullable Supplier<byte[]> alpha) {
    return new Samples(width, height, channels, data, alpha);
  }

  /**
   * The picture of these samples.
   *
   * @param profile of the file, to be applied; null to take the colours as they are
   */
  Picture picture(byte @Nullable [] profile, Alpha transparency) {
    Picture converted = profile == null ? null : ColorProfile.toSrgb(this, profile);
    Picture colors = converted == null ? colors() : converted;
    return transparency.over() == null || alpha == null
        ? colors
        : over(transparency.over(), colors, alpha.get());
  }

  private Picture colors() {
    return channels == 4
        ? Picture.of(width, height, 3, Cmyk.toRgb(data))
        : Picture.of(width, height, channels, data);
  }

  private static Picture over(Fill fill, Picture colors, byte[] alpha) {
    Picture p = fill.isGrey() ? colors : colors.toRgb();
    int c = p.channels();
    byte[] in = p.pixels();
    byte[] out = new byte[in.length];
    for (int k = 0; k < c; k++) {
      int under = fill.level(k, c);
      for (int i = 0, at = k; i < alpha.length; i++, at += c) {
        int opaque = alpha[i] & 0xff;
        out[at] = (byte) Cmyk.divide255((in[at] & 0xff) * opaque + under * (255 - opaque));
      }
    }
    return Picture.of(p.width(), p.height(), c, out);
  }
}
