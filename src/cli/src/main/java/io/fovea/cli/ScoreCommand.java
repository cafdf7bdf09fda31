package io.fovea.cli;

import io.fovea.image.PictureReader;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.WholeFile;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "score",
    description = {
      "Scores pictures: files, and all files of folders. One row a picture, in order:",
      "classes and probabilities, values, a mask's file and the classes' areas, or the",
      "file of the picture that the model makes of it."
    },
    footer = {
      "",
      "A picture that cannot be read or scored gets a row with its error; the others are scored."
    })
final class ScoreCommand implements Callable<Integer> {
  /** Formats of pictures that a model makes. */
  enum Format {
    PNG,
    JPG
  }

  @Parameters(index = "0", paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "PICTURE|FOLDER")
  List<Path> given = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "rows as .csv or .jsonl; without it, CSV to standard output")
  @Nullable Path output;

  @Option(names = "--top", description = "likeliest classes a picture; default: 1")
  @Nullable Integer top;

  @Option(
      names = "--masks",
      paramLabel = "FOLDER",
      description =
          "where a segmenter's masks go, as indexed PNG, and their legend.png; default: masks")
  @Nullable Path masks;

  @Option(
      names = "--overlay",
      description = "also write each picture under its mask, NAME.overlay.png")
  boolean overlay;

  @Option(
      names = "--pictures",
      paramLabel = "FOLDER",
      description = "where the pictures that a model makes go; default: pictures")
  @Nullable Path pictures;

  @Option(
      names = "--format",
      paramLabel = "png|jpg",
      description = "of those pictures: png, or jpg of quality 0.95 with all chroma; default: png")
  @Nullable Format format;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "what a file that does not say gives: classification, regression, segmentation or"
              + " picture; default: classification")
  Task.@Nullable Kind task;

  @Option(
      names = "--range",
      paramLabel = "LOW,HIGH",
      split = ",",
      description =
          "of a file that does not say: what becomes black and white, such as 0,1; default: the"
              + " range that it is fed")
  float @Nullable [] range;

  @Mixin ExplainOptions explain = new ExplainOptions();

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description = "pictures whose headers say more are refused; default: 178956970")
  @Nullable Long maxPixels;

  @Option(names = "--json", description = "JSON Lines to standard output")
  boolean json;

  @Mixin ServingOptions serving = new ServingOptions();

  @Mixin ViewOptions views = new ViewOptions();

  @Override
  public Integer call() throws IOException {
    if (top != null && top < 1) {
      throw new Fovea.UserException("--top: expected 1 or more, met " + top);
    }
    if (maxPixels != null && maxPixels < 1) {
      throw new Fovea.UserException("--max-pixels: expected 1 or more, met " + maxPixels);
    }
    boolean lines = json || (output != null && output.toString().endsWith(".jsonl"));
    if (output != null && !lines && !output.toString().endsWith(".csv")) {
      throw new Fovea.UserException(output + ": expected a name that ends in .csv or .jsonl");
    }
    Map<Path, Path> files = files();
    if (files.isEmpty()) {
      throw new Fovea.UserException("no pictures in " + given);
    }
    Preprocessing fed = serving.preprocessing();
    try (ImageModel model = serving.model(file);
        Answers answers = explain.with(file, files, answers(model, fed, files))) {
      WholeFile.Content rows =
          stream -> {
            Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
            List<String> columns = answers.columns();
            Rows to = lines ? Rows.jsonLines(out) : Rows.csv(out, columns);
            Scoring.score(answers, reader(answers), List.copyOf(files.keySet()), to);
            out.flush();
          };
      if (output == null) {
        rows.writeTo(System.out);
      } else {
        WholeFile.write(output, rows);
      }
    }
    return 0;
  }

  private PictureReader reader(Answers answers) {
    PictureReader reader = answers.preprocessing().reader();
    return maxPixels == null ? reader : reader.withMaxPixels(maxPixels);
  }

  /** The pictures, and their names below what was given. */
  private Map<Path, Path> files() throws IOException {
    Map<Path, Path> all = new LinkedHashMap<>();
    for (Path path : given) {
      if (Files.isDirectory(path)) {
        Scoring.below(path).forEach(f -> all.putIfAbsent(f, path.relativize(f)));
      } else if (Files.exists(path)) {
        all.putIfAbsent(path, path.getFileName());
      } else {
        throw new Fovea.UserException(path + ": no such file or folder");
      }
    }
    return all;
  }

  /** The view that a model's task wants. */
  private Answers answers(ImageModel model, @Nullable Preprocessing fed, Map<Path, Path> files) {
    Task own = model.specification().task();
    Task.Kind kind = own != null ? own.kind() : task != null ? task : Task.Kind.CLASSIFICATION;
    refuse("--top", top != null, Task.Kind.CLASSIFICATION, kind);
    refuse("--masks", masks != null, Task.Kind.SEGMENTATION, kind);
    refuse("--overlay", overlay, Task.Kind.SEGMENTATION, kind);
    refuse("--pictures", pictures != null, Task.Kind.PICTURE, kind);
    refuse("--format", format != null, Task.Kind.PICTURE, kind);
    refuse("--range", range != null, Task.Kind.PICTURE, kind);
    return switch (kind) {
      case CLASSIFICATION ->
          new Answers.OfClasses(views.of(Classifier.of(model, fed)), top == null ? 1 : top);
      case REGRESSION -> {
        views.refuseAll();
        yield new Answers.OfValues(Regressor.of(model, fed));
      }
      case SEGMENTATION -> {
        Path folder = masks == null ? Path.of("masks") : masks;
        ResultFiles results = new ResultFiles(folder, files, ".png", true, overlay);
        yield new AnswersInPlane.Masks(views.of(Segmenter.of(model, fed)), results);
      }
      case PICTURE -> {
        boolean jpeg = format == Format.JPG;
        Path folder = pictures == null ? Path.of("pictures") : pictures;
        ResultFiles results = new ResultFiles(folder, files, jpeg ? ".jpg" : ".png", false, false);
        PictureTransformer made = PictureTransformer.of(model, fed, range());
        yield new AnswersInPlane.Pictures(views.of(made), results, jpeg);
      }
      case FEATURES ->
          throw new Fovea.UserException(
              model.name()
                  + " is a model of features; the command scores classes, values, masks and"
                  + " pictures");
    };
  }

  private void refuse(String option, boolean given, Task.Kind wanted, Task.Kind met) {
    if (given && wanted != met) {
      throw new Fovea.UserException(
          "%s is for models of %s; %s is one of %s"
              .formatted(option, name(wanted), file, name(met)));
    }
  }

  private static String name(Task.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private Task.@Nullable Range range() {
    if (range == null) {
      return null;
    }
    if (range.length != 2) {
      throw new Fovea.UserException("--range: expected LOW,HIGH, such as 0,1");
    }
    try {
      return new Task.Range(range[0], range[1]);
    } catch (IllegalArgumentException e) {
      throw new Fovea.UserException("--range: " + e.getMessage());
    }
  }
}
