package io.fovea.batch;

import io.fovea.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Scores pictures and writes a row for each, in their order: a few threads each take some pictures
 * from their files to answers, and one writes. Memory does not grow with the number of pictures.
 *
 * <pre>{@code
 * try (Answers answers = Answers.of(Classifier.load(model, Device.cpu()))) {
 *   BatchScoring.of(answers).run(Source.of(photos), Path.of("scores.parquet"));
 * }
 * }</pre>
 *
 * <p>A picture that cannot be read or scored has a row with its error. Not thread-safe until it
 * runs.
 */
public final class BatchScoring {
  private static final int PART = 1000; // pictures

  /** What becomes of pictures that cannot be read or scored. */
  public enum Errors {
    /** They have a row with their error. */
    KEEP,
    /** The first in the order of the pictures ends the run. */
    FAIL
  }

  /** Is told how far a run is, from the thread that runs it. */
  public interface Watcher {
    /** The pictures are listed; some may have rows of an earlier start. */
    void begin(long pictures, long done);

    void at(long done);
  }

  final Answers answers;
  int workers = Runtime.getRuntime().availableProcessors();
  int batch; // 0 for the default
  int part = PART;
  int shard = 1;
  int shards = 1;
  Errors errors = Errors.KEEP;
  private boolean restart;
  @Nullable Long maxPixels;
  Map<String, String> options = Map.of();
  Set<Path> own = Set.of();
  Watcher watcher =
      new Watcher() {
        @Override
        public void begin(long pictures, long done) {}

        @Override
        public void at(long done) {}
      };

  private BatchScoring(Answers answers) {
    this.answers = answers;
  }

  /** With what a model says, which stays open. */
  public static BatchScoring of(Answers answers) {
    return new BatchScoring(answers);
  }

  /** With the likeliest class and its probability. */
  public static BatchScoring of(Classifier classifier) {
    return of(Answers.of(classifier));
  }

  /**
   * Threads that read, decode and score; default: as many as there are processors. On a processor a
   * model that was loaded for one thread a run goes best with it.
   */
  public BatchScoring workers(int count) {
    workers = atLeastOne("workers", count);
    return this;
  }

  /** Pictures that are scored at once; default: 8, and 32 on devices other than the processor. */
  public BatchScoring batch(int pictures) {
    batch = atLeastOne("batch", pictures);
    return this;
  }

  /** Pictures after which a part is closed. */
  BatchScoring part(int pictures) {
    part = atLeastOne("part", pictures);
    return this;
  }

  /**
   * Scores one share of the pictures, for many machines: they follow one another in the list, so
   * that the rows of all shards in their order are those of all pictures.
   *
   * @param index from 1
   */
  public BatchScoring shard(int index, int of) {
    if (index < 1 || index > of) {
      throw new IllegalArgumentException("shard %d of %d".formatted(index, of));
    }
    shard = index;
    shards = of;
    return this;
  }

  public BatchScoring errors(Errors handling) {
    errors = handling;
    return this;
  }

  /** Forgets the parts of an earlier start. */
  public BatchScoring restart(boolean anew) {
    restart = anew;
    return this;
  }

  /** Pictures whose headers say more are refused. */
  public BatchScoring maxPixels(long pixels) {
    maxPixels = pixels;
    return this;
  }

  /** What else the rows depend on: a later start goes on only where these are the same. */
  public BatchScoring options(Map<String, String> named) {
    options = Map.copyOf(named);
    return this;
  }

  /** Files and folders that are no pictures, wherever they lie. */
  public BatchScoring without(Set<Path> files) {
    own = Set.copyOf(files);
    return this;
  }

  public BatchScoring watch(Watcher told) {
    watcher = told;
    return this;
  }

  private static int atLeastOne(String what, int count) {
    if (count < 1) {
      throw new IllegalArgumentException(what + ": expected 1 or more, met " + count);
    }
    return count;
  }

  /**
   * Scores pictures into a file: .csv, .jsonl or .parquet by its name. Until it is whole, its rows
   * lie in parts in a folder beside it, {@code FILE.parts}: a run that is killed at any moment and
   * started again goes on after the last of them.
   *
   * @throws BatchException where nothing is to score, or parts of another model, other options or
   *     other pictures lie there
   */
  public Report run(Source source, Path file) throws IOException {
    Format format = Format.of(file);
    if (format == Format.CSV) {
      checkNames(file);
    }
    if (Files.isDirectory(file)) {
      throw new BatchException(file.toString(), "is a folder");
    }
    try (PartsFolder folder = PartsFolder.open(file)) {
      try {
        if (restart) {
          folder.clear();
        }
        return new BatchRun(this).toFile(source, file, folder, format);
      } catch (IOException | RuntimeException e) {
        if (Part.in(folder.path()).isEmpty()) {
          folder.remove();
        }
        throw e;
      }
    }
  }

  /** Scores pictures and hands each row over, in their order. */
  public Report run(Source source, Rows rows) throws IOException {
    Path list = Files.createTempFile("fovea", ".pictures");
    try {
      return new BatchRun(this).toRows(source, list, rows);
    } finally {
      Files.deleteIfExists(list);
    }
  }

  private void checkNames(Path file) {
    for (Column column : answers.columns()) {
      if (column.flat().isEmpty()) {
        throw new BatchException(
            file.toString(),
            "a CSV file must know how many %s there are, which %s does not say; write .jsonl or .parquet"
                .formatted(column.name(), answers.model().name()));
      }
    }
  }
}
