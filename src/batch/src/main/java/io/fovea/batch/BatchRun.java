package io.fovea.batch;

import io.fovea.batch.Scorer.Row;
import io.fovea.batch.Scorer.Scored;
import io.fovea.image.PictureReader;
import io.fovea.onnx.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run of a {@link BatchScoring}, which is no longer changed. Not thread-safe. */
final class BatchRun {
  private static final long PART_NANOS = 10_000_000_000L; // what a kill costs at most
  private static final int BATCH = 8;
  private static final int BATCH_OF_DEVICES = 32; // other than the processor

  private final BatchScoring scoring;
  private final long start = System.nanoTime();
  private final Tally tally = new Tally();
  private long listed;
  private long from;
  private long to;
  private long before;
  private long writeNanos;
  private int size;

  BatchRun(BatchScoring scoring) {
    this.scoring = scoring;
  }

  Report toFile(Source source, Path file, PartsFolder folder, Format format) throws IOException {
    PictureList fresh = list(source, folder.newList(), file);
    size = scoring.batch > 0 ? scoring.batch : folder.batch(defaultBatch());
    String model = modelSha256();
    PictureList list = folder.fix(manifest(fresh, model, format), fresh);
    List<Part> parts = Part.in(folder.path(), from);
    for (Part part : parts) {
      tally.add(part.tally());
      before += part.to() - part.from();
    }
    if (scoring.errors == BatchScoring.Errors.FAIL && tally.failed() > 0) {
      throw new BatchException(
          file.toString(), "parts of an earlier start have errors; use --errors keep or --restart");
    }
    scoring.watcher.begin(to - from, before);
    Scorer scorer = scorer();
    try (Pipeline pipeline = pipeline(list, scorer)) {
      Held held = new Held(pipeline, tally.scored() > 0);
      for (long at = from + before; at < to; at = parts.get(parts.size() - 1).to()) {
        parts.add(part(folder, at, format, held));
      }
    }
    long merge = System.nanoTime();
    List<Column> columns = scoring.answers.columns();
    folder.merge(file, out -> format.merge(parts, columns, facts(model), out));
    folder.remove();
    writeNanos += System.nanoTime() - merge;
    return report(scorer, model);
  }

  Report toRows(Source source, Path file, Rows rows) throws IOException {
    PictureList list = list(source, file, null);
    size = scoring.batch > 0 ? scoring.batch : defaultBatch();
    scoring.watcher.begin(to - from, 0);
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
    Set<Path> ours = new HashSet<>(scoring.own);
    if (output != null) {
      ours.add(output);
      ours.add(PartsFolder.of(output));
    }
    ResultFiles results = scoring.answers.files();
    if (results != null) {
      ours.add(results.folder());
    }
    Set<Path> absolute = new HashSet<>();
    ours.forEach(p -> absolute.add(p.toAbsolutePath().normalize()));
    PictureList all = PictureList.write(list, source, results, absolute);
    if (all.count() == 0) {
      throw new BatchException(source.toString(), "no pictures");
    }
    from = share(all.count(), scoring.shard - 1);
    to = share(all.count(), scoring.shard);
    listed = System.nanoTime() - start;
    return all;
  }

  private long share(long count, long index) {
    return count * index / scoring.shards;
  }

  private Pipeline pipeline(PictureList list, Scorer scorer) throws IOException {
    long at = from + before;
    return new Pipeline(new Chunks(list.reader(at, to), at, size), scorer, scoring.workers);
  }

  private Scorer scorer() {
    PictureReader reader = scoring.answers.preprocessing().reader();
    return new Scorer(
        scoring.answers,
        scoring.maxPixels == null ? reader : reader.withMaxPixels(scoring.maxPixels));
  }

  private Part part(PartsFolder folder, long at, Format format, Held held) throws IOException {
    Tally own = new Tally();
    long begun = System.nanoTime();
    return Part.write(
        folder.path(),
        at,
        own,
        out -> {
          Rows rows = format.part(out, scoring.answers.columns());
          long end = at;
          do {
            Scored next = held.take();
            if (next == null) {
              throw new IOException(folder.path() + ": the list of the pictures is cut short");
            }
            write(next, rows, own);
            end = next.to();
          } while (end < to && end - at < scoring.part && System.nanoTime() - begun < PART_NANOS);
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
      } else if (scoring.errors == BatchScoring.Errors.FAIL) {
        String reason = row.error().replace(row.picture() + ": ", "");
        throw new BatchException(row.picture(), reason);
      } else {
        counts.fail(row.picture(), row.error());
        rows.error(row.picture(), row.error());
      }
    }
    writeNanos += System.nanoTime() - begun;
    scoring.watcher.at(scored.to() - from);
  }

  private Manifest manifest(PictureList list, String model, Format format) {
    Map<String, String> all = new TreeMap<>(scoring.options);
    all.put("format", format.name());
    all.put("preprocessing", scoring.answers.preprocessing().toJson());
    all.put("columns", scoring.answers.columns().toString());
    ResultFiles results = scoring.answers.files();
    all.put("results", String.valueOf(results));
    all.put("maxPixels", String.valueOf(scoring.maxPixels));
    return new Manifest(
        model,
        scoring.answers.model().device().toString(),
        list.count(),
        list.sha256(),
        scoring.shard + "/" + scoring.shards,
        size,
        all);
  }

  private Map<String, String> facts(String model) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("fovea.model", scoring.answers.model().name());
    facts.put("fovea.model_sha256", model);
    for (Column column : scoring.answers.columns()) {
      if (column.type() == Column.Type.FLOATS) {
        facts.put("fovea." + column.name(), Json.text(column.names()));
      }
    }
    return facts;
  }

  private Report report(Scorer scorer, String model) {
    long now = System.nanoTime();
    long[] nanos = {now - start, listed, scorer.readNanos(), scorer.scoreNanos(), writeNanos};
    return Report.of(scoring.answers.model(), model, scoring.workers, size, tally, before, nanos);
  }

  private String modelSha256() throws IOException {
    String name = scoring.answers.model().name();
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      return name;
    }
    return Files.isRegularFile(path) ? Sha256.of(path) : name;
  }

  private int defaultBatch() {
    boolean processor = scoring.answers.model().device().toString().startsWith("cpu");
    return processor ? BATCH : BATCH_OF_DEVICES;
  }
}
