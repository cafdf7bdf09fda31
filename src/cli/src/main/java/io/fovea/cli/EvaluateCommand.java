package io.fovea.cli;

import io.fovea.runtime.Classifier;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "evaluate",
    description =
        "Measures a classifier by ONNX Runtime: accuracy, per class, confusion, calibration.")
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FOLDER",
      description = "its held-out part (t10k IDX files, test, val), else class folders")
  Path data = Path.of("");

  @Mixin ServingOptions serving = new ServingOptions();

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Dataset held = Dataset.heldOut(data);
    Dataset set = held == null ? Dataset.folder(data) : held;
    Evaluation e;
    try (Classifier classifier = serving.classifier(file);
        Progress progress = new Progress("evaluate", set.size())) {
      e = Evaluation.of(classifier, set, progress::at);
    }
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("accuracy", e.accuracy());
      facts.put("correct", e.correct());
      facts.put("count", e.count());
      facts.put("calibrationError", e.calibrationError());
      facts.put("labels", e.labels());
      facts.put("confusion", e.confusion());
      System.out.println(Json.text(facts));
    } else {
      print(e);
    }
    return 0;
  }

  static void print(Evaluation e) {
    System.out.printf(
        "accuracy %.2f %% (%,d of %,d), calibration error %.3f%n%n",
        100 * e.accuracy(), e.correct(), e.count(), e.calibrationError());
    System.out.printf(
        "%-14s %8s %8s %8s   confusion%n", "class", "pictures", "recall", "precision");
    for (int c = 0; c < e.labels().size(); c++) {
      StringBuilder row = new StringBuilder();
      for (int n : e.confusion()[c]) {
        row.append("%5d".formatted(n));
      }
      System.out.printf(
          "%-14s %8d %7.1f%% %7.1f%%  %s%n",
          e.labels().get(c), e.count(c), 100 * e.recall(c), 100 * e.precision(c), row);
    }
  }
}
