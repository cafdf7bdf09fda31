package io.fovea.train;

import io.fovea.image.Picture;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Grey pictures of one size and their classes, from <a
 * href="http://yann.lecun.com/exdb/mnist/">IDX</a> files: two zero bytes, a type, a rank, the
 * sizes, the data.
 */
record IdxDataset(List<String> labels, int height, int width, byte[] pixels, byte[] classes)
    implements Dataset {
  private static final int UNSIGNED_BYTE = 8;
  private static final int CHUNK = 1 << 20;

  static IdxDataset of(Path images, Path labels) {
    int[][] sizes = new int[2][];
    byte[] pixels = read(images, 3, sizes, 0);
    byte[] classes = read(labels, 1, sizes, 1);
    if (sizes[0][0] != sizes[1][0]) {
      throw new TrainException(
          "%s has %d pictures, %s has %d labels"
              .formatted(images, sizes[0][0], labels, sizes[1][0]));
    }
    if (classes.length == 0 || sizes[0][1] < 1 || sizes[0][2] < 1) {
      throw new TrainException(images + ": no pictures");
    }
    int count = IntStream.range(0, classes.length).map(i -> classes[i] & 255).max().orElse(0) + 1;
    List<String> names = IntStream.range(0, count).mapToObj(Integer::toString).toList();
    return new IdxDataset(names, sizes[0][1], sizes[0][2], pixels, classes);
  }

  private static byte[] read(Path file, int rank, int[][] sizes, int which) {
    try (DataInputStream in = new DataInputStream(open(file))) {
      int magic = in.readInt();
      if (magic != (UNSIGNED_BYTE << 8 | rank)) {
        throw new TrainException(
            "%s: expected IDX of unsigned bytes with %d sizes, met header 0x%08x"
                .formatted(file, rank, magic));
      }
      int[] dims = new int[rank];
      long size = 1;
      for (int i = 0; i < rank; i++) {
        dims[i] = in.readInt();
        size =
            dims[i] < 0
                ? Long.MAX_VALUE
                : Math.multiplyHigh(size, dims[i]) != 0 ? Long.MAX_VALUE : size * dims[i];
      }
      if (size < 0 || size > Integer.MAX_VALUE - 8) {
        throw new TrainException(file + ": the header claims " + Arrays.toString(dims));
      }
      byte[] data = readAll(in, (int) size);
      if (data.length < size) {
        throw new TrainException(
            "%s: cut short: the header claims %s, %d bytes are there"
                .formatted(file, Arrays.toString(dims), data.length));
      }
      sizes[which] = dims;
      return data;
    } catch (EOFException e) {
      throw new TrainException(file + ": cut short in its header", e);
    } catch (IOException e) {
      throw new TrainException(file + ": " + e.getMessage(), e);
    }
  }

  /** Reads in chunks, so that memory follows what the file has, not what it claims. */
  private static byte[] readAll(InputStream in, int size) throws IOException {
    byte[] data = new byte[Math.min(size, CHUNK)];
    int have = 0;
    while (have < size) {
      int n = in.readNBytes(data, have, data.length - have);
      have += n;
      if (have < data.length) {
        return Arrays.copyOf(data, have);
      }
      data = Arrays.copyOf(data, (int) Math.min(size, 2L * data.length));
    }
    return data;
  }

  private static InputStream open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("no such file");
    }
    BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    in.mark(2);
    boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return zipped ? new GZIPInputStream(in, 1 << 16) : in;
  }

  @Override
  public int size() {
    return classes.length;
  }

  @Override
  public Picture picture(int index) {
    int size = width * height;
    byte[] one = Arrays.copyOfRange(pixels, index * size, (index + 1) * size);
    return Picture.of(width, height, 1, one);
  }

  @Override
  public Target target(int index) {
    return new Target.Label(classes[index] & 255);
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(pixels, index * width * height, width * height);
  }
}
