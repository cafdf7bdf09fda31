package io.fovea.cli;

import io.fovea.train.LayerFigures;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder that a training is written into while it runs: {@code metrics.jsonl}, an object a line,
 * and a TensorBoard event file. Both are whole up to the last record whenever the process ends; a
 * later run in the folder adds to them, and one that goes on takes away what it does again. What
 * cannot be written any more (a full disk) is told once, and the training goes on. Not thread-safe.
 */
final class RunFolder implements Trace.Sink {
  private final Path folder;
  private final FileChannel lines;
  private final EventFile events;
  private final double before; // seconds
  private boolean broken;

  private RunFolder(Path folder, FileChannel lines, EventFile events, double before) {
    this.folder = folder;
    this.lines = lines;
    this.events = events;
    this.before = before;
  }

  /**
   * Begins a run in a folder, which is made where it is missing.
   *
   * @param facts of the run, for its first line
   * @param goesOn whether it goes on with a checkpoint
   * @param done batches that this has learned from
   */
  static RunFolder begin(Path folder, Map<String, Object> facts, boolean goesOn, long done)
      throws IOException {
    check(folder);
    Path metrics = folder.resolve("metrics.jsonl");
    endAtALine(metrics);
    LogCut.Kept kept = goesOn ? LogCut.after(folder, metrics, done) : LogCut.Kept.NOTHING;
    FileChannel lines =
        FileChannel.open(metrics, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    EventFile events = EventFile.in(folder);
    RunFolder run = new RunFolder(folder, lines, events, kept.seconds());
    Map<String, Object> first = new LinkedHashMap<>();
    first.put("kind", kept.isRun() ? "resume" : "run");
    first.put("time", System.currentTimeMillis() / 1e3);
    if (goesOn) {
      first.put("step", done);
    }
    if (!kept.isRun()) {
      first.putAll(facts);
    }
    first.put("events", events.name());
    run.line(first);
    return run;
  }

  /** Makes the folder, and checks that it can be written into. */
  static void check(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new Fovea.UserException(folder + ": expected a folder, met a file");
    }
    OutputFile.folder(folder);
  }

  /** Cuts what a machine that stopped left of a last line. */
  private static void endAtALine(Path metrics) throws IOException {
    if (!Files.exists(metrics)) {
      return;
    }
    try (RandomAccessFile file = new RandomAccessFile(metrics.toFile(), "rw")) {
      long end = file.length();
      while (end > 0) {
        file.seek(end - 1);
        if (file.read() == '\n') {
          break;
        }
        end--;
      }
      file.setLength(end);
    }
  }

  @Override
  public void point(Trace.Point p) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("kind", "step");
    facts.put("step", p.step());
    facts.put("epoch", p.epoch());
    facts.putAll(finite(p.figures()));
    facts.put("seconds", before + p.seconds());
    Map<String, Double> scalars = new LinkedHashMap<>();
    p.figures().forEach((name, value) -> scalars.put("train/" + name, value));
    if (!p.layers().isEmpty()) {
      List<Object> layers = new ArrayList<>();
      for (LayerFigures l : p.layers()) {
        Map<String, Double> figures = figures(l);
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("layer", l.layer());
        one.putAll(finite(figures));
        layers.add(one);
        figures.forEach((name, value) -> scalars.put(name + "/" + l.layer(), value));
      }
      facts.put("layers", layers);
    }
    write(facts, p.step(), scalars);
  }

  private static Map<String, Double> figures(LayerFigures l) {
    Map<String, Double> all = new LinkedHashMap<>();
    all.put("gradientNorm", l.gradientNorm());
    all.put("activationMean", l.mean());
    all.put("activationDeviation", l.deviation());
    all.put("activationZeros", l.zeros());
    return all;
  }

  @Override
  public void lap(Trace.Lap lap) {
    Map<String, Double> heldOut = Trace.figures(lap.epoch().heldOut());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("kind", "epoch");
    facts.put("epoch", lap.epoch().number());
    facts.put("step", lap.step());
    facts.putAll(finite(lap.figures()));
    facts.put("heldOut", finite(heldOut));
    facts.put("stages", finite(lap.stages().figures()));
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("epoch/loss", lap.epoch().loss());
    scalars.put("epoch/seconds", lap.epoch().seconds());
    heldOut.forEach((name, value) -> scalars.put("heldOut/" + name, value));
    write(facts, lap.step(), scalars);
  }

  /** JSON has no NaN: such figures are left out. */
  private static Map<String, Double> finite(Map<String, Double> figures) {
    Map<String, Double> all = new LinkedHashMap<>(figures);
    all.values().removeIf(value -> !Double.isFinite(value));
    return all;
  }

  private void write(Map<String, Object> facts, long step, Map<String, Double> scalars) {
    if (broken) {
      return;
    }
    try {
      line(facts);
      events.scalars(step, scalars);
    } catch (IOException e) {
      broken = true;
      Terminal.note(
          "%s: %s; the training goes on without its log", folder, String.valueOf(e.getMessage()));
    }
  }

  private void line(Map<String, Object> facts) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(Json.text(facts) + "\n");
    while (bytes.hasRemaining()) {
      lines.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    try (lines) {
      events.close();
    }
  }
}
