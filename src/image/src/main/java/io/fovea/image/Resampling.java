package io.fovea.image;

/**
 * How a resize makes new pixels of old ones, to the bit as Pillow's {@code Image.resize} does.
 * Apart from {@link #NEAREST}, a filter's support grows with the reduction, so that shrinking never
 * aliases.
 *
 * @see <a href="https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters">Filters of
 *     Pillow</a>
 */
public enum Resampling {
  /** The pixel under the centre of the new one. */
  NEAREST(0),
  /** The mean of the pixels that a new one covers. */
  BOX(0.5),
  /** A triangle. */
  BILINEAR(1),
  /** A cosine bell: the sharpness of {@link #BICUBIC} with the support of {@link #BILINEAR}. */
  HAMMING(1),
  /** Cubic convolution, a = -0.5. */
  BICUBIC(2),
  /** A windowed sinc of three lobes. */
  LANCZOS(3);

  private final double support;

  Resampling(double support) {
    this.support = support;
  }

  /** Half the width of the kernel in source pixels, where nothing is reduced. */
  public double support() {
    return support;
  }

  /** The kernel at a distance in source pixels, where nothing is reduced. */
  double weight(double distance) {
    double x = Math.abs(distance);
    return switch (this) {
      case NEAREST -> throw new IllegalStateException("nearest has no kernel");
      case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
      case BILINEAR -> x < 1 ? 1 - x : 0;
      case HAMMING -> x < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI)) : 0;
      case BICUBIC -> cubic(x);
      case LANCZOS -> distance >= -3 && distance < 3 ? sinc(x) * sinc(x / 3) : 0;
    };
  }

  private static double cubic(double x) {
    double a = -0.5;
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
  }
}
