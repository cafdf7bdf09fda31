package io.fovea.batch;

import io.fovea.batch.Answers.Answer;
import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.PictureReader;
import io.fovea.runtime.ScoringException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Takes a chunk from files to rows. Thread-safe. */
final class Scorer {
  private static final long MOST_PIXELS = 1 << 24; // that are held decoded at once

  /** A picture's row: an answer or an error. */
  record Row(String picture, @Nullable Answer answer, String error) {}

  /**
   * The rows of a chunk.
   *
   * @param number of the chunk
   * @param to position after its last picture
   * @param fault why a picture that could be read was not scored; null where all were
   */
  record Scored(long number, long to, List<Row> rows, @Nullable RuntimeException fault) {}

  private final Answers answers;
  private final PictureReader reader;
  private final LongAdder readNanos = new LongAdder();
  private final LongAdder scoreNanos = new LongAdder();

  Scorer(Answers answers, PictureReader reader) {
    this.answers = answers;
    this.reader = reader;
  }

  /** Time that threads have spent on reading and decoding, and on scoring. */
  long readNanos() {
    return readNanos.sum();
  }

  long scoreNanos() {
    return scoreNanos.sum();
  }

  Scored score(Chunks.Chunk chunk) throws IOException {
    Run run = new Run();
    for (Chunks.Given given : chunk.pictures()) {
      long start = System.nanoTime();
      run.read(given);
      readNanos.add(System.nanoTime() - start);
      if (run.pixels >= MOST_PIXELS) {
        run.score();
      }
    }
    run.score();
    return new Scored(chunk.number(), chunk.to(), run.rows, run.fault);
  }

  /** What becomes of one chunk. */
  private final class Run {
    private final List<Row> rows = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();
    private final List<@Nullable Picture> read = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private @Nullable RuntimeException fault;
    private long pixels;

    void read(Chunks.Given given) {
      Item item = given.item();
      String name = item.name();
      Picture picture = null;
      String error = given.error() == null ? "" : name + ": " + given.error();
      if (error.isEmpty()) {
        try {
          picture =
              given.bytes() == null
                  ? reader.read(Path.of(item.source()))
                  : reader.read(given.bytes(), name);
          pixels += (long) picture.width() * picture.height();
        } catch (PictureException e) {
          error = String.valueOf(e.getMessage());
        }
      }
      items.add(item);
      read.add(picture);
      errors.add(error);
    }

    /** Makes rows of what was read. */
    void score() throws IOException {
      long start = System.nanoTime();
      List<Picture> good = new ArrayList<>();
      List<Path> files = new ArrayList<>();
      for (int i = 0; i < items.size(); i++) {
        Picture picture = read.get(i);
        if (picture != null) {
          good.add(picture);
          files.addAll(files(items.get(i)));
        }
      }
      List<Answer> said = null;
      try {
        said = good.isEmpty() ? List.of() : answers.of(good, files);
      } catch (PictureException | ScoringException e) {
        if (good.size() == 1) { // it is the one at fault
          fault = fault == null ? e : fault;
          failed(e);
        }
      }
      if (said != null) {
        answered(said);
      } else if (good.size() > 1) {
        singly();
      }
      items.clear();
      read.clear();
      errors.clear();
      pixels = 0;
      scoreNanos.add(System.nanoTime() - start);
    }

    private List<Path> files(Item item) {
      ResultFiles results = answers.files();
      return results == null || item.result() == null
          ? List.of()
          : List.of(results.folder().resolve(item.result()));
    }

    private void answered(List<Answer> said) {
      int next = 0;
      for (int i = 0; i < items.size(); i++) {
        Answer answer = read.get(i) == null ? null : said.get(next++);
        rows.add(new Row(items.get(i).name(), answer, errors.get(i)));
      }
    }

    private void failed(RuntimeException e) {
      for (int i = 0; i < items.size(); i++) {
        String error = read.get(i) == null ? errors.get(i) : String.valueOf(e.getMessage());
        rows.add(new Row(items.get(i).name(), null, error));
      }
    }

    /** One after the other, as one of them is at fault. */
    private void singly() throws IOException {
      for (int i = 0; i < items.size(); i++) {
        Picture picture = read.get(i);
        Answer answer = null;
        String error = errors.get(i);
        if (picture != null) {
          try {
            answer = answers.of(List.of(picture), files(items.get(i))).get(0);
          } catch (PictureException | ScoringException e) {
            fault = fault == null ? e : fault;
            error = String.valueOf(e.getMessage());
          }
        }
        rows.add(new Row(items.get(i).name(), answer, error));
      }
    }
  }
}
