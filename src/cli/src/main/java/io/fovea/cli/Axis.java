package io.fovea.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * An axis of a chart, from one round number to another.
 *
 * @param label what it shows, with its unit
 * @param log whether equal lengths are equal factors
 * @param step between ticks; of a logarithmic axis, the least decades between them
 */
record Axis(String label, double low, double high, boolean log, double step) {
  private static final int TICKS = 6;
  private static final double WIDE = 30; // a factor that wants a logarithmic axis

  /** An axis that holds all values; NaN is passed over. */
  static Axis of(String label, double[]... values) {
    double[] all = finite(values);
    double low = Arrays.stream(all).min().orElse(0);
    double high = Arrays.stream(all).max().orElse(1);
    if (low == high) {
      double apart = low == 0 ? 1 : Math.abs(low) / 10;
      low -= low == 0 ? 0 : apart;
      high += apart;
    }
    double step = step(high - low);
    return new Axis(
        label, Math.floor(low / step) * step, Math.ceil(high / step) * step, false, step);
  }

  /** A logarithmic axis where values are above 0 and differ by a large factor; else as above. */
  static Axis wide(String label, double[]... values) {
    double[] all = finite(values);
    double low = Arrays.stream(all).min().orElse(0);
    double high = Arrays.stream(all).max().orElse(0);
    if (!(low > 0 && high / low >= WIDE)) {
      return of(label, values);
    }
    double from = Math.floor(Math.log10(low));
    double to = Math.ceil(Math.log10(high));
    return new Axis(
        label + ", log scale",
        Math.pow(10, from),
        Math.pow(10, to),
        true,
        Math.ceil((to - from) / TICKS));
  }

  /** An axis between two numbers that stand as they are. */
  static Axis between(String label, double low, double high) {
    return new Axis(label, low, high, false, step(high - low));
  }

  /** The same with no ticks between whole numbers. */
  Axis whole() {
    return new Axis(label, low, high, log, Math.max(1, step));
  }

  private static double[] finite(double[]... values) {
    return Arrays.stream(values)
        .flatMapToDouble(DoubleStream::of)
        .filter(Double::isFinite)
        .toArray();
  }

  /** 1, 2 or 5 times a power of ten. */
  private static double step(double length) {
    double raw = length / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double rest = raw / power;
    return (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10) * power;
  }

  /** Where a value lies, from 0 to 1. */
  double at(double value) {
    return log ? Math.log10(value / low) / Math.log10(high / low) : (value - low) / (high - low);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (log) {
      for (double e = Math.log10(low); e <= Math.log10(high) + 1e-9; e += step) {
        ticks.add(Math.pow(10, Math.round(e)));
      }
      return ticks;
    }
    long last = (long) Math.floor(high / step + 1e-9);
    for (long i = (long) Math.ceil(low / step - 1e-9); i <= last; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** A tick's text. */
  String text(double tick) {
    double least = log ? tick : step;
    double most = Math.max(Math.abs(low), Math.abs(high));
    if (tick != 0 && (least < 1e-4 || most >= 1e6)) {
      return Html.of("%.1e", tick).replaceAll("\\.0e", "e").replaceAll("e\\+?(-?)0?", "e$1");
    }
    int decimals = least >= 1 ? 0 : (int) Math.ceil(-Math.log10(least) - 1e-9);
    return Html.of("%." + decimals + "f", tick + 0.0);
  }
}
