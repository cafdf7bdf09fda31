package io.fovea.cli;

import io.fovea.image.Picture;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a run of a {@link Study} gave. The claim is borne out where every check holds, and by
 * nothing else.
 *
 * @param checks what was expected of the numbers, and what was met
 * @param pictures that show what was worked on; may be empty
 */
record Findings(List<Check> checks, List<Grid> grids, List<Chart> charts, List<Photo> pictures) {

  /** Whether the run bears the claim out. */
  boolean isBorneOut() {
    return checks.stream().allMatch(Check::holds);
  }

  /** These and others after them. */
  Findings and(Findings more) {
    return new Findings(
        joined(checks, more.checks),
        joined(grids, more.grids),
        joined(charts, more.charts),
        joined(pictures, more.pictures));
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  /**
   * A number that is compared with a bound; NaN never holds.
   *
   * @param what it is, with its unit
   * @param isLeast whether the bound is the least that is expected, else the most
   */
  record Check(String what, double met, double bound, boolean isLeast) {
    static Check atLeast(String what, double met, double bound) {
      return new Check(what, met, bound, true);
    }

    static Check atMost(String what, double met, double bound) {
      return new Check(what, met, bound, false);
    }

    boolean holds() {
      return isLeast ? met >= bound : met <= bound;
    }

    /** The rule in words. */
    String expected() {
      return (isLeast ? "at least " : "at most ") + Html.number(bound);
    }
  }

  /** A table; the first column is text, the others are numbers. */
  record Grid(String title, List<String> columns, List<List<String>> rows) {}

  /** A line of a chart; a value that is no number parts it. */
  record Line(String name, double[] xs, double[] ys) {
    /** Values at equal steps, from the first step on. */
    static Line of(String name, double[] values, double step) {
      double[] xs = IntStream.rangeClosed(1, values.length).mapToDouble(i -> i * step).toArray();
      return new Line(name, xs, values);
    }

    /** The same of shares, in percent. */
    static Line percents(String name, double[] shares, double step) {
      return of(name, Arrays.stream(shares).map(s -> 100 * s).toArray(), step);
    }
  }

  /**
   * A chart of lines.
   *
   * @param x label of the axis, with its unit
   * @param logX whether it may be logarithmic
   */
  record Chart(String title, String x, String y, boolean logX, boolean logY, List<Line> lines) {
    static Chart of(String title, String x, String y, List<Line> lines) {
      return new Chart(title, x, y, false, false, lines);
    }

    Chart withLogX() {
      return new Chart(title, x, y, true, logY, lines);
    }

    Chart withLogY() {
      return new Chart(title, x, y, logX, true, lines);
    }
  }

  /** A picture and what it is. */
  record Photo(String caption, Picture picture) {}
}
