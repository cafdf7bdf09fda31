package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A picture of which a model said something wrong.
 *
 * @param index the picture's position in the data set
 * @param wanted what should have been said, for people
 * @param said what was said, for people
 * @param badness mistakes with more of it are worse: the probability of the wrong class, the share
 *     of wrong pixels, the error in standard deviations of the value, or the mean squared error of
 *     a picture
 * @param mask what was said of each pixel; null where no mask was
 * @param made the picture that was made of it, of {@link #SIDE} pixels a side at most; null where
 *     none was
 */
public record Mistake(
    int index,
    String wanted,
    String said,
    double badness,
    @Nullable Mask mask,
    @Nullable Picture made) {
  /** How many are kept of a data set. */
  public static final int KEPT = 24;

  /** Pixels of the longer side of a picture that was made, at most. */
  public static final int SIDE = 256;

  /** A picture that was made, as it is kept. */
  static Picture small(Picture made) {
    int longest = Math.max(made.width(), made.height());
    return longest <= SIDE
        ? made
        : made.resize(
            Math.max(1, made.width() * SIDE / longest),
            Math.max(1, made.height() * SIDE / longest),
            Resampling.BILINEAR);
  }

  /** Keeps the worst. Not thread-safe. */
  static final class Worst {
    private static final Comparator<Mistake> BY_BADNESS =
        Comparator.comparingDouble(Mistake::badness)
            .thenComparing(Mistake::index, Comparator.reverseOrder());

    private final PriorityQueue<Mistake> all = new PriorityQueue<>(BY_BADNESS);

    /** Whether a mistake that comes next would be kept. */
    boolean keeps(double badness) {
      Mistake least = all.peek();
      return all.size() < KEPT || least == null || badness > least.badness();
    }

    void add(Mistake m) {
      all.add(m);
      if (all.size() > KEPT) {
        all.remove();
      }
    }

    /** Worst first; of equals, the first of the data. */
    List<Mistake> list() {
      List<Mistake> sorted = new ArrayList<>(all);
      sorted.sort(BY_BADNESS.reversed());
      return List.copyOf(sorted);
    }
  }
}
