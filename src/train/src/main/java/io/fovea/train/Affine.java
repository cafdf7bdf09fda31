package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import java.util.Arrays;

/**
 * An affine map of a picture onto itself, to the bit as Pillow's {@code Image.transform} does it by
 * nearest: the pixel at {@code (x, y)} shows the source at {@code (a x + b y + c, d x + e y + f)},
 * both measured at pixels' centres. What comes in from outside is black, in a mask of no class.
 */
record Affine(double a, double b, double c, double d, double e, double f) implements Change {
  private static final double ONE = 1 << 16; // sources are counted in 65536ths of a pixel

  /** Each row moves by so many pixels for every row above it. */
  static Affine shearX(double slope) {
    return new Affine(1, slope, 0, 0, 1, 0);
  }

  /** Each column moves by so many pixels for every column before it. */
  static Affine shearY(double slope) {
    return new Affine(1, 0, 0, slope, 1, 0);
  }

  /** To the right and down. */
  static Affine translate(int right, int down) {
    return new Affine(1, 0, -right, 0, 1, -down);
  }

  /** Counter-clockwise about the middle of a picture of this size. */
  static Affine rotate(double degrees, int width, int height) {
    double cos = rounded(Math.cos(Math.toRadians(degrees)));
    double sin = rounded(Math.sin(Math.toRadians(degrees)));
    double x = width / 2.0;
    double y = height / 2.0;
    return new Affine(cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y);
  }

  /** Fifteen digits, so that a quarter turn has a cosine of 0. */
  private static double rounded(double value) {
    return Math.rint(value * 1e15) / 1e15;
  }

  @Override
  public Picture apply(Picture p) {
    byte[] moved = move(p.pixels(), p.width(), p.height(), p.channels(), (byte) 0);
    return Picture.of(p.width(), p.height(), p.channels(), moved);
  }

  @Override
  public Mask apply(Mask m) {
    byte[] moved = move(m.classes(), m.width(), m.height(), 1, (byte) Mask.IGNORED);
    return Mask.of(m.width(), m.height(), moved);
  }

  private byte[] move(byte[] in, int width, int height, int channels, byte outside) {
    byte[] out = new byte[in.length];
    if (outside != 0) {
      Arrays.fill(out, outside);
    }
    long right = fixed(a);
    long rightDown = fixed(d);
    for (int y = 0, at = 0; y < height; y++) {
      long u = fixed(c + 0.5 * a + 0.5 * b) + y * fixed(b);
      long v = fixed(f + 0.5 * d + 0.5 * e) + y * fixed(e);
      for (int x = 0; x < width; x++, at += channels, u += right, v += rightDown) {
        long column = u >> 16;
        long row = v >> 16;
        if (column >= 0 && column < width && row >= 0 && row < height) {
          int from = (int) (row * width + column) * channels;
          for (int k = 0; k < channels; k++) {
            out[at + k] = in[from + k];
          }
        }
      }
    }
    return out;
  }

  private static long fixed(double value) {
    return (long) Math.floor(value * ONE + 0.5);
  }
}
