package io.fovea.cli;

import io.fovea.image.Resampling;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link Study} runs: what it may draw by and how long it may take.
 *
 * @param seed of weights, pictures and their order
 * @param quick whether a few seconds should do, whatever comes out
 * @param data pictures to take in place of the study's own; null for those
 * @param shapes the project's own drawn shapes, which studies of classes take
 */
record Lab(long seed, boolean quick, @Nullable Path data, Path shapes) {
  /** A number for a whole run, or one for a quick run. */
  int pick(int whole, int small) {
    return quick ? small : whole;
  }

  /**
   * Pictures of classes, to train on and held out: the user's, else the drawn shapes; all stretched
   * to a square.
   */
  StudyData.Parts classes(int side, boolean grey, int training, int held) {
    return classesAsTheyAre(training, held)
        .map(p -> (grey ? p.toGrey() : p.toRgb()).resize(side, side, Resampling.BILINEAR));
  }

  /** The same, each picture as it was read. */
  StudyData.Parts classesAsTheyAre(int training, int held) {
    return StudyData.classes(
        data == null ? shapes : data, pick(training, 60), pick(held, 40), seed);
  }

  /** A sample's share in percent, with one digit. */
  static String percent(double share) {
    return Double.isNaN(share) ? "diverged" : Html.of("%.1f %%", 100 * share);
  }
}
