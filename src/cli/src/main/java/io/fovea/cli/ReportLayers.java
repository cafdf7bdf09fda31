package io.fovea.cli;

import io.fovea.train.LayerFigures;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The part of a report that shows what the layers did: gradients and activations over time. */
final class ReportLayers {
  private ReportLayers() {}

  static void write(Report.Page page, History history) {
    List<Trace.Point> samples = history.sampled();
    if (samples.isEmpty()) {
      return;
    }
    page.add("<h2>Layers</h2>\n<p>Measured in %,d steps; ", samples.size());
    page.add("activations are those after the norm, sum and activation that follow.</p>\n");
    page.add("<div class=\"charts\">\n");
    String from = Html.of("%.1f", history.epoch(samples.get(0)));
    String to = Html.of("%.1f", history.epoch(samples.get(samples.size() - 1)));
    map(
        page,
        samples,
        "Gradient norm of each layer",
        LayerFigures::gradientNorm,
        LayerMap.Scale.LOG,
        from,
        to);
    map(
        page,
        samples,
        "Activation deviation",
        LayerFigures::deviation,
        LayerMap.Scale.LOG,
        from,
        to);
    map(page, samples, "Activation mean", LayerFigures::mean, LayerMap.Scale.SIGNED, from, to);
    map(
        page,
        samples,
        "Activations that are zero",
        LayerFigures::zeros,
        LayerMap.Scale.SHARE,
        from,
        to);
    page.add("</div>\n");
    table(page, samples.get(samples.size() - 1).layers());
  }

  private static void map(
      Report.Page page,
      List<Trace.Point> samples,
      String name,
      ToDoubleFunction<LayerFigures> figure,
      LayerMap.Scale scale,
      String from,
      String to) {
    List<String> layers = samples.get(0).layers().stream().map(LayerFigures::layer).toList();
    double[][] values = new double[layers.size()][samples.size()];
    for (int l = 0; l < layers.size(); l++) {
      for (int s = 0; s < samples.size(); s++) {
        values[l][s] = figure.applyAsDouble(samples.get(s).layers().get(l));
      }
    }
    page.figure(name, "", LayerMap.svg(name, layers, values, scale, from, to));
  }

  private static void table(Report.Page page, List<LayerFigures> last) {
    page.add("<details><summary>Last measurement in numbers</summary>\n<table>\n");
    page.add("<tr><th>layer</th><th class=\"n\">gradient norm</th><th class=\"n\">mean</th>");
    page.add("<th class=\"n\">deviation</th><th class=\"n\">zeros</th></tr>\n");
    for (LayerFigures l : last) {
      page.add(
          "<tr><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
              + "<td class=\"n\">%s</td></tr>\n",
          Html.text(l.layer()),
          Html.number(l.gradientNorm()),
          Html.number(l.mean()),
          Html.number(l.deviation()),
          Html.percent(l.zeros(), 1));
    }
    page.add("</table>\n</details>\n");
  }
}
