package io.fovea.batch;

import io.fovea.onnx.Sha256;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pictures to score, in their order: a file of a line each, so that millions take no memory.
 *
 * @param sha256 of the file, which is that of the pictures, their order and their results' names
 */
record PictureList(Path file, long count, String sha256) {
  /**
   * Lists what is given.
   *
   * @param results what is made of each picture; null where nothing is
   * @param own files and folders that are no pictures, as they are written here; absolute
   */
  static PictureList write(Path file, Source source, @Nullable ResultFiles results, Set<Path> own)
      throws IOException {
    MessageDigest digest = Sha256.digest();
    long count;
    try (BufferedWriter out =
        new BufferedWriter(
            new OutputStreamWriter(
                new DigestOutputStream(Files.newOutputStream(file), digest),
                StandardCharsets.UTF_8),
            1 << 16)) {
      Listing listing =
          new Listing(out, results == null ? null : new ResultNames(results), own, source.many());
      listing.all(source);
      count = listing.count();
    }
    return new PictureList(file, count, HexFormat.of().formatHex(digest.digest()));
  }

  /** Reads some of it, from a position on. */
  Reader reader(long from, long to) throws IOException {
    return new Reader(file, from, to);
  }

  /** One after the other. Not thread-safe. */
  static final class Reader implements AutoCloseable {
    private final BufferedReader lines;
    private long left;

    private Reader(Path file, long from, long to) throws IOException {
      this.lines = Files.newBufferedReader(file);
      this.left = to - from;
      for (long i = 0; i < from; i++) {
        lines.readLine();
      }
    }

    /** The next one; null at the end. */
    @Nullable Item next() throws IOException {
      String line = left-- > 0 ? lines.readLine() : null;
      return line == null ? null : Item.of(line);
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
