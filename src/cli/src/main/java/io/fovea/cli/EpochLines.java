package io.fovea.cli;

import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A training for who watches it: a line an epoch, and a bar within it with the loss, the accuracy
 * so far (of augmented pictures; where it is not counted, the last held-out figure), the speed and
 * the time that all epochs still take.
 */
final class EpochLines implements Trainer.Listener, AutoCloseable {
  private final int epochs;
  private final boolean json;
  private final long start = System.nanoTime();
  private @Nullable Progress bar;
  private long steps;
  private long begun; // nanoseconds, of the epoch
  private long pictures; // of the epoch
  private long right;
  private String heldOut = "";

  EpochLines(int epochs, boolean json) {
    this.epochs = epochs;
    this.json = json;
  }

  @Override
  public void step(TrainingStep s) {
    if (bar == null) {
      bar = Progress.plain("epoch %d/%d".formatted(s.epoch(), epochs), s.steps());
      begun = System.nanoTime();
      pictures = 0; // those of the first step took none of the time from here on
      right = 0;
      steps++;
      bar.at(s.number());
      return;
    }
    steps++;
    pictures += s.pictures();
    right = s.right() < 0 ? -1 : right + s.right();
    bar.at(s.number());
    long left = (long) (epochs - s.epoch()) * s.steps() + s.steps() - s.number();
    bar.note(
        note(
            s.meanLoss(),
            right < 0 ? heldOut : "%.1f %% right".formatted(100.0 * right / pictures),
            pictures / seconds(begun),
            seconds(start) / steps * left));
  }

  /** What stands beside the bar. */
  static String note(double loss, String figure, double rate, double secondsLeft) {
    long left = Math.round(secondsLeft);
    String time =
        left >= 3600
            ? "%d:%02d:%02d".formatted(left / 3600, left / 60 % 60, left % 60)
            : "%d:%02d".formatted(left / 60, left % 60);
    return "loss %.3f%s, %.0f pictures/s, %s left"
        .formatted(loss, figure.isEmpty() ? "" : ", " + figure, rate, time);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  @Override
  public void epoch(Trainer.Epoch e) {
    close();
    heldOut = e.heldOut().headline().split(",", 2)[0];
    Terminal.note(
        "epoch %d/%d: loss %.4f, held-out %s, %.0f s, waited for data %.0f %%",
        e.number(), epochs, e.loss(), e.heldOut().headline(), e.seconds(), 100 * e.waiting());
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("epoch", e.number());
      facts.put("loss", e.loss());
      facts.put("heldOut", e.heldOut().facts());
      facts.put("seconds", e.seconds());
      facts.put("waiting", e.waiting());
      System.out.println(Json.text(facts));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
