package io.fovea.train;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How often each class got each answer: of pictures, or of pixels. Grows by {@link #add}; not
 * thread-safe while it does.
 *
 * @param counts {@code [class][answer]}
 */
public record Confusion(List<String> labels, long[][] counts) {
  /** Nothing counted yet. */
  static Confusion of(List<String> labels) {
    return new Confusion(labels, new long[labels.size()][labels.size()]);
  }

  void add(int label, int answer) {
    counts[label][answer]++;
  }

  /** All that was counted. */
  public long count() {
    return IntStream.range(0, labels.size()).mapToLong(this::count).sum();
  }

  /** How many are of a class. */
  public long count(int label) {
    return Arrays.stream(counts[label]).sum();
  }

  private long answers(int label) {
    return Arrays.stream(counts).mapToLong(row -> row[label]).sum();
  }

  /** How many got the right answer. */
  public long correct() {
    return IntStream.range(0, labels.size()).mapToLong(c -> counts[c][c]).sum();
  }

  /** Share of right answers, in [0, 1]. */
  public double accuracy() {
    return (double) correct() / count();
  }

  /**
   * What the accuracy of many more would lie in, 19 times of 20, where each is drawn by itself: the
   * score interval of <a href="https://doi.org/10.1080/01621459.1927.10502953">Wilson 1927</a>.
   *
   * @return lower and upper end, in [0, 1]; NaN where nothing was counted
   */
  public double[] interval() {
    return wilson(accuracy(), count());
  }

  /** The same of {@link #recall}. */
  public double[] recallInterval(int label) {
    return wilson(recall(label), count(label));
  }

  /** The same of {@link #precision}. */
  public double[] precisionInterval(int label) {
    return wilson(precision(label), answers(label));
  }

  private static double[] wilson(double p, double n) {
    double z = 1.959964;
    double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return new double[] {centre - half, centre + half};
  }

  /** Share of a class that got its answer, in [0, 1]; NaN where there is none of it. */
  public double recall(int label) {
    return (double) counts[label][label] / count(label);
  }

  /** Share of an answer that was right, in [0, 1]; NaN where nothing got it. */
  public double precision(int label) {
    return (double) counts[label][label] / answers(label);
  }

  /** Intersection over union of what is of a class and what got its answer; NaN where neither. */
  public double iou(int label) {
    long both = counts[label][label];
    return (double) both / (count(label) + answers(label) - both);
  }

  /** Twice the intersection over the sum of both (the F1 score); NaN where neither. */
  public double dice(int label) {
    return 2.0 * counts[label][label] / (count(label) + answers(label));
  }

  /** Mean of the classes' IoU, over those that occur. */
  public double meanIou() {
    return mean(this::iou);
  }

  /** Mean of the classes' Dice coefficients, over those that occur. */
  public double meanDice() {
    return mean(this::dice);
  }

  private double mean(IntToDoubleFunction figure) {
    return IntStream.range(0, labels.size())
        .mapToDouble(figure)
        .filter(v -> !Double.isNaN(v))
        .average()
        .orElse(Double.NaN);
  }
}
