package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import io.fovea.train.Confusion;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "evaluate",
    description = {
      "Measures a model by ONNX Runtime on data whose answers are known: accuracy, per class,",
      "confusion and calibration; IoU and Dice of masks; errors of values."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int WIDEST_CONFUSION = 20;

  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Mixin DataOptions data = new DataOptions();

  @Mixin ServingOptions serving = new ServingOptions();

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Dataset set = data.measured();
    if (!data.isHeldOut()) {
      Terminal.note("%s has no held-out part: measured on all of it", data.data);
    }
    Evaluation e;
    try (Progress progress = new Progress("evaluate", set.size())) {
      e = evaluate(serving.model(file), serving.preprocessing(), set, progress::at);
    }
    if (json) {
      System.out.println(Json.text(e.facts()));
    } else {
      print(e);
    }
    return 0;
  }

  /** Measures a model as the data wants it, and closes it. */
  static Evaluation evaluate(
      ImageModel model, @Nullable Preprocessing fed, Dataset set, IntConsumer progress) {
    switch (set.task()) {
      case SEGMENTATION:
        try (Segmenter segmenter = Segmenter.of(model, fed)) {
          return Evaluation.of(segmenter, set, progress);
        }
      case REGRESSION:
        try (Regressor regressor = Regressor.of(model, fed)) {
          return Evaluation.of(regressor, set, progress);
        }
      default:
        try (Classifier classifier = Classifier.of(model, fed)) {
          return Evaluation.of(classifier, set, progress);
        }
    }
  }

  static void print(Evaluation e) {
    if (e instanceof Evaluation.Classes c) {
      Confusion all = c.confusion();
      System.out.printf(
          "%s (%,d of %,d), calibration error %.3f%n%n",
          e.headline(), all.correct(), all.count(), c.calibrationError());
      boolean fits = all.labels().size() <= WIDEST_CONFUSION;
      heading(
          "%-14s %8s %8s %8s%s",
          "class", "pictures", "recall", "precision", fits ? "   confusion" : "");
      for (int k = 0; k < all.labels().size(); k++) {
        System.out.printf(
            "%-14s %8d %7.1f%% %7.1f%%  %s%n",
            all.labels().get(k),
            all.count(k),
            100 * all.recall(k),
            100 * all.precision(k),
            fits ? row(all.counts()[k]) : "");
      }
    } else if (e instanceof Evaluation.Pixels p) {
      Confusion all = p.confusion();
      System.out.printf(
          "%s, mean Dice %.2f %% of %,d pixels%n%n",
          e.headline(), 100 * all.meanDice(), all.count());
      heading(
          "%-14s %12s %8s %8s %8s %9s", "class", "pixels", "IoU", "Dice", "recall", "precision");
      for (int k = 0; k < all.labels().size(); k++) {
        System.out.printf(
            "%-14s %,12d %7.2f%% %7.2f%% %7.2f%% %8.2f%%%n",
            all.labels().get(k),
            all.count(k),
            100 * all.iou(k),
            100 * all.dice(k),
            100 * all.recall(k),
            100 * all.precision(k));
      }
    } else if (e instanceof Evaluation.Values v) {
      System.out.printf("%s%n%n", e.headline());
      heading("%-14s %8s %12s %12s %8s", "value", "pictures", "MSE", "MAE", "R2");
      v.errors()
          .forEach(
              x ->
                  System.out.printf(
                      "%-14s %,8d %12.5g %12.5g %8.4f%n",
                      x.name(), x.count(), x.mse(), x.mae(), x.r2()));
    }
  }

  private static void heading(String format, Object... columns) {
    System.out.println(Terminal.heading(format.formatted(columns)));
  }

  private static String row(long[] counts) {
    StringBuilder row = new StringBuilder();
    for (long n : counts) {
      row.append("%5d".formatted(n));
    }
    return row.toString();
  }
}
