package io.fovea.runtime;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a model does, and what its output holds.
 *
 * @param kind what a score is
 * @param output whether the numbers are logits, probabilities in [0, 1] or values
 * @param range of the values of a model that makes pictures: what stands for black and for white;
 *     null where it is not said
 */
public record Task(Kind kind, Output output, @Nullable Range range) {
  /** What a model gives for a picture. */
  public enum Kind {
    CLASSIFICATION,
    REGRESSION,
    SEGMENTATION,
    PICTURE,
    /** A picture, and that of noise: standard normal numbers in place of a picture. */
    GENERATION,
    FEATURES;

    /** Whether what it gives are pictures. */
    boolean paints() {
      return this == PICTURE || this == GENERATION;
    }
  }

  /** What the numbers of an output are. */
  public enum Output {
    LOGITS,
    PROBABILITIES,
    VALUES
  }

  /**
   * The numbers that a model of pictures gives, such as [0, 1], [-1, 1] or [0, 255]; what lies
   * outside is clipped.
   *
   * @param low what becomes level 0
   * @param high what becomes level 255; above {@code low}
   */
  public record Range(float low, float high) {
    public Range {
      if (!(Float.isFinite(low) && Float.isFinite(high) && low < high)) {
        throw new IllegalArgumentException(
            "a range of [%s, %s]: expected two finite numbers, the lower first"
                .formatted(low, high));
      }
    }

    /** The nearest level of a value, in [0, 255]. */
    int level(float value) {
      return Math.min(255, Math.max(0, Math.round((value - low) * (255 / (high - low)))));
    }

    @Override
    public String toString() {
      return "[%s, %s]".formatted(low, high);
    }
  }

  /**
   * Checks that only pictures have a range.
   *
   * @throws IllegalArgumentException where another task, or another output, has one
   */
  public Task {
    if (range != null && !(kind.paints() && output == Output.VALUES)) {
      String met = (kind + ", " + output).toLowerCase(Locale.ROOT);
      throw new IllegalArgumentException(
          "a range is for picture or generation, values; met " + met);
    }
  }

  /** A task that says no range. */
  public Task(Kind kind, Output output) {
    this(kind, output, null);
  }

  @Override
  public String toString() {
    String text = (kind + ", " + output).toLowerCase(Locale.ROOT);
    return range == null ? text : text + " in " + range;
  }
}
