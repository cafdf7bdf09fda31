package io.fovea.cli;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;

/**
 * A figure of each layer over time as an SVG element: a row a layer, a column a sample, a colour a
 * value. Colours are told apart by those who see few of them: lightness alone orders the values of
 * one sign, and blue and orange the signs.
 */
final class LayerMap {
  private static final int WIDTH = 400;
  private static final int LEFT = 142;
  private static final int RIGHT = 394;
  private static final int TOP = 8;
  private static final int ROW = 13;
  private static final int MOST_NAMES = 60;
  private static final int LONGEST = 21; // letters of a name
  private static final int STEPS = 64; // of the legend

  /** How values become places on a range of colours. */
  enum Scale {
    /** From 0 to 1. */
    SHARE(0x440154, 0x3e4989, 0x26828e, 0x35b779, 0xfde725),
    /** Powers of ten. */
    LOG(0x440154, 0x3e4989, 0x26828e, 0x35b779, 0xfde725),
    /** As far below 0 as above. */
    SIGNED(0x2166ac, 0x92c5de, 0xf7f7f7, 0xf4a582, 0xb35806);

    private final int[] stops;

    Scale(int... stops) {
      this.stops = stops;
    }

    /** The colour at a place from 0 to 1. */
    private int colour(double at) {
      double place = Math.min(1, Math.max(0, at)) * (stops.length - 1);
      int below = (int) Math.min(stops.length - 2, place);
      int colour = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        int from = stops[below] >> shift & 255;
        int to = stops[below + 1] >> shift & 255;
        colour = colour << 8 | (int) Math.round(from + (to - from) * (place - below));
      }
      return colour;
    }
  }

  private LayerMap() {}

  /**
   * Draws it.
   *
   * @param values {@code [layer][sample]}; NaN stays transparent
   * @param from what stands under the first column
   * @param to what stands under the last
   */
  static String svg(
      String name, List<String> layers, double[][] values, Scale scale, String from, String to) {
    double[] all =
        Arrays.stream(values)
            .flatMapToDouble(Arrays::stream)
            .filter(v -> Double.isFinite(v) && (scale != Scale.LOG || v > 0))
            .toArray();
    double low = Arrays.stream(all).min().orElse(0);
    double high = Arrays.stream(all).max().orElse(1);
    if (scale == Scale.SIGNED) {
      high = Math.max(Math.abs(low), Math.abs(high));
      low = -high;
    } else if (scale == Scale.SHARE) {
      low = 0;
      high = 1;
    }
    int rows = layers.size();
    int columns = values[0].length;
    BufferedImage image = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_ARGB);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        double v = values[r][c];
        if (Double.isFinite(v)) {
          image.setRGB(c, r, 0xff000000 | scale.colour(place(scale, v, low, high)));
        }
      }
    }
    int bottom = TOP + ROW * rows;
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.of(
            "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n",
            WIDTH, bottom + 72, Html.text(name)));
    image(svg, image, TOP, ROW * rows);
    int apart = (rows + MOST_NAMES - 1) / MOST_NAMES;
    for (int r = 0; r < rows; r += apart) {
      svg.append(
          Html.of(
              "<text class=\"end small\" x=\"%d\" y=\"%.1f\">%s</text>%n",
              LEFT - 5, TOP + ROW * (r + 0.5) + 3.5, Html.text(shortened(layers.get(r)))));
    }
    ends(svg, bottom + 13, from, "epoch", to);
    BufferedImage legend = new BufferedImage(STEPS, 1, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < STEPS; i++) {
      legend.setRGB(i, 0, scale.colour(i / (STEPS - 1.0)));
    }
    image(svg, legend, bottom + 36, 10);
    String middle = scale == Scale.LOG ? "log scale" : scale == Scale.SIGNED ? "0" : "50 %";
    boolean share = scale == Scale.SHARE;
    ends(
        svg,
        bottom + 60,
        share ? "0 %" : Html.number(low),
        middle,
        share ? "100 %" : Html.number(high));
    return svg.append("</svg>\n").toString();
  }

  private static double place(Scale scale, double value, double low, double high) {
    if (high == low) {
      return 0.5;
    }
    return scale == Scale.LOG
        ? value <= 0 ? 0 : Math.log(value / low) / Math.log(high / low)
        : (value - low) / (high - low);
  }

  private static void image(StringBuilder svg, BufferedImage image, int top, int height) {
    svg.append(
        Html.of(
            "<image class=\"cells\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\""
                + " preserveAspectRatio=\"none\" href=\"%s\"/>%n",
            LEFT, top, RIGHT - LEFT, height, Thumbnail.url(image, "png")));
  }

  private static void ends(StringBuilder svg, int y, String left, String middle, String right) {
    String form = "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n";
    svg.append(Html.of(form, "", LEFT, y, Html.text(left)));
    svg.append(Html.of(form, "mid", (LEFT + RIGHT) / 2, y, Html.text(middle)));
    svg.append(Html.of(form, "end", RIGHT, y, Html.text(right)));
  }

  /** The end of a long name, which tells it from its neighbours. */
  static String shortened(String name) {
    return name.length() <= LONGEST ? name : "…" + name.substring(name.length() - LONGEST + 1);
  }
}
