package io.fovea.cli;

import io.fovea.train.LayerFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** A training's points and laps in memory, for curves. Not thread-safe. */
final class History implements Trace.Sink {
  private final List<Trace.Point> points = new ArrayList<>();
  private final List<Trace.Lap> laps = new ArrayList<>();

  @Override
  public void point(Trace.Point point) {
    points.add(point);
  }

  @Override
  public void lap(Trace.Lap lap) {
    laps.add(lap);
  }

  List<Trace.Lap> laps() {
    return laps;
  }

  /** The points at which layers were measured. */
  List<Trace.Point> sampled() {
    return points.stream().filter(p -> !p.layers().isEmpty()).toList();
  }

  /** Where the points lie, in epochs. */
  double[] epochs() {
    return points.stream().mapToDouble(this::epoch).toArray();
  }

  /** Where a point lies, in epochs. */
  double epoch(Trace.Point p) {
    Trace.Lap first = laps.get(0);
    return (double) p.step() * first.epoch().number() / first.step();
  }

  /** A figure at every point. */
  double[] points(ToDoubleFunction<Trace.Point> figure) {
    return points.stream().mapToDouble(figure).toArray();
  }

  /** A figure at every lap. */
  double[] laps(ToDoubleFunction<Trace.Lap> figure) {
    return laps.stream().mapToDouble(figure).toArray();
  }

  /** All stages' times. */
  Trace.Stages stages() {
    return laps.stream().map(Trace.Lap::stages).reduce(Trace.Stages.NONE, Trace.Stages::plus);
  }

  /** Of all layers together. */
  static double gradientNorm(Trace.Point p) {
    return Math.sqrt(
        p.layers().stream().mapToDouble(LayerFigures::gradientNorm).map(n -> n * n).sum());
  }
}
