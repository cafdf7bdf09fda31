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
   * brought back to float (<a href="https://arxiv.org/abs/1710.03740">Micikevicius 2017</a>, with
   * no need to scale losses). Faster only where the processor has instructions for it.
   */
  BFLOAT16,
  /** Whichever a few steps before the training take less time with. */
  AUTO;

  private static final int STEPS = 3;

  /** Times both with the first batch, on nets that are thrown away. */
  static Precision faster(Start start, Guides guides, Loader data, Trainer.Listener listener) {
    double exact = seconds(start, guides, data, FLOAT);
    double narrow = seconds(start, guides, data, BFLOAT16);
    Precision chosen = narrow < exact ? BFLOAT16 : FLOAT;
    listener.note(
        "precision: %s; a batch takes %.3f s in float, %.3f s in bfloat16"
            .formatted(chosen.word(), exact, narrow));
    return chosen;
  }

  private static double seconds(Start start, Guides guides, Loader data, Precision precision) {
    double[] seconds = {0};
    try (Learner learner = start.learner(guides, precision)) {
      start.shuffled(
          data,
          1,
          0,
          new Loader.Use() {
            @Override
            public void accept(Loader.Batch batch, int index) {
              long begun = 0;
              for (int i = 0; i <= STEPS; i++) { // each waits for the one before, the first is not timed
                learner.learn(batch.pixels(), batch.shape(), batch.targets(), 1);
                begun = i == 0 ? System.nanoTime() : begun;
              }
              seconds[0] = (System.nanoTime() - begun) / 1e9 / STEPS;
            }

            @Override
            public boolean isDone() {
              return seconds[0] > 0;
            }
          });
    }
    return seconds[0];
  }

  /** As recipes have it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
