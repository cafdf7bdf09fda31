package io.fovea.runtime;

import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.List;
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

    /**
     * What a preprocessing makes of levels 0 and 255; null where that is no range, or not the same
     * for all planes.
     */
    public static @Nullable Range of(Preprocessing fed) {
      List<Step> steps = fed.steps();
      if (steps.isEmpty() || !(steps.get(steps.size() - 1) instanceof Step.Normalize n)) {
        return new Range(0, 255);
      }
      Range found = null;
      for (int plane = 0; plane < n.mean().size(); plane++) {
        float black = (0 - n.mean().get(plane)) / n.std().get(plane);
        float white = (255 / n.divisor() - n.mean().get(plane)) / n.std().get(plane);
        if (!(black < white) || (found != null && !found.equals(new Range(black, white)))) {
          return null;
        }
        found = new Range(black, white);
      }
      return found;
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
