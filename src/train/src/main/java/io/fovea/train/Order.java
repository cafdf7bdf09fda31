package io.fovea.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Which pictures an epoch shows, one after another; drawn by seed. Each is a number whose remainder
 * by the data's size is the picture's position: a picture that is shown again has another number,
 * by which it is augmented otherwise.
 *
 * @param strata positions, grouped; an epoch shows as many of each group
 */
record Order(int size, List<long[]> strata) {
  /** All, each once. */
  static Order shuffled(int size) {
    long[] all = new long[size];
    for (int i = 0; i < size; i++) {
      all[i] = i;
    }
    return new Order(size, List.of(all));
  }

  /**
   * As many of each class, of which each is shown as often as the others or once more; those of
   * frequent classes change from epoch to epoch.
   *
   * @throws TrainException where the data is not pictures of classes
   */
  static Order balanced(Dataset data) {
    Map<Integer, List<Long>> members = new TreeMap<>();
    for (int i = 0; i < data.size(); i++) {
      if (!(data.target(i) instanceof Target.Label label)) {
        throw new TrainException("balanced-sampling: expected pictures of classes, met other data");
      }
      members.computeIfAbsent(label.index(), k -> new ArrayList<>()).add((long) i);
    }
    List<long[]> strata =
        members.values().stream()
            .map(m -> m.stream().mapToLong(Long::longValue).toArray())
            .toList();
    return new Order(data.size(), strata);
  }

  /** An epoch's numbers. */
  long[] of(long seed, int epoch) {
    Random random = new Random(Loader.mix(seed, epoch, -1));
    long[] drawn = new long[size];
    int next = 0;
    for (int s = 0; s < strata.size(); s++) {
      long[] stratum = strata.get(s).clone();
      boolean more = (s + epoch) % strata.size() < size % strata.size(); // turns with the epochs
      int quota = size / strata.size() + (more ? 1 : 0);
      for (int i = 0; i < quota; i++) {
        int at = i % stratum.length;
        if (at == 0 && strata.size() > 1) {
          shuffle(stratum, random);
        }
        drawn[next++] = stratum[at] + (long) (i / stratum.length) * size;
      }
    }
    shuffle(drawn, random);
    return drawn;
  }

  private static void shuffle(long[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }
}
