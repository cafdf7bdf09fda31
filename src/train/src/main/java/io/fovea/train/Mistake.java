package io.fovea.train;

import io.fovea.image.Mask;
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
 *     of wrong pixels, or the error in standard deviations of the value
 * @param mask what was said of each pixel; null where no mask was
 */
public record Mistake(int index, String wanted, String said, double badness, @Nullable Mask mask) {
  /** How many are kept of a data set. */
  public static final int KEPT = 24;

  /** Keeps the worst. Not thread-safe. */
  static final class Worst {
    private static final Comparator<Mistake> BY_BADNESS =
        Comparator.comparingDouble(Mistake::badness)
            .thenComparing(Mistake::index, Comparator.reverseOrder());

    private final PriorityQueue<Mistake> all = new PriorityQueue<>(BY_BADNESS);

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
