package io.fovea.cli;

/** The part of a report that shows where a training's time went. */
final class ReportStages {
  private ReportStages() {}

  static void write(Report.Page page, History history) {
    Trace.Stages s = history.stages();
    double all = s.waiting() + s.network() + s.optimizer() + s.validation();
    page.add("<h2>Time</h2>\n<table class=\"stages\">\n");
    page.add(
        "<tr><th>stage</th><th class=\"n\">time</th><th class=\"n\">share</th><th></th></tr>\n");
    row(page, "forward and backward", s.network(), all);
    row(page, "optimizer", s.optimizer(), all);
    row(page, "waiting for data", s.waiting(), all);
    row(page, "validation", s.validation(), all);
    page.add(
        "<tr><td>all %,d epochs</td><td class=\"n\">%s</td><td></td><td></td></tr>\n</table>\n",
        history.laps().size(), Html.time(all));
    page.add(
        "<p>Decoding and augmenting took %s of the loader's threads, beside the rest.</p>\n",
        Html.time(s.decoding()));
  }

  private static void row(Report.Page page, String name, double seconds, double all) {
    page.add(
        "<tr><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
            + "<td class=\"share\"><i style=\"width:%.1f%%\"></i></td></tr>\n",
        name, Html.time(seconds), Html.percent(seconds / all, 1), 100 * seconds / all);
  }
}
