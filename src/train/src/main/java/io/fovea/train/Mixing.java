package io.fovea.train;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Mixes each picture of a batch with the one before it, the first with the last: all pixels (mixup;
 * <a href="https://arxiv.org/abs/1710.09412">Zhang 2017</a>) or a rectangle (CutMix; <a
 * href="https://arxiv.org/abs/1905.04899">Yun 2019</a>). A batch has one share, drawn of a Beta
 * distribution of two equal parameters; with both of them, a batch takes either.
 *
 * @param mixup the parameter; 0 for never
 * @param cutmix the parameter; 0 for never
 */
record Mixing(double mixup, double cutmix) {
  /**
   * Mixes a batch in its place.
   *
   * @param pixels {@code [N, C, H, W]} from the buffer's start
   * @return what should be said of it
   */
  Targets mix(FloatBuffer pixels, long[] shape, Targets targets, Random random) {
    if (mixup == 0 && cutmix == 0) {
      return targets;
    }
    boolean cuts = mixup == 0 || (cutmix > 0 && random.nextBoolean());
    double share = beta(random, cuts ? cutmix : mixup);
    int height = (int) shape[2];
    int width = (int) shape[3];
    if (!cuts) {
      blend(pixels, shape, (float) share);
      return targets instanceof Targets.Values v
          ? blended(v, (float) share)
          : mixed((Targets.Classes) targets, share);
    }
    Box box = Box.pasted(random, 1 - share, width, height);
    paste(pixels, shape, box);
    Targets.Classes classes = (Targets.Classes) targets;
    return classes.shape().length == 1
        ? mixed(classes, 1 - (double) box.area() / (width * height))
        : pasted(classes, box);
  }

  private static void blend(FloatBuffer pixels, long[] shape, float share) {
    int n = (int) shape[0];
    int size = (int) (shape[1] * shape[2] * shape[3]);
    float[] last = picture(pixels, n - 1, size);
    for (int i = n - 1; i >= 0; i--) {
      float[] own = picture(pixels, i, size);
      float[] other = i == 0 ? last : picture(pixels, i - 1, size);
      for (int k = 0; k < size; k++) {
        own[k] = share * own[k] + (1 - share) * other[k];
      }
      pixels.put(i * size, own);
    }
  }

  private static float[] picture(FloatBuffer pixels, int index, int size) {
    float[] values = new float[size];
    pixels.get(index * size, values);
    return values;
  }

  private static void paste(FloatBuffer pixels, long[] shape, Box box) {
    int n = (int) shape[0];
    int planes = (int) shape[1];
    int rows = (int) shape[2];
    int width = (int) shape[3];
    int size = planes * rows * width;
    float[] last = picture(pixels, n - 1, size);
    for (int i = n - 1; i >= 0; i--) {
      float[] other = i == 0 ? last : picture(pixels, i - 1, size);
      for (int k = 0; k < planes; k++) {
        for (int y = box.y(); y < box.y() + box.height(); y++) {
          int at = (k * rows + y) * width + box.x();
          pixels.put(i * size + at, other, at, box.width());
        }
      }
    }
  }

  private static Targets mixed(Targets.Classes classes, double share) {
    long[] own = classes.classes();
    long[] before = new long[own.length];
    for (int i = 0; i < own.length; i++) {
      before[i] = own[(i + own.length - 1) % own.length];
    }
    return new Targets.Mixed(classes, Targets.Classes.of(before), share);
  }

  private static Targets.Values blended(Targets.Values targets, float share) {
    float[] own = targets.values();
    int size = own.length / (int) targets.shape()[0];
    float[] both = new float[own.length];
    for (int i = 0; i < own.length; i++) {
      both[i] = share * own[i] + (1 - share) * own[(i + own.length - size) % own.length];
    }
    return new Targets.Values(both, targets.shape());
  }

  /** Classes of pixels, {@code [N, H, W]}. */
  private static Targets.Classes pasted(Targets.Classes classes, Box box) {
    long[] own = classes.classes();
    long[] all = own.clone();
    int width = (int) classes.shape()[2];
    int size = (int) classes.shape()[1] * width;
    for (int i = 0; i < own.length; i += size) {
      int before = (i + own.length - size) % own.length;
      for (int y = box.y(); y < box.y() + box.height(); y++) {
        int at = y * width + box.x();
        System.arraycopy(own, before + at, all, i + at, box.width());
      }
    }
    return new Targets.Classes(all, Arrays.copyOf(classes.shape(), 3));
  }

  /** Of the distribution Beta(a, a): one of two Gamma variables as a share of both. */
  static double beta(Random random, double a) {
    double one = logGamma(random, a);
    double other = logGamma(random, a);
    return 1 / (1 + Math.exp(one - other));
  }

  /**
   * The logarithm of a variable of the distribution Gamma(a, 1), which itself may be too small for
   * a double (<a href="https://doi.org/10.1145/358407.358414">Marsaglia 2000</a>).
   */
  private static double logGamma(Random random, double a) {
    double d = a + 1 - 1.0 / 3; // draws for a + 1, which is above 1, and comes back to a
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double v = Math.pow(1 + c * x, 3);
      double u = 1 - random.nextDouble(); // above 0
      if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return Math.log(d * v) + Math.log(1 - random.nextDouble()) / a;
      }
    }
  }
}
