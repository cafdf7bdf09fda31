package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import io.fovea.train.Confusion;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
      "Measures a model by ONNX Runtime on data whose answers are known: accuracy, per",
      "class, confusion and calibration; IoU and Dice of masks; errors of values; PSNR",
      "of pictures; how far a generator's pictures are from the data's as a whole."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int WIDEST_CONFUSION = 20;

  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Mixin DataOptions data = new DataOptions();

  @Mixin ServingOptions serving = new ServingOptions();

  @Mixin ViewOptions views = new ViewOptions();

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Option(
      names = "--card",
      description = "a model card in Markdown: the file, how it was trained, the figures")
  boolean card;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "a page (.html) of figures and mistakes as well")
  @Nullable Path report;

  @Override
  public Integer call() throws IOException {
    if (report != null) {
      Report.check(report);
    }
    if (json && card) {
      throw new Fovea.UserException("evaluate: expected --json or --card, met both");
    }
    Dataset set = data.measured(seed(file));
    if (!data.isHeldOut()) {
      Terminal.note("%s has no held-out part: measured on all of it", data.data);
    }
    Evaluation e;
    Preprocessing fed = serving.preprocessing();
    ImageModel model = serving.model(file);
    long start = System.nanoTime();
    try (Progress progress = new Progress("evaluate", set.size())) {
      e = evaluate(model, fed, views, set, progress::at);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    data.tellUnreadable();
    if (report != null) {
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("Measured on", data.data.toString());
      facts.put("Pictures", Html.of("%,d", set.size()));
      facts.put("Time", Html.of("%.2f ms a picture", 1e3 * seconds / set.size()));
      new Report(String.valueOf(file.getFileName()), facts, null, e, set).write(report);
      Terminal.note("%s: written", report);
    }
    if (card) {
      System.out.print(Card.of(file, e, seconds / set.size()));
    } else if (json) {
      System.out.println(Json.text(e.facts()));
    } else {
      print(e);
    }
    return 0;
  }

  /** The seed that a model was trained by; 0 where it does not say. */
  private static long seed(Path file) {
    Specification known = Specification.of(file.toString(), Model.read(file).metadata());
    return known.provenance().get("recipe") instanceof Map<?, ?> recipe
            && recipe.get("seed") instanceof Number seed
        ? seed.longValue()
        : 0;
  }

  /**
   * Measures a model as the data wants it, and closes it.
   *
   * @param fed how pictures are fed to it where the file does not say; how real ones are brought to
   *     the size of those that a generator makes
   */
  static Evaluation evaluate(
      ImageModel model,
      @Nullable Preprocessing fed,
      ViewOptions views,
      Dataset set,
      IntConsumer progress) {
    Task task = model.specification().task();
    if (task != null && task.kind() == Task.Kind.GENERATION) {
      views.refuseAll();
      try (PictureTransformer generator = PictureTransformer.of(model, null, null)) {
        Picture made = generator.generate(1, 0).get(0);
        Preprocessing real =
            fed == null ? FeedOptions.covering(made.height(), made.width(), made.channels()) : fed;
        return Evaluation.of(generator, real, set, progress);
      }
    }
    switch (set.task()) {
      case SEGMENTATION:
        try (Segmenter segmenter = views.of(Segmenter.of(model, fed))) {
          return Evaluation.of(segmenter, set, progress);
        }
      case PICTURE:
        try (PictureTransformer made = views.of(PictureTransformer.of(model, fed, null))) {
          return Evaluation.of(made, set, progress);
        }
      case REGRESSION:
        views.refuseAll();
        try (Regressor regressor = Regressor.of(model, fed)) {
          return Evaluation.of(regressor, set, progress);
        }
      default:
        try (Classifier classifier = views.of(Classifier.of(model, fed))) {
          return Evaluation.of(classifier, set, progress);
        }
    }
  }

  static void print(Evaluation e) {
    if (e instanceof Evaluation.Classes c) {
      Confusion all = c.confusion();
      double[] interval = all.interval();
      System.out.printf(
          "%s (%,d of %,d; 95 %% interval %.2f to %.2f %%), calibration error %.3f%n%n",
          e.headline(),
          all.correct(),
          all.count(),
          100 * interval[0],
          100 * interval[1],
          c.calibrationError());
      boolean fits = all.labels().size() <= WIDEST_CONFUSION;
      heading(
          "%-14s %8s %8s %8s%s",
          "class", "pictures", "recall", "precision", fits ? "  said, in the classes' order" : "");
      for (int k = 0; k < all.labels().size(); k++) {
        System.out.printf(
            "%-14s %8d %8s %8s  %s%n",
            all.labels().get(k),
            all.count(k),
            percent(all.recall(k), 1),
            percent(all.precision(k), 1),
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
            "%-14s %,12d %8s %8s %8s %9s%n",
            all.labels().get(k),
            all.count(k),
            percent(all.iou(k), 2),
            percent(all.dice(k), 2),
            percent(all.recall(k), 2),
            percent(all.precision(k), 2));
      }
    } else if (e instanceof Evaluation.Pictures p) {
      System.out.printf("%s, MSE %.5g of %,d pictures%n", e.headline(), p.mse(), p.count());
    } else if (e instanceof Evaluation.Generated g) {
      System.out.printf("%s, %,d of each%n", g.headline(), g.count());
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

  /** A share; nothing where there is none, of a class that does not occur. */
  static String percent(double share, int digits) {
    return Double.isNaN(share) ? "-" : ("%." + digits + "f%%").formatted(100 * share);
  }

  private static String row(long[] counts) {
    StringBuilder row = new StringBuilder();
    for (long n : counts) {
      row.append("%5d".formatted(n));
    }
    return row.toString();
  }
}
