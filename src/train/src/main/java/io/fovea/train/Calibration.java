package io.fovea.train;

import java.util.ArrayList;
import java.util.List;

/**
 * How often a classifier is right where it is so sure: bins of equal width over the likeliest
 * class's probability (<a href="https://arxiv.org/abs/1706.04599">Guo 2017</a>).
 *
 * @param bins from probability 0 to 1
 */
public record Calibration(List<Bin> bins) {
  /** Number of bins. */
  public static final int BINS = 15;

  /**
   * The answers whose probability lies in one bin.
   *
   * @param count how many there are
   * @param confidence mean of their probabilities, in [0, 1]; NaN where there are none
   * @param accuracy share of them that is right, in [0, 1]; NaN where there are none
   */
  public record Bin(long count, double confidence, double accuracy) {}

  /** Expected calibration error: mean distance of both, by answers, in [0, 1]; NaN of none. */
  public double error() {
    long all = bins.stream().mapToLong(Bin::count).sum();
    return bins.stream()
            .filter(b -> b.count > 0)
            .mapToDouble(b -> b.count * Math.abs(b.confidence - b.accuracy))
            .sum()
        / all;
  }

  /** Counts answers. Not thread-safe. */
  static final class Counts {
    private final double[] confidence = new double[BINS];
    private final long[] right = new long[BINS];
    private final long[] count = new long[BINS];

    void add(double probability, boolean isRight) {
      int bin = (int) Math.min(BINS - 1, Math.max(0, probability * BINS));
      confidence[bin] += probability;
      right[bin] += isRight ? 1 : 0;
      count[bin]++;
    }

    Calibration calibration() {
      List<Bin> bins = new ArrayList<>();
      for (int i = 0; i < BINS; i++) {
        bins.add(new Bin(count[i], confidence[i] / count[i], (double) right[i] / count[i]));
      }
      return new Calibration(List.copyOf(bins));
    }
  }
}
