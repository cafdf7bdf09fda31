package io.fovea.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What the loss makes of a learning rate that rises from step to step, each time by the same
 * factor: at first nothing happens, then the loss falls, then it runs away (<a
 * href="https://arxiv.org/abs/1506.01186">Smith 2017</a>). One run of a noisy curve: what it
 * suggests is where to begin, not the best there is.
 *
 * @param points one a step, rates rising
 */
public record RateCurve(List<Point> points) {
  /**
   * A step.
   *
   * @param rate of the step
   * @param loss after it, of the next batch
   * @param smoothed mean of the losses up to three steps before and after
   */
  public record Point(double rate, double loss, double smoothed) {}

  /** Steps of a search, at most. */
  public static final int STEPS = 100;

  private static final int AROUND = 3; // a quarter of a decade to either side, at 100 steps
  private static final int FIRST = 10; // steps that are too small to matter
  private static final double CLEARLY = 6; // times the noise of what is smoothed
  private static final double LEAST = 0.01; // of the first loss

  public RateCurve {
    points = List.copyOf(points);
  }

  /** A curve of rates and the losses after them. */
  static RateCurve of(double[] rates, double[] losses) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < rates.length; i++) {
      int from = Math.max(0, i - AROUND);
      int to = Math.min(losses.length, i + AROUND + 1);
      double mean = Arrays.stream(losses, from, to).average().orElseThrow();
      points.add(new Point(rates[i], losses[i], mean));
    }
    return new RateCurve(points);
  }

  /**
   * A rate to begin with as the highest of a schedule: a tenth of the one at which the loss was
   * lowest. Empty where the loss never fell clearly below its start: by less than a hundredth of
   * it, or by what may be chance from batch to batch.
   */
  public OptionalDouble suggestion() {
    OptionalDouble lowest = lowest();
    return lowest.isEmpty() ? lowest : OptionalDouble.of(lowest.getAsDouble() / 10);
  }

  /** The rate at which the loss was lowest; empty where it never fell. */
  public OptionalDouble lowest() {
    return falls() ? OptionalDouble.of(points.get(bottom()).rate) : OptionalDouble.empty();
  }

  /** The rate at which the loss fell fastest; empty where it never fell. */
  public OptionalDouble steepest() {
    if (!falls()) {
      return OptionalDouble.empty();
    }
    int best = AROUND;
    for (int i = AROUND; i + AROUND <= bottom(); i++) {
      best = fall(i) > fall(best) ? i : best;
    }
    return OptionalDouble.of(points.get(best).rate);
  }

  private double fall(int i) {
    return points.get(i - AROUND).smoothed - points.get(i + AROUND).smoothed;
  }

  private int bottom() {
    int lowest = 0;
    for (int i = 1; i < points.size(); i++) {
      lowest = points.get(i).smoothed < points.get(lowest).smoothed ? i : lowest;
    }
    return lowest;
  }

  /** Deviation of a smoothed loss, by how far neighbours lie apart up to a step. */
  private double noise(int end) {
    double squares = 0;
    for (int i = 1; i <= end; i++) {
      double apart = points.get(i).loss - points.get(i - 1).loss;
      squares += apart * apart;
    }
    return Math.sqrt(squares / end / 2 / (2 * AROUND + 1));
  }

  private boolean falls() {
    if (points.size() < 2 * FIRST) {
      return false;
    }
    int bottom = bottom();
    double mean = points.stream().limit(FIRST).mapToDouble(Point::loss).average().orElseThrow();
    double fall = mean - points.get(bottom).smoothed;
    return bottom >= FIRST && fall > Math.max(CLEARLY * noise(bottom), LEAST * Math.abs(mean));
  }
}
