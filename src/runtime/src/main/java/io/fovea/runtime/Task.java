package io.fovea.runtime;

import java.util.Locale;

/**
 * What a model does, and what its output holds.
 *
 * @param kind what a score is
 * @param output whether the numbers are logits, probabilities in [0, 1] or values
 */
public record Task(Kind kind, Output output) {
  /** What a model gives for a picture. */
  public enum Kind {
    CLASSIFICATION,
    REGRESSION,
    SEGMENTATION,
    PICTURE,
    FEATURES
  }

  /** What the numbers of an output are. */
  public enum Output {
    LOGITS,
    PROBABILITIES,
    VALUES
  }

  @Override
  public String toString() {
    return (kind + ", " + output).toLowerCase(Locale.ROOT);
  }
}
