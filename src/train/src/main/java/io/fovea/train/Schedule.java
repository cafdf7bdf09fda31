package io.fovea.train;

import java.util.List;

/**
 * How the learning rate moves: up over the first steps, then as its curve says.
 *
 * @param warmup share of all steps that the rise takes, in [0, 1)
 */
public record Schedule(double warmup, Curve curve) {
  public Schedule {
    Setting.WARMUP.check(warmup);
  }

  /** What follows the rise; {@code end} is the last rate as a share of the highest. */
  public sealed interface Curve {}

  /** Half a cosine down (<a href="https://arxiv.org/abs/1608.03983">Loshchilov 2017</a>). */
  public record Cosine(double end) implements Curve {
    public Cosine {
      Setting.END.check(end);
    }
  }

  /**
   * Half a cosine up from {@code start}, half a cosine down (<a
   * href="https://arxiv.org/abs/1708.07120">Smith 2017</a>), at the steps at which PyTorch's {@code
   * OneCycleLR} has them.
   */
  public record OneCycle(double start, double end) implements Curve {
    public OneCycle {
      Setting.START.check(start);
      Setting.END.check(end);
    }
  }

  /** Times {@code gamma} at each milestone, a share of all steps. */
  public record Steps(List<Double> milestones, double gamma) implements Curve {
    public Steps {
      milestones = List.copyOf(milestones);
      Setting.MILESTONES.check(milestones);
      Setting.GAMMA.check(gamma);
    }
  }

  /** {@code (1 - progress)^power} (<a href="https://arxiv.org/abs/1606.00915">Chen 2016</a>). */
  public record Polynomial(double power, double end) implements Curve {
    public Polynomial {
      Setting.POWER.check(power);
      Setting.END.check(end);
    }
  }

  /** As it is. */
  public record Constant() implements Curve {}

  /** A line up, and half a cosine down to 0. */
  public static Schedule cosine(double warmup) {
    return new Schedule(warmup, new Cosine(0));
  }

  /** Up over three tenths from 1/25, down to 1/250,000. */
  public static Schedule oneCycle() {
    return new Schedule(0.3, new OneCycle(0.04, 4e-6));
  }

  /** Factor on the learning rate at a step that counts from 0. */
  public double factor(int step, int steps) {
    double rise = warmup * steps;
    if (curve instanceof OneCycle c) {
      double top = Math.max(0, rise - 1);
      return step < top
          ? halfCosine(c.start, 1, step / top)
          : halfCosine(1, c.end, (step - top) / Math.max(1, steps - 1 - top));
    }
    if (step < rise) {
      return (step + 1) / (rise + 1);
    }
    double progress = (step - rise) / Math.max(1, steps - rise);
    if (curve instanceof Cosine c) {
      return c.end + (1 - c.end) * (1 + Math.cos(Math.PI * progress)) / 2;
    }
    if (curve instanceof Polynomial p) {
      return p.end + (1 - p.end) * Math.pow(1 - progress, p.power);
    }
    if (curve instanceof Steps s) {
      long passed = s.milestones.stream().filter(m -> step >= m * steps).count();
      return Math.pow(s.gamma, passed);
    }
    return 1;
  }

  private static double halfCosine(double from, double to, double progress) {
    return to + (from - to) * (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
