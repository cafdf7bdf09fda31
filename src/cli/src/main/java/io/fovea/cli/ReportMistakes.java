package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import io.fovea.train.Mistake;
import io.fovea.train.Target;
import java.util.List;

/** The part of a report that shows the pictures of which the worst was said. */
final class ReportMistakes {
  private static final double OPACITY = 0.5;

  private ReportMistakes() {}

  static void write(Report.Page page, Evaluation e, Dataset data) {
    List<Mistake> mistakes = e.mistakes();
    if (mistakes.isEmpty()) {
      return;
    }
    page.add(
        "<h2>Worst mistakes</h2>\n<p>%s</p>\n",
        e instanceof Evaluation.Classes
            ? "The wrong answers that the model is most sure of."
            : e instanceof Evaluation.Pixels
                ? "Most wrong pixels first: the picture, its mask, the answer."
                : e instanceof Evaluation.Pictures
                    ? "Lowest PSNR first: the picture, its target where it has one, the answer."
                    : "The largest errors, in standard deviations of their value.");
    boolean several = e instanceof Evaluation.Pixels || e instanceof Evaluation.Pictures;
    page.add("<div class=\"pictures%s\">\n", several ? " wide" : "");
    for (Mistake m : mistakes) {
      Picture picture = data.picture(m.index());
      page.add("<div>");
      image(page, picture, m.said());
      if (m.mask() != null && data.target(m.index()) instanceof Target.Pixels p) {
        image(page, p.mask().overlay(picture, OPACITY), "its mask");
        image(page, m.mask().overlay(picture, OPACITY), "the answer");
      }
      if (m.made() != null) {
        if (data.target(m.index()) instanceof Target.Made target) {
          image(page, target.picture(), "its target");
        }
        image(page, m.made(), "the answer");
      }
      page.add(
          "<p>%s<b>%s</b><br><small>%s</small></p></div>\n",
          m.wanted().isEmpty() ? "" : Html.text(m.wanted()) + ", taken for<br>",
          Html.text(m.said()),
          Html.text(name(data.name(m.index()))));
    }
    page.add("</div>\n");
  }

  private static void image(Report.Page page, Picture picture, String text) {
    page.add("<img alt=\"%s\" src=\"%s\">", Html.text(text), Thumbnail.url(picture));
  }

  /** The end of a path, which is what fits. */
  private static String name(String path) {
    String[] parts = path.split("[/\\\\]");
    int n = parts.length;
    return n < 2 ? path : parts[n - 2] + "/" + parts[n - 1];
  }
}
