package io.fovea.train;

import io.fovea.image.Picture;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * How alike pictures are: peak signal-to-noise ratio, and structural similarity, <a
 * href="https://doi.org/10.1109/TIP.2003.819861">Wang 2004</a>, at one scale and at several, <a
 * href="https://doi.org/10.1109/ACSSC.2003.1292216">Wang 2003</a>. Tensors are {@code [N, C, H, W]}
 * of levels in [0, 1]; each gives a tensor of one number, the mean over planes and pictures.
 * Thread-safe.
 */
public final class Similarity {
  private static final int SIDE = 11;
  private static final double SIGMA = 1.5;
  private static final double C1 = 0.01 * 0.01;
  private static final double C2 = 0.03 * 0.03;

  /** Exponents of the scales, from the full one down. */
  private static final double[] WEIGHTS = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

  private static final int SMALLEST = (SIDE - 1 << WEIGHTS.length - 1) + 1;
  private static final double LEAST_ERROR = 1e-10; // of a mean squared error: 100 dB
  private static final double LEAST = 1e-6; // a root of what is not positive has no gradient

  private Similarity() {}

  /**
   * The peak signal-to-noise ratio over all samples, in dB, at most 100.
   *
   * @throws TrainException where the pictures differ in size
   */
  public static double psnr(Picture made, Picture wanted) {
    return decibels(Pairs.error(made, wanted));
  }

  /**
   * The structural similarity of two pictures in colour, in [-1, 1]: the mean over the planes and
   * over all windows of 11x11 pixels.
   *
   * @throws TrainException where the pictures differ in size or are smaller than a window
   */
  public static double ssim(Picture made, Picture wanted) {
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        Observation one = Observation.of(made, Place.CPU);
        Observation other = Observation.of(wanted, Place.CPU)) {
      if (made.width() != wanted.width() || made.height() != wanted.height()) {
        throw new TrainException("expected a %s as is wanted, met %s".formatted(wanted, made));
      }
      return of(one.seen(), other.seen()).item_float();
    }
  }

  /** The ratio of a mean squared error of levels in [0, 1]. */
  static double decibels(double error) {
    return -10 * Math.log10(Math.max(LEAST_ERROR, error));
  }

  /**
   * What is compared in a window, as means over the windows of each plane, {@code [N, C]}.
   *
   * @param full luminance, contrast and structure
   * @param structure contrast and structure
   */
  private record Means(Tensor full, Tensor structure) {
    static Means of(Tensor x, Tensor y) {
      Tensor window = window(x);
      Tensor mx = blurred(x, window);
      Tensor my = blurred(y, window);
      Tensor xy = mx.mul(my);
      Tensor squares = mx.square().add(my.square());
      Tensor covariance = blurred(x.mul(y), window).sub(xy);
      Tensor variances = blurred(x.square().add(y.square()), window).sub(squares);
      Tensor structure = share(covariance, variances, C2);
      return new Means(mean(share(xy, squares, C1).mul(structure)), mean(structure));
    }

    /** {@code (2 product + c) / (squares + c)}. */
    private static Tensor share(Tensor product, Tensor squares, double c) {
      Scalar least = new Scalar(c);
      return product.mul(new Scalar(2.0)).add(least).div(squares.add(least));
    }

    private static Tensor mean(Tensor map) {
      return torch.mean(map, new long[] {2, 3}, false, null);
    }
  }

  /** The mean similarity, in [-1, 1]. */
  static Tensor of(Tensor x, Tensor y) {
    check("ssim", x, SIDE);
    return Means.of(x, y).full.mean();
  }

  /**
   * The mean similarity over five scales, in [0, 1]: each plane's means, raised to the weights of
   * their scales, are multiplied. Luminance counts at the smallest scale alone.
   */
  static Tensor ofScales(Tensor x, Tensor y) {
    check("ms_ssim", x, SMALLEST);
    Tensor product = null;
    Tensor a = x;
    Tensor b = y;
    for (int scale = 0; scale < WEIGHTS.length; scale++) {
      a = scale == 0 ? a : halved(a);
      b = scale == 0 ? b : halved(b);
      Means means = Means.of(a, b);
      Tensor of = scale == WEIGHTS.length - 1 ? means.full : means.structure;
      Tensor power = of.clamp_min(new Scalar(LEAST)).pow(new Scalar(WEIGHTS[scale]));
      product = product == null ? power : product.mul(power);
    }
    return product == null ? x : product.mean();
  }

  /** Mean absolute difference of neighbours in rows, and that in columns. */
  static Tensor totalVariation(Tensor x) {
    check("total_variation", x, 2);
    Tensor sum = null;
    for (int axis = 2; axis <= 3; axis++) {
      long size = x.size(axis) - 1;
      Tensor mean = x.narrow(axis, 1, size).sub(x.narrow(axis, 0, size)).abs().mean();
      sum = sum == null ? mean : sum.add(mean);
    }
    return sum == null ? x : sum;
  }

  private static void check(String loss, Tensor x, int smallest) {
    long[] shape = Torch.shape(x);
    if (shape.length != 4 || Math.min(shape[2], shape[3]) < smallest) {
      throw new TrainException(
          "loss %s: expected pictures of %dx%d or more, met %s"
              .formatted(loss, smallest, smallest, Arrays.toString(shape)));
    }
  }

  /** Means of two by two pixels; of what there is at an odd edge. */
  private static Tensor halved(Tensor x) {
    long[] two = {2, 2};
    return torch.avg_pool2d(x, two, two, new long[] {0, 0}, true, true, new LongOptional());
  }

  private static Tensor window(Tensor x) {
    double[] line = new double[SIDE];
    double sum = 0;
    for (int i = 0; i < SIDE; i++) {
      double d = (i - SIDE / 2) / SIGMA;
      line[i] = Math.exp(-d * d / 2);
      sum += line[i];
    }
    for (int i = 0; i < SIDE; i++) {
      line[i] /= sum;
    }
    return Numbers.like(x, line);
  }

  /** Weighted means of the windows that lie wholly in the picture: rows, then columns. */
  private static Tensor blurred(Tensor x, Tensor window) {
    long channels = x.size(1);
    Tensor y = x;
    for (int axis = 2; axis <= 3; axis++) {
      Tensor line = window.reshape(Torch.along(axis, SIDE, 4));
      long[] shape = Torch.shape(line);
      shape[0] = channels;
      long[] ones = {1, 1};
      long[] none = {0, 0};
      y = torch.conv2d(y, line.expand(shape), new TensorOptional(), ones, none, ones, channels);
    }
    return y;
  }
}
