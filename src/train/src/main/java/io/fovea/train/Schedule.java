package io.fovea.train;

/**
 * How the learning rate moves: up in a line over the first steps, then down along half a cosine (<a
 * href="https://arxiv.org/abs/1608.03983">Loshchilov 2017</a>).
 *
 * @param warmup share of all steps that the rise takes, in [0, 1)
 * @param end learning rate at the end, as a share of the top
 */
public record Schedule(double warmup, double end) {
  public Schedule {
    if (!(warmup >= 0 && warmup < 1 && end >= 0 && end <= 1)) {
      throw new TrainException(
          "schedule: expected a warm-up in [0, 1) and an end in [0, 1], met %s and %s"
              .formatted(warmup, end));
    }
  }

  /** Factor on the learning rate at a step that counts from 0. */
  public double factor(int step, int steps) {
    double rise = warmup * steps;
    if (step < rise) {
      return (step + 1) / (rise + 1);
    }
    double progress = (step - rise) / Math.max(1, steps - rise);
    return end + (1 - end) * (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
