package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "score",
    description = {
      "Scores pictures: files, and all files of folders. One row a picture, in order:",
      "classes and probabilities, values, or a mask's file and the classes' shares."
    },
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
      description = "rows as .csv or .jsonl; without it, CSV to standard output")
  @Nullable Path output;

  @Option(names = "--top", description = "likeliest classes a picture; default: ${DEFAULT-VALUE}")
  int top = 1;

  @Option(
      names = "--masks",
      paramLabel = "FOLDER",
      description = "where a segmenter's masks go, as indexed PNG; default: ${DEFAULT-VALUE}")
  Path masks = Path.of("masks");

  @Option(
      names = "--overlay",
      description = "also write each picture under its mask, NAME.overlay.png")
  boolean overlay;

  @Mixin ExplainOptions explain = new ExplainOptions();

  @Option(names = "--json", description = "JSON Lines to standard output")
  boolean json;

  @Mixin ServingOptions serving = new ServingOptions();

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new Fovea.UserException("--top: expected 1 or more, met " + top);
    }
    boolean lines = json || (output != null && output.toString().endsWith(".jsonl"));
    if (output != null && !lines && !output.toString().endsWith(".csv")) {
      throw new Fovea.UserException(output + ": expected a name that ends in .csv or .jsonl");
    }
    Map<Path, Path> files = files();
    if (files.isEmpty()) {
      throw new Fovea.UserException("no pictures in " + pictures);
    }
    checkMasks(files);
    Answers.Masks written =
        new Answers.Masks(p -> masks.resolve(String.valueOf(files.get(p))), overlay);
    try (Answers answers =
        explain.with(
            file, files, Answers.of(serving.model(file), serving.preprocessing(), top, written))) {
      WholeFile.Content rows =
          stream -> {
            Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
            List<String> columns = answers.columns();
            score(
                answers,
                List.copyOf(files.keySet()),
                lines ? Rows.jsonLines(out) : Rows.csv(out, columns));
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

  /** No mask may take a picture's place. */
  private void checkMasks(Map<Path, Path> files) {
    Set<Path> given = new HashSet<>();
    files.keySet().forEach(f -> given.add(f.toAbsolutePath().normalize()));
    for (Path name : files.values()) {
      if (given.contains(masks.resolve(name).toAbsolutePath().normalize())) {
        throw new Fovea.UserException(
            masks.resolve(name) + ": the mask would replace a picture; choose another --masks");
      }
    }
  }

  /** The pictures, and the names that their masks get. */
  private Map<Path, Path> files() throws IOException {
    Map<Path, Path> all = new LinkedHashMap<>();
    Set<Path> names = new HashSet<>();
    for (Path path : pictures) {
      if (Files.isDirectory(path)) {
        for (Path file : below(path)) {
          all.put(file, mask(path.relativize(file), names));
        }
      } else if (Files.exists(path)) {
        all.put(path, mask(path.getFileName(), names));
      } else {
        throw new Fovea.UserException(path + ": no such file or folder");
      }
    }
    return all;
  }

  /** {@code a.jpg} gives {@code a.png}, and {@code a.gif} beside it {@code a.gif.png}. */
  private static Path mask(Path picture, Set<Path> taken) {
    String name = picture.getFileName().toString();
    int dot = name.lastIndexOf('.');
    Path stem = picture.resolveSibling((dot < 0 ? name : name.substring(0, dot)) + ".png");
    Path mask = taken.contains(stem) ? picture.resolveSibling(name + ".png") : stem;
    taken.add(mask);
    return mask;
  }

  static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile)
          .filter(p -> !p.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }

  /** What became of a file. */
  private record Read(Path file, @Nullable Picture picture, String error) {}

  /** Scores files in chunks, and says how many there were. */
  static void score(Answers answers, List<Path> files, Rows rows) throws IOException {
    int unreadable = 0;
    try (Progress progress = new Progress("score", files.size())) {
      for (int from = 0; from < files.size(); from += CHUNK) {
        List<Path> chunk = files.subList(from, Math.min(files.size(), from + CHUNK));
        List<Read> read = chunk.parallelStream().map(ScoreCommand::read).toList();
        List<Path> names = new ArrayList<>();
        List<Picture> good = new ArrayList<>();
        for (Read r : read) {
          if (r.picture != null) {
            names.add(r.file);
            good.add(r.picture);
          }
        }
        List<Answers.Answer> said = good.isEmpty() ? List.of() : answers.of(names, good);
        int next = 0;
        for (Read r : read) {
          if (r.picture == null) {
            unreadable++;
            rows.error(r.file, r.error);
          } else {
            rows.answer(r.file, said.get(next++));
          }
        }
        progress.at(from + chunk.size());
      }
    }
    Terminal.note("%,d pictures scored, %,d unreadable", files.size() - unreadable, unreadable);
  }

  private static Read read(Path file) {
    try {
      return new Read(file, Picture.read(file), "");
    } catch (PictureException e) {
      return new Read(file, null, String.valueOf(e.getMessage()));
    }
  }
}
