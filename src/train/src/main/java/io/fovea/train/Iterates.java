package io.fovea.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a net makes from iteration to iteration: the exponential average of it, how far it moves,
 * and the average where it moved least. Holds native memory until it is closed.
 */
final class Iterates implements AutoCloseable {
  private static final double NEWEST = 0.1; // as Wang 2021 has it
  private static final int SETTLED = 20; // before, the variance knows too little

  private final double newest;
  private final boolean choosing;
  private final List<Tensor> held = new ArrayList<>();
  private @Nullable Tensor average;
  private @Nullable Tensor quick; // an average of few, around which the variance is
  private @Nullable Tensor best;
  private int count;
  private int bestAt;
  private double variance;
  private double least = Double.POSITIVE_INFINITY;

  /**
   * Nothing yet.
   *
   * @param kept share of the average that each iteration keeps
   * @param choosing whether the best is where the variance is least, else the last
   */
  Iterates(double kept, boolean choosing) {
    this.newest = 1 - kept;
    this.choosing = choosing;
  }

  /** Takes what an iteration made; it is not kept. */
  void add(Tensor made) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      count++;
      if (average == null || quick == null || best == null) {
        average = copy(made);
        quick = copy(made);
        best = choosing ? copy(made) : average;
        bestAt = count;
        return;
      }
      double distance = made.sub(quick).square().mean().item_float();
      variance = (1 - NEWEST) * (variance + NEWEST * distance);
      quick.lerp_(made, new Scalar(NEWEST));
      average.lerp_(made, new Scalar(newest));
      boolean steadier = count >= SETTLED && variance < least;
      if (!choosing || steadier || count < SETTLED) {
        bestAt = count;
      }
      if (steadier) {
        least = variance;
      }
      if (choosing && bestAt == count) {
        best.copy_(average);
      }
    }
  }

  private Tensor copy(Tensor made) {
    Tensor copy = made.clone().retainReference();
    held.add(copy);
    return copy;
  }

  /** Exponential variance of a value around its average, the mean over all values. */
  double variance() {
    return variance;
  }

  /** The average so far. */
  Tensor average() {
    return Objects.requireNonNull(average, "nothing was made");
  }

  /** The best average. */
  Tensor best() {
    return Objects.requireNonNull(best, "nothing was made");
  }

  /** The iteration of the best average, from 1. */
  int bestAt() {
    return bestAt;
  }

  @Override
  public void close() {
    held.forEach(Tensor::close);
  }
}
