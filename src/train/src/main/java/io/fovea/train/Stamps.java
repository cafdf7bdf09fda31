package io.fovea.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * What tells a data set from another: its classes, and of each sample a number made of its file's
 * name without the folders, its class or values, and {@link Dataset#stamp}. Nothing is decoded.
 *
 * @param samples in the data's order
 */
record Stamps(List<String> labels, long[] samples) {
  static Stamps of(Dataset data) {
    long[] samples =
        IntStream.range(0, data.size()).parallel().mapToLong(i -> sample(data, i)).toArray();
    return new Stamps(List.copyOf(data.labels()), samples);
  }

  private static long sample(Dataset data, int index) {
    String name = data.name(index);
    int folders = Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\'));
    long hash = name.length();
    for (int i = folders + 1; i < name.length(); i++) {
      hash = 31 * hash + name.charAt(i);
    }
    long target =
        switch (data.task()) {
          case CLASSIFICATION -> ((Target.Label) data.target(index)).index();
          case REGRESSION -> Arrays.hashCode(((Target.Values) data.target(index)).values());
          default -> 0; // in files, which the stamp covers
        };
    return Loader.mix(hash, target, data.stamp(index));
  }

  /** Of two files. */
  static long of(Path one, Path other) {
    return Loader.mix(0, Stored.file(one).stamp(), Stored.file(other).stamp());
  }

  /** Of some bytes in memory. */
  static long of(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return (long) count << 32 | crc.getValue();
  }

  /**
   * How a data set differs from what it was; empty where it does not.
   *
   * @param what of its pictures these are: training or held-out
   */
  String difference(String what, Dataset data, Stamps now) {
    if (!labels.equals(now.labels)) {
      return "%s data: %s then, %s now".formatted(what, labels, now.labels);
    }
    if (samples.length != now.samples.length) {
      return "%,d %s pictures then, %,d now".formatted(samples.length, what, now.samples.length);
    }
    int[] others =
        IntStream.range(0, samples.length).filter(i -> samples[i] != now.samples[i]).toArray();
    return others.length == 0
        ? ""
        : "%,d of %,d %s pictures differ in name, size or target, first %s"
            .formatted(others.length, samples.length, what, data.name(others[0]));
  }
}
