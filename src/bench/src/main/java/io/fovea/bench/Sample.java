package io.fovea.bench;

import java.util.Arrays;
import java.util.Collection;

/** Measurements, sorted. */
record Sample(double[] sorted) {
  static Sample of(Collection<Double> values) {
    return new Sample(values.stream().mapToDouble(Double::doubleValue).sorted().toArray());
  }

  static Sample of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Sample(sorted);
  }

  double median() {
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  double min() {
    return sorted[0];
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /**
   * The least value that at least a part of the values do not exceed.
   *
   * @param part in (0, 1], such as 0.99
   */
  double quantile(double part) {
    return sorted[(int) Math.ceil(part * sorted.length) - 1];
  }

  /**
   * A 95 % confidence interval of the median, from below to above: the order statistics between
   * which a binomial count lies with that probability, by its normal approximation.
   */
  double[] medianInterval() {
    int n = sorted.length;
    double half = 1.96 * Math.sqrt(n) / 2;
    int low = (int) Math.floor(n / 2.0 - half);
    int high = (int) Math.ceil(n / 2.0 + half);
    return new double[] {sorted[Math.max(0, low)], sorted[Math.min(n - 1, high)]};
  }

  /** Median, and the least and the largest value. */
  String text(String format) {
    String each = format + " (" + format + " to " + format + ")";
    return each.formatted(median(), min(), max());
  }
}
