package io.fovea.cli;

import io.fovea.onnx.WholeFile;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a model learned and how well it does, as one page of HTML: curves, figures of each class,
 * calibration, mistakes, layers and times. The page is a single file with no scripts that asks the
 * network for nothing.
 *
 * @param title of the page
 * @param facts of the model and its data, by name
 * @param history of the training; null where it was not seen
 * @param data what the evaluation was measured on
 */
record Report(
    String title,
    Map<String, String> facts,
    @Nullable History history,
    Evaluation evaluation,
    Dataset data) {
  /** Checks that a report can be written there, before anything is computed for it. */
  static void check(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new Fovea.UserException(file + ": is a folder");
    }
    if (!file.toString().endsWith(".html")) {
      throw new Fovea.UserException(file + ": expected a name that ends in .html");
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      OutputFile.folder(parent);
    }
  }

  /** Writes the page whole or not at all. */
  void write(Path file) throws IOException {
    Page page = Page.of(title, headline(), facts);
    if (history != null && !history.laps().isEmpty()) {
      ReportCurves.write(page, history);
    }
    ReportFigures.write(page, evaluation);
    ReportMistakes.write(page, evaluation, data);
    if (history != null && !history.laps().isEmpty()) {
      ReportLayers.write(page, history);
      ReportStages.write(page, history);
    }
    page.write(file);
  }

  private String headline() {
    if (evaluation instanceof Evaluation.Classes c) {
      double[] interval = c.confusion().interval();
      return Html.of(
          "<strong>%.2f %%</strong> of %,d held-out pictures are right (95 %% interval %.2f to %.2f"
              + " %%)",
          100 * c.confusion().accuracy(),
          c.confusion().count(),
          100 * interval[0],
          100 * interval[1]);
    }
    return Html.of("<strong>%s</strong>", Html.text(evaluation.headline()));
  }

  /** A page of HTML as it grows. Not thread-safe. */
  static final class Page {
    private final StringBuilder html = new StringBuilder();

    private Page() {}

    /**
     * A page with its head.
     *
     * @param lead a line of HTML under the title
     * @param facts by name
     */
    static Page of(String title, String lead, Map<String, String> facts) throws IOException {
      Page page = new Page();
      page.add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
      page.add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
      page.add("<title>%s</title>\n<style>\n", Html.text(title));
      page.text(style());
      page.add("</style>\n</head>\n<body>\n<main>\n");
      page.add("<h1>%s</h1>\n<p class=\"lead\">%s</p>\n", Html.text(title), lead);
      page.add("<dl>\n");
      facts.forEach(
          (name, value) ->
              page.add("<div><dt>%s</dt><dd>%s</dd></div>\n", Html.text(name), Html.text(value)));
      page.add("</dl>\n");
      return page;
    }

    private static String style() throws IOException {
      try (InputStream in =
          Objects.requireNonNull(Report.class.getResourceAsStream("report.css"), "report.css")) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }

    /** Writes the page whole or not at all. */
    void write(Path file) throws IOException {
      byte[] page = (html + "</main>\n</body>\n</html>\n").getBytes(StandardCharsets.UTF_8);
      WholeFile.write(file, out -> out.write(page));
    }

    /** Adds HTML in the form of {@link String#format}. */
    void add(String format, Object... values) {
      html.append(values.length == 0 ? format : Html.of(format, values));
    }

    /** Adds HTML as it stands. */
    void text(String text) {
      html.append(text);
    }

    /** Adds a chart under its name and, if any, a remark in HTML. */
    void figure(String name, String remark, String svg) {
      add("<figure><figcaption><b>%s</b> %s</figcaption>\n", Html.text(name), remark);
      text(svg);
      add("</figure>\n");
    }
  }
}
