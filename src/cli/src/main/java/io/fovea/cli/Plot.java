package io.fovea.cli;

/**
 * A chart as an SVG element: a frame, ticks and labels of two axes, and marks in the page's colours
 * {@code c1} to {@code c5}. It takes the width that it is given. Not thread-safe.
 */
final class Plot {
  private static final int WIDTH = 400;
  private static final int HEIGHT = 236;
  private static final int LEFT = 52;
  private static final int RIGHT = 384;
  private static final int TOP = 26;
  private static final int BOTTOM = 194;
  private static final int FEW = 40; // points that are shown one by one

  private final Axis x;
  private final Axis y;
  private final StringBuilder marks = new StringBuilder();

  Plot(Axis x, Axis y) {
    this.x = x;
    this.y = y;
  }

  private double across(double value) {
    return LEFT + (RIGHT - LEFT) * x.at(value);
  }

  private double down(double value) {
    return BOTTOM - (BOTTOM - TOP) * y.at(value);
  }

  /** A line through points; one that is no number parts it. */
  Plot line(String colour, double[] xs, double[] ys) {
    StringBuilder path = new StringBuilder();
    boolean goesOn = false;
    int count = 0;
    for (int i = 0; i < xs.length; i++) {
      boolean shown = isShown(ys[i]);
      if (shown) {
        path.append(Html.of("%s%.1f %.1f", goesOn ? "L" : "M", across(xs[i]), down(ys[i])));
        count++;
      }
      goesOn = shown;
    }
    marks.append(Html.of("<path class=\"line %s\" d=\"%s\"/>%n", colour, path));
    return count <= FEW ? points(colour, xs, ys) : this;
  }

  private boolean isShown(double value) {
    return Double.isFinite(value) && !(y.log() && value <= 0);
  }

  /** Points. */
  Plot points(String colour, double[] xs, double[] ys) {
    for (int i = 0; i < xs.length; i++) {
      if (isShown(ys[i])) {
        marks.append(
            Html.of(
                "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\"/>%n",
                colour, across(xs[i]), down(ys[i])));
      }
    }
    return this;
  }

  /** A bar from the lower end. */
  Plot bar(String colour, double from, double to, double height, String title) {
    marks.append(
        Html.of(
            "<rect class=\"bar %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                + "<title>%s</title></rect>%n",
            colour,
            across(from) + 0.5,
            down(height),
            across(to) - across(from) - 1,
            BOTTOM - down(height),
            Html.text(title)));
    return this;
  }

  /** Where both axes have the same value. */
  Plot diagonal() {
    double from = Math.max(x.low(), y.low());
    double to = Math.min(x.high(), y.high());
    marks.append(
        Html.of(
            "<path class=\"guide\" d=\"M%.1f %.1fL%.1f %.1f\"/>%n",
            across(from), down(from), across(to), down(to)));
    return this;
  }

  /** The chart; a name is for those who do not see it. */
  String svg(String name) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.of(
            "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n",
            WIDTH, HEIGHT, Html.text(name)));
    svg.append(Html.of("<text x=\"2\" y=\"13\">%s</text>%n", Html.text(y.label())));
    for (double tick : y.ticks()) {
      svg.append(
          Html.of(
              "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
                  + "<text class=\"end\" x=\"%d\" y=\"%.1f\">%s</text>%n",
              LEFT, down(tick), RIGHT, LEFT - 6, down(tick) + 4, y.text(tick)));
    }
    for (double tick : x.ticks()) {
      svg.append(
          Html.of(
              "<path class=\"grid\" d=\"M%.1f %dv4\"/>"
                  + "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%s</text>%n",
              across(tick), BOTTOM, across(tick), BOTTOM + 17, x.text(tick)));
    }
    svg.append(Html.of("<path class=\"axis\" d=\"M%d %dV%dH%d\"/>%n", LEFT, TOP, BOTTOM, RIGHT));
    svg.append(
        Html.of(
            "<text class=\"mid\" x=\"%d\" y=\"%d\">%s</text>%n",
            (LEFT + RIGHT) / 2, HEIGHT - 5, Html.text(x.label())));
    return svg.append(marks).append("</svg>\n").toString();
  }
}
