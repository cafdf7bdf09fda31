package io.fovea.cli;

import io.fovea.onnx.Model;
import io.fovea.onnx.Sha256;
import io.fovea.train.Confusion;
import io.fovea.train.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A model card in Markdown, after Mitchell 2019, https://arxiv.org/abs/1810.03993. */
final class Card {
  private final StringBuilder text = new StringBuilder();

  private Card() {}

  /**
   * What is known of a file and of its figures.
   *
   * @param seconds a picture
   */
  static String of(Path file, Evaluation e, double seconds) throws IOException {
    Card card = new Card();
    Model model = Model.read(file);
    card.line("# %s%n", file.getFileName());
    card.line("%,d parameters, ONNX opset %d.%n", InspectCommand.parameters(model), model.opset());
    card.line("| | |%n| --- | --- |");
    card.line("| size | %,d bytes |", Files.size(file));
    card.line("| SHA-256 | `%s` |", Sha256.of(file));
    new TreeMap<>(model.metadata())
        .forEach((key, value) -> card.line("| %s | %s |", key.replace("fovea.", ""), cell(value)));
    card.line("%n## Figures%n");
    card.figures(e);
    card.line(
        "%n%.2f ms a picture, with decoding and resizing, in batches, by ONNX Runtime on %d threads.",
        1e3 * seconds, Runtime.getRuntime().availableProcessors());
    return card.text.toString();
  }

  private void figures(Evaluation e) {
    if (e instanceof Evaluation.Classes c) {
      Confusion all = c.confusion();
      double[] interval = all.interval();
      line(
          "Accuracy **%.2f %%**: %,d of %,d pictures (95 %% interval %.2f to %.2f %%); calibration"
              + " error %.3f.%n",
          100 * all.accuracy(),
          all.correct(),
          all.count(),
          100 * interval[0],
          100 * interval[1],
          c.calibrationError());
      confusion(all);
    } else if (e instanceof Evaluation.Pixels p) {
      Confusion all = p.confusion();
      line(
          "Pixel accuracy **%.2f %%**, mean IoU %.2f %%, mean Dice %.2f %%, of %,d pixels.%n",
          100 * all.accuracy(), 100 * all.meanIou(), 100 * all.meanDice(), all.count());
      confusion(all);
    } else {
      line("%s.%n", e.headline());
    }
  }

  /** A row for each class, a column for each answer. */
  private void confusion(Confusion all) {
    List<String> labels = all.labels();
    line("| class | %s | recall |", String.join(" | ", labels));
    line("| --- |%s", " ---: |".repeat(labels.size() + 1));
    for (int k = 0; k < labels.size(); k++) {
      String counts =
          Arrays.stream(all.counts()[k])
              .mapToObj("%,d"::formatted)
              .collect(Collectors.joining(" | "));
      line("| %s | %s | %s |", labels.get(k), counts, EvaluateCommand.percent(all.recall(k), 1));
    }
  }

  private void line(String format, Object... values) {
    text.append(format.formatted(values)).append(System.lineSeparator());
  }

  private static String cell(String value) {
    return "`" + value.replace("|", "\\|").replace("\n", " ") + "`";
  }
}
