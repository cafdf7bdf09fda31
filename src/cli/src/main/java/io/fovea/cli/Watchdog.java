package io.fovea.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream that gave nothing for too long, so that whoever reads it does not hang. */
final class Watchdog implements AutoCloseable {
  private final InputStream stream;
  private final long patienceNanos;
  private final Thread thread;
  private volatile long fed = System.nanoTime();
  private volatile boolean bitten;

  Watchdog(InputStream stream, Duration patience) {
    this.stream = stream;
    this.patienceNanos = patience.toNanos();
    this.thread = new Thread(this::watch, "fovea-watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  /** Something came. */
  void feed() {
    fed = System.nanoTime();
  }

  boolean hasBitten() {
    return bitten;
  }

  private void watch() {
    try {
      for (long left = patienceNanos; left > 0; left = fed + patienceNanos - System.nanoTime()) {
        Thread.sleep(left / 1_000_000 + 1);
      }
      bitten = true;
      stream.close();
    } catch (InterruptedException e) {
      // no longer needed
    } catch (IOException e) {
      // closed is closed
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
