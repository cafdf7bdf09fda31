package io.fovea.cli;

import io.fovea.batch.BatchScoring;
import org.jspecify.annotations.Nullable;

/** Shows how far scoring is, how fast it goes and how long it will take. */
final class ScoreProgress implements BatchScoring.Watcher, AutoCloseable {
  private @Nullable Progress bar;

  @Override
  public void begin(long pictures, long done) {
    if (done > 0) {
      Terminal.note("goes on after %,d of %,d pictures", done, pictures);
    }
    bar = new Progress("score", pictures, done);
  }

  @Override
  public void at(long done) {
    if (bar != null) {
      bar.at(done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
