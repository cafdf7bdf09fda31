package io.fovea.train;

import java.util.Locale;

/**
 * The numbers that a training's convolutions and matrix products compute with. All else is in
 * float: weights, their changes, normalizations, losses, and everything that is measured on
 * held-out pictures or written.
 */
public enum Precision {
  /** 32 bits. */
  FLOAT,
  /**
   * 16 bits with the range of a float and 8 bits of its precision: operands are rounded, results
   * brought back to float, and losses need no scaling (<a
   * href="https://arxiv.org/abs/1905.12322">Kalamkar 2019</a>). Faster only where the processor has
   * instructions for it, such as AMX or AVX-512 BF16; slower elsewhere.
   */
  BFLOAT16,
  /**
   * Bfloat16 where it saves a tenth of the time or more, measured on the first batch before the
   * training; else float.
   */
  AUTO;

  /** Times both with nets that are thrown away. */
  static Precision faster(Start start, Loader data, Trainer.Listener listener) {
    Race race = new Race(start);
    start.shuffled(data, 1, 0, race);
    Precision chosen = race.narrow < WORTH * race.exact ? BFLOAT16 : FLOAT;
    listener.note(
        "precision: %s; a batch takes %.3f s in float, %.3f s in bfloat16"
            .formatted(chosen.word(), race.exact, race.narrow));
    return chosen;
  }

  private static final int STEPS = 3; // timed, after one that is not
  private static final double WORTH = 0.9;

  /** The first batch in both. */
  private static final class Race implements Loader.Use {
    private final Start start;
    private double exact; // seconds
    private double narrow;

    Race(Start start) {
      this.start = start;
    }

    @Override
    public void accept(Loader.Batch batch, int index) {
      exact = seconds(batch, FLOAT);
      narrow = seconds(batch, BFLOAT16);
    }

    @Override
    public boolean isDone() {
      return narrow > 0;
    }

    /** The fastest step: others may have had to share the processor. */
    private double seconds(Loader.Batch batch, Precision precision) {
      double least = Double.POSITIVE_INFINITY;
      try (Guides guides = start.guides(); // whose critic learns
          Learner learner = start.learner(guides, precision)) {
        for (int i = 0; i <= STEPS; i++) {
          long begun = System.nanoTime();
          learner.learn(
              batch.pixels(), batch.shape(), batch.targets(), 1, 0); // waits for the one before
          double seconds = (System.nanoTime() - begun) / 1e9;
          least = i == 0 ? least : Math.min(least, seconds);
        }
      }
      return least;
    }
  }

  /** As recipes have it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
