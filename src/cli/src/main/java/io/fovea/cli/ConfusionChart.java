package io.fovea.cli;

import io.fovea.train.Confusion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which classes got which answers, as an SVG element: a row a class, a column an answer, darker
 * where more of the class got it. Numbers stand in the cells while they fit, and names beside them.
 */
final class ConfusionChart {
  private static final int MOST_NUMBERS = 14; // classes
  private static final int MOST_NAMES = 40; // classes
  private static final int MOST_CELLS = 150; // classes
  private static final int LONGEST = 14; // letters of a name
  private static final double LETTER = 6.2; // pixels

  /** A class that was taken for another. */
  record Pair(int label, int answer, long count) {}

  private ConfusionChart() {}

  /** Whether there are so few classes that a chart can be read. */
  static boolean fits(Confusion all) {
    return all.labels().size() <= MOST_CELLS;
  }

  static String svg(Confusion all) {
    int n = all.labels().size();
    boolean names = n <= MOST_NAMES;
    double longest =
        all.labels().stream().mapToInt(l -> shortened(l).length()).max().orElse(1) * LETTER;
    double left = names ? longest + 26 : 26;
    double top = names ? longest + 26 : 26;
    double cell = n <= MOST_NUMBERS ? Math.max(34, 300.0 / n) : names ? 15 : 600.0 / n;
    double side = cell * n;
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.of(
            "<svg class=\"matrix\" viewBox=\"0 0 %.0f %.0f\" style=\"max-width:%.0fpx\""
                + " role=\"img\" aria-label=\"Confusion matrix\">%n",
            left + side + 4, top + side + 4, 1.15 * (left + side + 4)));
    svg.append(Html.of("<text class=\"mid\" x=\"%.1f\" y=\"12\">answer</text>%n", left + side / 2));
    svg.append(
        Html.of(
            "<text class=\"mid\" transform=\"translate(12 %.1f) rotate(-90)\">class</text>%n",
            top + side / 2));
    for (int r = 0; r < n; r++) {
      long count = all.count(r);
      if (names) {
        String name = Html.text(shortened(all.labels().get(r)));
        double middle = cell * (r + 0.5) + 4;
        svg.append(
            Html.of(
                "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                left - 5, top + middle, name));
        svg.append(
            Html.of(
                "<text transform=\"translate(%.1f %.1f) rotate(-90)\">%s</text>%n",
                left + middle, top - 5, name));
      }
      for (int c = 0; c < n; c++) {
        long met = all.counts()[r][c];
        double share = count == 0 ? 0 : (double) met / count;
        if (met > 0 || n <= MOST_NUMBERS) {
          svg.append(
              Html.of(
                  "<rect class=\"cell\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\""
                      + " fill-opacity=\"%.3f\"/>%n",
                  left + cell * c, top + cell * r, cell, cell, Math.sqrt(share)));
        }
        if (n <= MOST_NUMBERS && met > 0) {
          svg.append(
              Html.of(
                  "<text class=\"mid%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                  share > 0.3 ? " over" : "",
                  left + cell * (c + 0.5),
                  top + cell * (r + 0.5) + 4,
                  count(met)));
        }
      }
    }
    svg.append(
        Html.of(
            "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n",
            left, top, side, side));
    return svg.append("</svg>\n").toString();
  }

  /** A count in five letters at most. */
  static String count(long n) {
    return n < 100_000
        ? Html.of("%d", n)
        : n < 10_000_000 ? Html.of("%dk", n / 1000) : Html.of("%dM", n / 1_000_000);
  }

  /** The most frequent mistakes, most frequent first. */
  static List<Pair> most(Confusion all, int limit) {
    List<Pair> pairs = new ArrayList<>();
    for (int r = 0; r < all.labels().size(); r++) {
      for (int c = 0; c < all.labels().size(); c++) {
        if (r != c && all.counts()[r][c] > 0) {
          pairs.add(new Pair(r, c, all.counts()[r][c]));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Pair::count).reversed());
    return pairs.subList(0, Math.min(limit, pairs.size()));
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST ? name : name.substring(0, LONGEST - 1) + "…";
  }
}
