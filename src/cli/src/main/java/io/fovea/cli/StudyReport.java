package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A study and what a run of it gave, as one page of HTML. */
final class StudyReport {
  private static final int COLOURS = 5;

  private StudyReport() {}

  /** The verdict in words. */
  static String verdict(Findings found) {
    return found.isBorneOut()
        ? "This run bears the claim out."
        : "This run does not bear the claim out.";
  }

  /** Writes the page whole or not at all. */
  static void write(Path file, Study study, Findings found, Map<String, String> facts)
      throws IOException {
    String lead = Html.of("<strong>%s</strong>", Html.text(verdict(found)));
    Report.Page page = Report.Page.of("Study: " + study.name(), lead, facts);
    page.add("<h2>Claim</h2>\n<p>%s</p>\n", Html.text(study.claim()));
    page.add("<p>Papers: %s</p>\n", Html.text(study.paper()));
    page.add("<p>What is done here: %s</p>\n", Html.text(study.setup()));
    checks(page, found.checks());
    page.add("<h2>Figures</h2>\n");
    found.grids().forEach(g -> grid(page, g));
    page.add("<div class=\"charts\">\n");
    found.charts().forEach(c -> chart(page, c));
    page.add("</div>\n");
    if (!found.pictures().isEmpty()) {
      page.add("<h2>Pictures</h2>\n<div class=\"pictures\">\n");
      for (Photo p : found.pictures()) {
        String caption = Html.text(p.caption());
        page.add(
            "<div><img alt=\"%s\" src=\"%s\"><p>%s</p></div>\n",
            caption, Thumbnail.url(p.picture()), caption);
      }
      page.add("</div>\n");
    }
    page.write(file);
  }

  private static void checks(Report.Page page, List<Check> checks) {
    page.add("<h2>Verdict</h2>\n<p>The claim is borne out where all of these hold:</p>\n");
    page.add("<table>\n<tr><th>number</th><th class=\"n\">expected</th>");
    page.add("<th class=\"n\">met</th><th>holds</th></tr>\n");
    for (Check c : checks) {
      page.add(
          "<tr><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>\n",
          Html.text(c.what()), c.expected(), Html.number(c.met()), c.holds() ? "yes" : "<b>no</b>");
    }
    page.add("</table>\n");
  }

  private static void grid(Report.Page page, Grid grid) {
    page.add("<table><caption>%s</caption>\n<tr>", Html.text(grid.title()));
    row(page, "th", grid.columns());
    grid.rows()
        .forEach(
            r -> {
              page.add("<tr>");
              row(page, "td", r);
            });
    page.add("</table>\n");
  }

  private static void row(Report.Page page, String cell, List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      String number = i == 0 ? "" : " class=\"n\"";
      page.add("<%s%s>%s</%s>", cell, number, Html.text(texts.get(i)), cell);
    }
    page.add("</tr>\n");
  }

  private static void chart(Report.Page page, Chart chart) {
    double[][] xs = chart.lines().stream().map(Line::xs).toArray(double[][]::new);
    double[][] ys = chart.lines().stream().map(Line::ys).toArray(double[][]::new);
    Axis x = chart.logX() ? Axis.wide(chart.x(), xs) : Axis.of(chart.x(), xs);
    Axis y = chart.logY() ? Axis.wide(chart.y(), ys) : Axis.of(chart.y(), ys);
    Plot plot = new Plot(x, y);
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < chart.lines().size(); i++) {
      Line line = chart.lines().get(i);
      String colour = "c" + (i % COLOURS + 1);
      plot.line(colour, line.xs(), line.ys());
      keys.append(
          Html.of(
              "%s<span class=\"key %s\">%s</span>",
              i == 0 ? "" : "; ", colour, Html.text(line.name())));
    }
    page.figure(chart.title(), "<br>" + keys, plot.svg(chart.title()));
  }
}
