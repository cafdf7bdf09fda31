package io.fovea.cli;

import io.fovea.batch.Answers;
import io.fovea.batch.BatchScoring;
import io.fovea.batch.ClassAnswers;
import io.fovea.batch.Report;
import io.fovea.batch.Rows;
import io.fovea.batch.Source;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.FeatureExtractor;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Task;
import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "score",
    description = {
      "Scores pictures: files, all files of folders, patterns such as 'photos/**.jpg', the",
      "entries of archives (.tar, .tar.gz, .tgz, .zip), and - for a list on standard input.",
      "One row a picture, in order: classes and probabilities, values, a mask's file and the",
      "classes' areas, the file of the picture that the model makes of it, or features."
    },
    footer = {
      "",
      "A picture that cannot be read or scored gets a row with its error; the others are scored.",
      "With -o, a run that was stopped goes on where it was when it is started again."
    })
final class ScoreCommand implements Callable<Integer> {
  /** Formats of pictures that a model makes. */
  enum Format {
    PNG,
    JPG
  }

  @Spec @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Parameters(index = "1..*", arity = "0..*", paramLabel = "PICTURE|FOLDER|PATTERN|ARCHIVE|-")
  List<Path> given = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "rows as .csv, .jsonl or .parquet; without it, CSV to standard output")
  @Nullable Path output;

  @Option(names = "--top", description = "likeliest classes a picture; default: 1")
  @Nullable Integer top;

  @Option(
      names = "--probabilities",
      description = "also the probabilities of all classes, in the model's order")
  boolean probabilities;

  @Option(
      names = "--features",
      paramLabel = "NAME",
      description = "the numbers of this value of the graph instead, such as an embedding")
  @Nullable String features;

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
          "what a file that does not say gives: classification, regression, segmentation,"
              + " picture or features; default: classification")
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

  @Mixin BatchOptions batch = new BatchOptions();

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
    if (output != null && json && !output.toString().endsWith(".jsonl")) {
      throw new Fovea.UserException("--json: is for standard output; name a .jsonl file for -o");
    }
    if (output != null && !output.toString().matches(".*\\.(csv|jsonl|parquet)")) {
      throw new Fovea.UserException(
          output + ": expected a name that ends in .csv, .jsonl or .parquet");
    }
    Source source = batch.source(given);
    Preprocessing fed = serving.preprocessing();
    batch.follow(Plans.usual().of(file, serving.device()));
    try (ImageModel model = model(batch.threads(source));
        Answers answers = explain.with(file, answers(model, fed))) {
      ScoreProgress progress = new ScoreProgress();
      BatchScoring scoring = batch.scoring(answers, spec, progress);
      if (maxPixels != null) {
        scoring.maxPixels(maxPixels);
      }
      Report report;
      try (progress) {
        report = output == null ? print(scoring, source, answers) : scoring.run(source, output);
      }
      Terminal.note("%,d pictures scored, %,d unreadable", report.scored(), report.failed());
      batch.write(report);
    }
    return 0;
  }

  private Report print(BatchScoring scoring, Source source, Answers answers) throws IOException {
    Writer out = new BufferedWriter(new OutputStreamWriter(stdout(), StandardCharsets.UTF_8));
    Rows rows = json ? Rows.jsonLines(out) : Rows.csv(out, answers.columns());
    Report report = scoring.run(source, rows);
    rows.flush();
    return report;
  }

  /** Standard output, which tells when nobody reads on. */
  private static OutputStream stdout() {
    return new FilterOutputStream(System.out) {
      @Override
      public void write(byte[] bytes, int from, int count) {
        System.out.write(bytes, from, count);
      }

      @Override
      public void flush() throws IOException {
        if (System.out.checkError()) { // flushes as well
          throw new IOException("standard output is closed");
        }
      }
    };
  }

  private ImageModel model(int threads) throws IOException {
    if (features == null) {
      return serving.model(file, threads);
    }
    ImageModel model = Features.of(file, features, serving.device(), threads);
    Terminal.note("%s on %s (%s)", file, model.device(), model.deviceReason());
    return model;
  }

  /** The view that a model's task wants. */
  private Answers answers(ImageModel model, @Nullable Preprocessing fed) {
    Task own = model.specification().task();
    Task.Kind kind = own != null ? own.kind() : task != null ? task : Task.Kind.CLASSIFICATION;
    kind = features != null ? Task.Kind.FEATURES : kind;
    refuse("--top", top != null, Task.Kind.CLASSIFICATION, kind);
    refuse("--probabilities", probabilities, Task.Kind.CLASSIFICATION, kind);
    refuse("--masks", masks != null, Task.Kind.SEGMENTATION, kind);
    refuse("--overlay", overlay, Task.Kind.SEGMENTATION, kind);
    refuse("--pictures", pictures != null, Task.Kind.PICTURE, kind);
    refuse("--format", format != null, Task.Kind.PICTURE, kind);
    refuse("--range", range != null, Task.Kind.PICTURE, kind);
    return switch (kind) {
      case CLASSIFICATION -> {
        Classifier classifier = views.of(Classifier.of(model, fed));
        yield new ClassAnswers(classifier, top == null ? 1 : top, probabilities);
      }
      case REGRESSION -> {
        views.refuseAll();
        yield Answers.of(Regressor.of(model, fed));
      }
      case SEGMENTATION -> {
        Path folder = masks == null ? Path.of("masks") : masks;
        yield Answers.of(views.of(Segmenter.of(model, fed)), folder, overlay);
      }
      case PICTURE -> {
        Path folder = pictures == null ? Path.of("pictures") : pictures;
        PictureTransformer made = PictureTransformer.of(model, fed, range());
        yield Answers.of(views.of(made), folder, format == Format.JPG);
      }
      case GENERATION ->
          throw new Fovea.UserException(
              file + ": makes pictures of noise, not of pictures; see fovea generate");
      case FEATURES -> {
        views.refuseAll();
        yield Answers.of(FeatureExtractor.of(model, fed));
      }
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
