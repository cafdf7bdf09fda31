package io.fovea.cli;

import io.fovea.train.Calibration;
import io.fovea.train.Confusion;
import io.fovea.train.Evaluation;
import java.util.List;

/** The part of a report that tells how well a model does: each class, confusion, calibration. */
final class ReportFigures {
  private static final int PAIRS = 10;
  private static final int SCATTERS = 6;

  private ReportFigures() {}

  static void write(Report.Page page, Evaluation e) {
    if (e instanceof Evaluation.Classes c) {
      page.add("<h2>Classes</h2>\n<div class=\"halves\">\n");
      confusion(page, c.confusion(), "pictures");
      classes(page, c.confusion());
      page.add("</div>\n");
      calibration(page, c.calibration());
    } else if (e instanceof Evaluation.Pixels p) {
      page.add("<h2>Classes</h2>\n<div class=\"halves\">\n");
      confusion(page, p.confusion(), "pixels");
      regions(page, p.confusion());
      page.add("</div>\n");
    } else if (e instanceof Evaluation.Pictures p) {
      page.add("<h2>Pictures</h2>\n<table><tr><th class=\"n\">pictures</th>");
      page.add("<th class=\"n\">mean PSNR, dB</th><th class=\"n\">MSE</th></tr>\n");
      page.add(
          "<tr><td class=\"n\">%,d</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
          p.count(), Html.number(p.psnr()), Html.number(p.mse()));
      page.add("</table>\n");
    } else if (e instanceof Evaluation.Generated g) {
      page.add("<h2>Pictures of noise</h2>\n<table><tr><th class=\"n\">pictures</th>");
      page.add("<th class=\"n\">distance from real ones</th>");
      page.add("<th class=\"n\">between halves of these</th></tr>\n");
      page.add(
          "<tr><td class=\"n\">%,d</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
          g.count(), Html.number(g.distance()), Html.number(g.chance()));
      page.add("</table>\n<p>Sliced Wasserstein distance, levels in [0, 1].</p>\n");
    } else if (e instanceof Evaluation.Values v) {
      values(page, v);
    }
  }

  private static void confusion(Report.Page page, Confusion all, String what) {
    page.add("<div>\n");
    if (ConfusionChart.fits(all)) {
      page.figure(
          "Confusion",
          "in " + what + "; darker where more of the class got the answer",
          ConfusionChart.svg(all));
    }
    List<ConfusionChart.Pair> pairs = ConfusionChart.most(all, PAIRS);
    if (!pairs.isEmpty()) {
      page.add("<table><caption>Most frequent mistakes</caption>\n");
      page.add("<tr><th>class</th><th>answer</th><th class=\"n\">%s</th>", what);
      page.add("<th class=\"n\">of the class</th></tr>\n");
      for (ConfusionChart.Pair pair : pairs) {
        page.add(
            "<tr><td>%s</td><td>%s</td><td class=\"n\">%,d</td><td class=\"n\">%s</td></tr>\n",
            Html.text(all.labels().get(pair.label())),
            Html.text(all.labels().get(pair.answer())),
            pair.count(),
            Html.percent((double) pair.count() / all.count(pair.label()), 1));
      }
      page.add("</table>\n");
    }
    page.add("</div>\n");
  }

  private static void classes(Report.Page page, Confusion all) {
    page.add("<table><caption>Each class, with 95 % intervals</caption>\n");
    page.add("<tr><th>class</th><th class=\"n\">pictures</th><th class=\"n\">precision</th>");
    page.add("<th class=\"n\">recall</th><th class=\"n\">F1</th></tr>\n");
    for (int k = 0; k < all.labels().size(); k++) {
      page.add(
          "<tr><td>%s</td><td class=\"n\">%,d</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
              + "<td class=\"n\">%s</td></tr>\n",
          Html.text(all.labels().get(k)),
          all.count(k),
          share(all.precision(k), all.precisionInterval(k)),
          share(all.recall(k), all.recallInterval(k)),
          Html.percent(all.dice(k), 1));
    }
    page.add("</table>\n");
  }

  private static String share(double share, double[] interval) {
    return Double.isNaN(share)
        ? Html.NOTHING
        : Html.of(
            "%.1f %% <small>%.1f to %.1f</small>",
            100 * share, 100 * interval[0], 100 * interval[1]);
  }

  private static void regions(Report.Page page, Confusion all) {
    page.add("<table><caption>Each class</caption>\n<tr><th>class</th><th class=\"n\">pixels</th>");
    page.add("<th class=\"n\">IoU</th><th class=\"n\">Dice (F1)</th>");
    page.add("<th class=\"n\">precision</th><th class=\"n\">recall</th></tr>\n");
    for (int k = 0; k < all.labels().size(); k++) {
      page.add(
          "<tr><td>%s</td><td class=\"n\">%,d</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
              + "<td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
          Html.text(all.labels().get(k)),
          all.count(k),
          Html.percent(all.iou(k), 1),
          Html.percent(all.dice(k), 1),
          Html.percent(all.precision(k), 1),
          Html.percent(all.recall(k), 1));
    }
    page.add("</table>\n");
  }

  private static void calibration(Report.Page page, Calibration calibration) {
    page.add("<h2>Calibration</h2>\n<div class=\"charts\">\n");
    List<Calibration.Bin> bins = calibration.bins();
    double width = 100.0 / bins.size();
    Axis sure = Axis.between("probability of the answer, %", 0, 100);
    Plot right = new Plot(sure, Axis.between("right answers, %", 0, 100));
    double all = bins.stream().mapToLong(Calibration.Bin::count).sum();
    double[] shares = bins.stream().mapToDouble(b -> 100 * b.count() / all).toArray();
    Plot often = new Plot(sure, Axis.of("share of answers, %", shares, new double[] {0}));
    double[] xs = new double[bins.size()];
    double[] ys = new double[bins.size()];
    for (int i = 0; i < bins.size(); i++) {
      Calibration.Bin b = bins.get(i);
      xs[i] = 100 * b.confidence();
      ys[i] = 100 * b.accuracy();
      String title =
          Html.of(
              "%,d answers of %s: %s right",
              b.count(), Html.percent(b.confidence(), 1), Html.percent(b.accuracy(), 1));
      if (b.count() > 0) {
        right.bar("c1", width * i, width * (i + 1), ys[i], title);
        often.bar("c1", width * i, width * (i + 1), shares[i], title);
      }
    }
    page.figure(
        "Reliability",
        Html.of(
            "expected calibration error <b>%.3f</b> over %d bins of equal width; dots are the bins'"
                + " mean probability, the dashed line is perfect",
            calibration.error(), bins.size()),
        right.diagonal().points("c3", xs, ys).svg("Reliability diagram"));
    page.figure(
        "How sure the answers are", "", often.svg("Histogram of the answers' probabilities"));
    page.add("</div>\n");
  }

  private static void values(Report.Page page, Evaluation.Values v) {
    page.add("<h2>Values</h2>\n<table><tr><th>value</th><th class=\"n\">pictures</th>");
    page.add("<th class=\"n\">RMSE</th><th class=\"n\">MAE</th><th class=\"n\">R2</th></tr>\n");
    for (Evaluation.Values.Error e : v.errors()) {
      page.add(
          "<tr><td>%s</td><td class=\"n\">%,d</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
              + "<td class=\"n\">%s</td></tr>\n",
          Html.text(e.name()),
          e.count(),
          Html.number(Math.sqrt(e.mse())),
          Html.number(e.mae()),
          Html.number(e.r2()));
    }
    page.add("</table>\n<div class=\"charts\">\n");
    for (int k = 0; k < Math.min(SCATTERS, v.errors().size()); k++) {
      int at = k;
      double[] wanted = v.pairs().stream().mapToDouble(p -> p.wanted()[at]).toArray();
      double[] said = v.pairs().stream().mapToDouble(p -> p.said()[at]).toArray();
      page.figure(
          v.errors().get(k).name(),
          Html.of("of %,d pictures; the dashed line is perfect", wanted.length),
          new Plot(Axis.of("true value", wanted), Axis.of("answer", wanted, said))
              .diagonal()
              .points("c1", wanted, said)
              .svg("Answers against true values"));
    }
    page.add("</div>\n");
  }
}
