package io.fovea.image;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Map;

/**
 * How much each pixel of a picture counts for something: one value in [0, 1] a pixel. Immutable and
 * thread-safe.
 */
public final class HeatMap {
  private static final double FULL = 0.5; // value from which a colour has all of its opacity

  private final int width;
  private final int height;
  private final float[] values;

  private HeatMap(int width, int height, float[] values) {
    this.width = width;
    this.height = height;
    this.values = values;
  }

  /**
   * A map of these values; the array is not copied.
   *
   * @param values {@code [height, width]}, row-major, each in [0, 1]
   * @throws PictureException where the sizes do not agree, or a value is out of range
   */
  public static HeatMap of(int width, int height, float[] values) {
    if (width < 1 || height < 1 || values.length != (long) width * height) {
      throw problem(
          "%dx%d wants %,d values, not %,d"
              .formatted(width, height, (long) width * height, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= 1)) {
        throw problem(
            "expected values in [0, 1], met %s at %d,%d"
                .formatted(values[i], i % width, i / width));
      }
    }
    return new HeatMap(width, height, values);
  }

  /** Width in pixels. */
  public int width() {
    return width;
  }

  /** Height in pixels. */
  public int height() {
    return height;
  }

  /**
   * The values {@code [height, width]}, row-major, each in [0, 1]. This is the array itself, which
   * nobody may change.
   */
  public float[] values() {
    return values;
  }

  /** The value of a pixel, in [0, 1]. */
  public float at(int x, int y) {
    return values[y * width + x];
  }

  /**
   * The map as colours over a picture: low values blue, middle ones red, high ones light yellow, in
   * lightness that rises evenly. A value of 0 leaves the picture as it is, and from there to 0.5
   * the colour comes in.
   *
   * @param opacity of the colours of values from 0.5 on, from 0 (the picture alone) to 1
   * @return an RGB picture
   * @throws PictureException where the sizes differ, or the opacity is none
   */
  public Picture overlay(Picture below, double opacity) {
    if (below.width() != width || below.height() != height) {
      throw problem("%s over a picture of %s".formatted(this, below));
    }
    if (!(opacity >= 0 && opacity <= 1)) {
      throw problem("an opacity of " + opacity + ": expected 0 to 1");
    }
    byte[] in = below.toRgb().pixels();
    byte[] out = new byte[in.length];
    for (int i = 0; i < values.length; i++) {
      double strength = opacity * Math.min(1, values[i] / FULL);
      int color = HeatColors.of(values[i]);
      for (int k = 0, shift = 16; k < 3; k++, shift -= 8) {
        int level = in[3 * i + k] & 0xff;
        out[3 * i + k] = (byte) Math.round(level + ((color >> shift & 0xff) - level) * strength);
      }
    }
    return Picture.of(width, height, 3, out);
  }

  /**
   * Writes a grey PNG, whole or not at all, 0 black and 1 white; a file of that name is replaced.
   *
   * @param bits 8 or 16 a pixel
   * @throws PictureException where it cannot be written, or the bits are others
   */
  public void writePng(Path file, int bits) {
    if (bits != 8 && bits != 16) {
      throw problem("%d bits a pixel: expected 8 or 16".formatted(bits));
    }
    int white = (1 << bits) - 1;
    int[] levels = new int[values.length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Math.round(values[i] * white);
    }
    int type = bits == 8 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_USHORT_GRAY;
    BufferedImage image = new BufferedImage(width, height, type);
    image.getRaster().setPixels(0, 0, width, height, levels);
    WholeFile.write(file, PngEncoder.encode(image, Map.of()));
  }

  private static PictureException problem(String what) {
    return new PictureException("heat map", what);
  }

  @Override
  public String toString() {
    return "%dx%d heat map".formatted(width, height);
  }
}
