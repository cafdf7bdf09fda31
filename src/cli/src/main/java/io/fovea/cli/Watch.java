package io.fovea.cli;

import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.io.IOException;
import java.util.List;

/** All who see a training: lines and a bar for people, and sinks of its {@link Trace}. */
final class Watch implements Trainer.Listener, AutoCloseable {
  private final EpochLines lines;
  private final List<? extends Trace.Sink> sinks;
  private final Trace trace;

  Watch(EpochLines lines, List<? extends Trace.Sink> sinks) {
    this.lines = lines;
    this.sinks = sinks;
    this.trace = new Trace(sinks);
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
