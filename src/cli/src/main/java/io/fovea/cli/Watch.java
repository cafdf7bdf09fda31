package io.fovea.cli;

import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.io.IOException;
import java.util.List;

/** All who see a training: lines and a bar for people, and sinks of its {@link Trace}. */
final class Watch implements Trainer.Listener, AutoCloseable {
  /** Opens the sinks once it is known that training begins. */
  interface Sinks {
    /**
     * Opens them.
     *
     * @param goesOn whether with a checkpoint
     * @param done batches that it has learned from
     */
    List<? extends Trace.Sink> open(boolean goesOn, long done) throws IOException;
  }

  private final EpochLines lines;
  private final Sinks opener;
  private List<? extends Trace.Sink> sinks = List.of();
  private Trace trace = new Trace(sinks, 0);

  Watch(EpochLines lines, Sinks opener) {
    this.lines = lines;
    this.opener = opener;
  }

  @Override
  public void begin(boolean goesOn, long done) {
    if (goesOn) {
      Terminal.note("goes on after batch %,d", done);
    }
    try {
      sinks = opener.open(goesOn, done);
    } catch (IOException e) {
      throw new Fovea.UserException("the log: " + e);
    }
    trace = new Trace(sinks, done);
  }

  @Override
  public void warn(String message) {
    Terminal.note("%s", message);
  }

  @Override
  public int layersEvery(int steps) {
    return trace.layersEvery(steps);
  }

  @Override
  public void step(TrainingStep step) {
    lines.step(step);
    trace.step(step);
  }

  @Override
  public void epoch(Trainer.Epoch epoch) {
    lines.epoch(epoch);
    trace.epoch(epoch);
  }

  @Override
  public void close() throws IOException {
    lines.close();
    for (Trace.Sink sink : sinks) {
      sink.close();
    }
  }
}
