package io.fovea.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Which pictures an epoch shows, one after another; drawn by seed. Each is a number whose remainder
 * by the data's size is the picture's position: a picture that is shown again has another number,
 * by which it is augmented otherwise.
 *
 * @param strata positions, grouped; an epoch shows as many of each group
 * @param inShards whether the groups are archives, of which few are read at a time
 */
record Order(int size, List<long[]> strata, boolean inShards) {
  /** Of pictures in archives, those from which the next is drawn. */
  static final int BUFFER = 10_000;

  /** All, each once. */
  static Order shuffled(int size) {
    return new Order(size, List.of(LongStream.range(0, size).toArray()), false);
  }

  /**
   * All, each once. Where they lie in several archives, these take turns in an order that is drawn,
   * and so does each picture within a buffer of {@link #BUFFER} that moves over them; so archives
   * that are slow to jump around in are read from start to end. Others are shuffled whole.
   */
  static Order shuffled(Dataset data) {
    Map<Path, LongStream.Builder> archives = new LinkedHashMap<>();
    for (int i = 0; i < data.size(); i++) {
      Stored stored = data.stored(i);
      Path archive = stored == null ? null : stored.archive();
      if (archive == null) {
        return shuffled(data.size());
      }
      archives.computeIfAbsent(archive, k -> LongStream.builder()).add(i);
    }
    return archives.size() < 2
        ? shuffled(data.size())
        : new Order(
            data.size(), archives.values().stream().map(b -> b.build().toArray()).toList(), true);
  }

  /**
   * As many of each class, of which each is shown as often as the others or once more; those of
   * frequent classes change from epoch to epoch. Archives are read all over.
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
    return new Order(data.size(), strata, false);
  }

  /** An epoch's numbers. */
  long[] of(long seed, int epoch) {
    Random random = new Random(Loader.mix(seed, epoch, -1));
    if (inShards) {
      return buffered(random);
    }
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

  private long[] buffered(Random random) {
    List<long[]> shards = new ArrayList<>(strata);
    Collections.shuffle(shards, random);
    long[] order = shards.stream().flatMapToLong(Arrays::stream).toArray();
    for (int i = 0; i < order.length; i++) {
      swap(order, i, i + random.nextInt(Math.min(BUFFER, order.length - i)));
    }
    return order;
  }

  private static void shuffle(long[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      swap(order, i, random.nextInt(i + 1));
    }
  }

  private static void swap(long[] order, int i, int j) {
    long one = order[i];
    order[i] = order[j];
    order[j] = one;
  }
}
