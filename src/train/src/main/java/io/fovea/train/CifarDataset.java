package io.fovea.train;

import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * CIFAR-10's <a href="https://www.cs.toronto.edu/~kriz/cifar.html">binary version</a>: records of
 * one byte for the class and the red, green and blue planes of 32x32 pixels.
 */
record CifarDataset(List<String> labels, List<byte[]> records) implements Dataset {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int RECORD = 1 + 3 * PLANE;

  static CifarDataset of(List<Path> files, List<String> labels) {
    List<byte[]> records = new ArrayList<>();
    int largest = 0;
    for (Path file : files) {
      byte[] all = read(file);
      if (all.length == 0 || all.length % RECORD != 0) {
        throw new TrainException(
            "%s: expected records of %d bytes, met %d bytes".formatted(file, RECORD, all.length));
      }
      for (int at = 0; at < all.length; at += RECORD) {
        records.add(Arrays.copyOfRange(all, at, at + RECORD));
        largest = Math.max(largest, all[at] & 255);
      }
    }
    List<String> names = labels.isEmpty() ? names(files.get(0)) : labels;
    if (names.isEmpty()) {
      names = IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
    }
    if (largest >= names.size()) {
      throw new TrainException(
          "%s: met a class %d, there are %d names".formatted(files, largest, names.size()));
    }
    return new CifarDataset(List.copyOf(names), records);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException | OutOfMemoryError e) {
      throw new TrainException(file + ": cannot be read: " + e, e);
    }
  }

  /** The names in {@code batches.meta.txt} beside a file; empty where there is none. */
  private static List<String> names(Path file) {
    Path meta = file.resolveSibling("batches.meta.txt");
    try {
      return Files.exists(meta)
          ? Files.readAllLines(meta).stream().filter(l -> !l.isBlank()).toList()
          : List.of();
    } catch (IOException e) {
      throw new TrainException(meta + ": cannot be read: " + e, e);
    }
  }

  @Override
  public int size() {
    return records.size();
  }

  @Override
  public Picture picture(int index) {
    byte[] record = records.get(index);
    byte[] pixels = new byte[3 * PLANE];
    for (int i = 0; i < PLANE; i++) {
      for (int c = 0; c < 3; c++) {
        pixels[3 * i + c] = record[1 + c * PLANE + i];
      }
    }
    return Picture.of(SIDE, SIDE, 3, pixels);
  }

  @Override
  public Target target(int index) {
    return new Target.Label(records.get(index)[0] & 255);
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(records.get(index), 0, RECORD);
  }
}
