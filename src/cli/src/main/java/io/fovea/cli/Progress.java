package io.fovea.cli;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A progress bar on stderr; silent where there is no terminal, so that logs stay readable, and
 * under {@code --quiet}.
 */
final class Progress implements AutoCloseable {
  private final boolean shown = Terminal.showsProgress();
  private final ProgressBar bar;

  Progress(String task, long total) {
    this(task, total, 0);
  }

  /** Progress of which some was done before, which tells nothing of the speed. */
  Progress(String task, long total, long done) {
    this(task, total, done, "", 1);
  }

  private Progress(String task, long total, long done, String unit, long size) {
    this(
        task,
        total,
        new ProgressBarBuilder().startsFrom(done, Duration.ZERO).setUnit(unit, size).showSpeed());
  }

  private Progress(String task, long total, ProgressBarBuilder form) {
    this.bar =
        form.setTaskName(task)
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(shown ? 250 : Integer.MAX_VALUE)
            .setConsumer(new Line(shown))
            .build();
  }

  /** Progress of so many bytes; of a number that is not known yet for -1. */
  static Progress bytes(String task, long total) {
    return new Progress(task, total, 0, " MB", 1_000_000);
  }

  /** Progress that tells of speed and time by {@link #note} alone. */
  static Progress plain(String task, long total) {
    return new Progress(task, total, new ProgressBarBuilder().hideEta());
  }

  void at(long done) {
    bar.stepTo(done);
  }

  void note(String text) {
    bar.setExtraMessage(text);
  }

  @Override
  public void close() {
    bar.close();
  }

  /** Rewrites one line of the terminal. */
  private record Line(boolean shown) implements me.tongfei.progressbar.ProgressBarConsumer {
    private static final int WIDTH = 100;

    @Override
    public int getMaxRenderedLength() {
      return WIDTH;
    }

    @Override
    public void accept(String text) {
      if (shown) {
        System.err.print("\r" + text);
      }
    }

    @Override
    public void close() {
      if (shown) {
        System.err.print("\r" + " ".repeat(WIDTH) + "\r");
      }
    }
  }
}
