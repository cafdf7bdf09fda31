package io.fovea.batch;

import io.fovea.batch.Scorer.Row;
import io.fovea.batch.Scorer.Scored;
import io.fovea.image.PictureReader;
import io.fovea.onnx.Sha256;
import io.fovea.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
  private static final long PART_NANOS = 10_000_000_000L; // what a kill costs at most
  private static final int BATCH = 8;
  private static final int BATCH_OF_DEVICES = 32; // other than the processor

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

  private final Answers answers;
  private int workers = Runtime.getRuntime().availableProcessors();
  private int batch; // 0 for the default
  private int part = PART;
  private int shard = 1;
  private int shards = 1;
  private Errors errors = Errors.KEEP;
  private boolean restart;
  private @Nullable Long maxPixels;
  private Map<String, String> options = Map.of();
  private Set<Path> own = Set.of();
  private Watcher watcher =
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
      List<Part> parts = new ArrayList<>();
      try {
        if (restart) {
          folder.clear();
        }
        return new Run().toFile(source, file, folder, format, parts);
      } catch (IOException | RuntimeException e) {
        if (parts.isEmpty() && Part.in(folder.path(), 0).isEmpty()) {
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
      return new Run().toRows(source, list, rows);
    } finally {
      Files.deleteIfExists(list);
    }
  }

  private void checkNames(Path file) {
    for (Column column : answers.columns()) {
      if (column.flat().isEmpty()) {
        throw new BatchException(
            file.toString(),
            "%s does not say how many %s it gives, which a CSV file must know; write .jsonl or"
                + " .parquet".formatted(answers.model().name(), column.name()));
      }
    }
  }

  /** One run. */
  private final class Run {
    private final long start = System.nanoTime();
    private final Tally tally = new Tally();
    private long listed;
    private long from;
    private long to;
    private long before;
    private long writeNanos;
    private int size;

    Report toFile(Source source, Path file, PartsFolder folder, Format format, List<Part> parts)
        throws IOException {
      PictureList fresh = list(source, folder.newList(), file);
      size = batch > 0 ? batch : folder.batch(defaultBatch());
      String model = modelSha256();
      PictureList list = folder.fix(manifest(fresh, model, format), fresh);
      for (Part part : Part.in(folder.path(), from)) {
        parts.add(part);
        tally.add(part.tally());
        before += part.to() - part.from();
      }
      if (errors == Errors.FAIL && tally.failed() > 0) {
        throw new BatchException(
            file.toString(),
            "parts of an earlier start have errors; use --errors keep or --restart");
      }
      watcher.begin(to - from, before);
      Scorer scorer = scorer();
      try (Pipeline pipeline = pipeline(list, scorer)) {
        Held held = new Held(pipeline, tally.scored() > 0);
        for (long at = from + before; at < to; at = parts.get(parts.size() - 1).to()) {
          parts.add(part(folder, at, format, held));
        }
      }
      long merge = System.nanoTime();
      List<Column> columns = answers.columns();
      folder.merge(file, out -> format.merge(parts, columns, facts(model), out));
      folder.remove();
      writeNanos += System.nanoTime() - merge;
      return report(scorer, model);
    }

    Report toRows(Source source, Path file, Rows rows) throws IOException {
      PictureList list = list(source, file, null);
      size = batch > 0 ? batch : defaultBatch();
      watcher.begin(to - from, 0);
      Scorer scorer = scorer();
      try (Pipeline pipeline = pipeline(list, scorer)) {
        Held held = new Held(pipeline, false);
        for (Scored next = held.take(); next != null; next = held.take()) {
          write(next, rows, tally);
          rows.flush();
        }
      }
      return report(scorer, modelSha256());
    }

    private PictureList list(Source source, Path list, @Nullable Path output) throws IOException {
      Set<Path> ours = new HashSet<>(own);
      if (output != null) {
        ours.add(output);
        ours.add(PartsFolder.of(output));
      }
      ResultFiles results = answers.files();
      if (results != null) {
        ours.add(results.folder());
      }
      Set<Path> absolute = new HashSet<>();
      ours.forEach(p -> absolute.add(p.toAbsolutePath().normalize()));
      PictureList all = PictureList.write(list, source, results, absolute);
      if (all.count() == 0) {
        throw new BatchException(source.toString(), "no pictures");
      }
      from = share(all.count(), shard - 1);
      to = share(all.count(), shard);
      listed = System.nanoTime() - start;
      return all;
    }

    private long share(long count, long index) {
      return count * index / shards;
    }

    private Pipeline pipeline(PictureList list, Scorer scorer) throws IOException {
      long at = from + before;
      return new Pipeline(new Chunks(list.reader(at, to), at, size), scorer, workers);
    }

    private Scorer scorer() {
      PictureReader reader = answers.preprocessing().reader();
      return new Scorer(answers, maxPixels == null ? reader : reader.withMaxPixels(maxPixels));
    }

    private Part part(PartsFolder folder, long at, Format format, Held held) throws IOException {
      Tally own = new Tally();
      long begun = System.nanoTime();
      return Part.write(
          folder.path(),
          at,
          own,
          out -> {
            Rows rows = format.part(out, answers.columns());
            long end = at;
            do {
              Scored next = held.take();
              if (next == null) {
                throw new IOException(folder.path() + ": the list of the pictures is cut short");
              }
              write(next, rows, own);
              end = next.chunk().to();
            } while (end < to && end - at < part && System.nanoTime() - begun < PART_NANOS);
            tally.add(own);
            return end;
          });
    }

    private void write(Scored scored, Rows rows, Tally counts) throws IOException {
      long begun = System.nanoTime();
      for (Row row : scored.rows()) {
        if (row.answer() != null) {
          counts.score();
          rows.answer(row.picture(), row.answer());
        } else if (errors == Errors.FAIL) {
          String reason = row.error().replace(row.picture() + ": ", "");
          throw new BatchException(row.picture(), reason);
        } else {
          counts.fail(row.picture(), row.error());
          rows.error(row.picture(), row.error());
        }
      }
      writeNanos += System.nanoTime() - begun;
      watcher.at(scored.chunk().to() - from);
    }

    private Manifest manifest(PictureList list, String model, Format format) {
      Map<String, String> all = new TreeMap<>(options);
      all.put("format", format.name());
      all.put("preprocessing", answers.preprocessing().toJson());
      all.put("columns", answers.columns().toString());
      ResultFiles results = answers.files();
      all.put("results", String.valueOf(results));
      all.put("maxPixels", String.valueOf(maxPixels));
      return new Manifest(
          model,
          answers.model().device().toString(),
          list.count(),
          list.sha256(),
          shard + "/" + shards,
          size,
          all);
    }

    private Map<String, String> facts(String model) {
      Map<String, String> facts = new TreeMap<>();
      facts.put("fovea.model", answers.model().name());
      facts.put("fovea.model_sha256", model);
      for (Column column : answers.columns()) {
        if (column.type() == Column.Type.FLOATS) {
          facts.put("fovea." + column.name(), Json.text(column.names()));
        }
      }
      return facts;
    }

    private Report report(Scorer scorer, String model) {
      long now = System.nanoTime();
      long[] nanos = {now - start, listed, scorer.readNanos(), scorer.scoreNanos(), writeNanos};
      return Report.of(answers.model(), model, workers, size, tally, before, nanos);
    }

    private String modelSha256() throws IOException {
      String name = answers.model().name();
      Path path;
      try {
        path = Path.of(name);
      } catch (InvalidPathException e) {
        return name;
      }
      return Files.isRegularFile(path) ? Sha256.of(path) : name;
    }

    private int defaultBatch() {
      boolean processor = answers.model().device().toString().startsWith("cpu");
      return processor ? BATCH : BATCH_OF_DEVICES;
    }
  }
}
