package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.onnx.WholeFile;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Scores;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "score",
    description = "Scores pictures: files, and all files of folders. One row a picture, in order.",
    footer = {
      "",
      "A picture that cannot be read gets a row with its error; the others are scored."
    })
final class ScoreCommand implements Callable<Integer> {
  private static final int CHUNK = 32;

  @Parameters(index = "0", paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "PICTURE|FOLDER")
  List<Path> pictures = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = ".csv or .jsonl; without it, CSV to standard output")
  @Nullable Path output;

  @Option(names = "--top", description = "likeliest classes a picture; default: ${DEFAULT-VALUE}")
  int top = 1;

  @Option(names = "--json", description = "JSON Lines to standard output")
  boolean json;

  @Mixin ServingOptions serving = new ServingOptions();

  private int unreadable;

  /** What became of a file. */
  private record Row(Path file, @Nullable Picture picture, String error) {}

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new Fovea.UserException("--top: expected 1 or more, met " + top);
    }
    boolean lines = json || (output != null && output.toString().endsWith(".jsonl"));
    if (output != null && !lines && !output.toString().endsWith(".csv")) {
      throw new Fovea.UserException(output + ": expected a name that ends in .csv or .jsonl");
    }
    List<Path> files = files();
    try (Classifier classifier = serving.classifier(file)) {
      int columns = Math.min(top, Math.max(1, classifier.labels().size()));
      if (output == null) {
        Writer out = new OutputStreamWriter(System.out, StandardCharsets.UTF_8);
        score(classifier, files, lines ? new JsonRows(out) : new CsvRows(out, columns));
        out.flush();
      } else {
        WholeFile.write(
            output,
            stream -> {
              Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
              score(classifier, files, lines ? new JsonRows(out) : new CsvRows(out, columns));
              out.flush();
            });
      }
    }
    System.err.printf(
        "%,d pictures scored, %,d unreadable%n", files.size() - unreadable, unreadable);
    return 0;
  }

  private List<Path> files() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path path : pictures) {
      if (Files.isDirectory(path)) {
        try (Stream<Path> walk = Files.walk(path)) {
          walk.filter(Files::isRegularFile)
              .filter(p -> !p.getFileName().toString().startsWith("."))
              .sorted()
              .forEach(all::add);
        }
      } else if (Files.exists(path)) {
        all.add(path);
      } else {
        throw new Fovea.UserException(path + ": no such file or folder");
      }
    }
    return all;
  }

  private void score(Classifier classifier, List<Path> files, Rows rows) throws IOException {
    try (Progress progress = new Progress("score", files.size())) {
      for (int from = 0; from < files.size(); from += CHUNK) {
        List<Path> chunk = files.subList(from, Math.min(files.size(), from + CHUNK));
        List<Row> read = chunk.parallelStream().map(ScoreCommand::read).toList();
        List<Picture> good = new ArrayList<>();
        for (Row row : read) {
          if (row.picture != null) {
            good.add(row.picture);
          }
        }
        List<Scores> scores = good.isEmpty() ? List.of() : classifier.score(good);
        int next = 0;
        for (Row row : read) {
          if (row.picture == null) {
            unreadable++;
            rows.error(row.file, row.error);
          } else {
            rows.scores(row.file, scores.get(next++).top(top));
          }
        }
        progress.at(from + chunk.size());
      }
    }
  }

  private static Row read(Path file) {
    try {
      return new Row(file, Picture.read(file), "");
    } catch (PictureException e) {
      return new Row(file, null, String.valueOf(e.getMessage()));
    }
  }
}
