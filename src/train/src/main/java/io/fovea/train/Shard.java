package io.fovea.train;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a tar archive, gzipped or not, one after the other; without folders, links and
 * hidden files. Of a plain archive only the headers are read, and what is asked for. Not
 * thread-safe.
 *
 * <p>An archive that is damaged, or that ends before its end mark, is a {@link TrainException} that
 * names it and the file that it happened in.
 */
final class Shard implements Closeable {
  private static final int RECORD = 512;
  private static final int LARGEST = 1 << 30; // as of a picture's file
  private static final int LARGEST_TEXT = 1 << 20;

  private final Path file;
  private final long length; // of the file
  private final boolean zipped;
  private final TarArchiveInputStream tar;
  private String name = ""; // of the file that next went to
  private int size;
  private long at;

  private Shard(Path file, long length, boolean zipped, InputStream in) {
    this.file = file;
    this.length = length;
    this.zipped = zipped;
    this.tar = new TarArchiveInputStream(in);
  }

  static Shard open(Path file) {
    try {
      InputStream in = Files.newInputStream(file);
      try {
        boolean zipped = isZipped(file);
        // Without a buffer before a plain archive, what is passed over is not read.
        InputStream plain = zipped ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16)) : in;
        return new Shard(file, Files.size(file), zipped, plain);
      } catch (IOException e) {
        in.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new TrainException(file + ": no such file", e);
    } catch (IOException e) {
      throw new TrainException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean isZipped(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() == 0x1f && in.read() == 0x8b;
    }
  }

  /** Goes to the next file and gives its name; null at the end. */
  @Nullable String next() {
    String before = name;
    long end = at + size;
    try {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        if (!e.isCheckSumOK()) {
          throw new IOException("the header's sum is wrong");
        }
        name = e.getName();
        at = tar.getBytesRead();
        size = size(e);
        end = at + e.getSize();
        if (!zipped && end > length) {
          throw new TrainException(
              "%s: cut short in %s: expected %,d bytes, met %,d"
                  .formatted(file, name, e.getSize(), length - at));
        }
        before = name;
        if (isPlain(e)) {
          return name;
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(before, e);
    }
    if (tar.getBytesRead() < end + RECORD) {
      throw damaged(before, new IOException("the mark of its end is missing"));
    }
    return null;
  }

  private TrainException damaged(String member, Exception e) {
    String where = member.isEmpty() ? "at its start" : "in or after " + member;
    return new TrainException(
        "%s: no tar archive, damaged or cut short %s: %s".formatted(file, where, e.getMessage()),
        e);
  }

  private int size(TarArchiveEntry e) {
    if (e.isFile() && e.getSize() > LARGEST) {
      throw new TrainException(
          "%s/%s: expected at most %,d bytes, met %,d".formatted(file, name, LARGEST, e.getSize()));
    }
    return e.isFile() ? (int) e.getSize() : 0;
  }

  private boolean isPlain(TarArchiveEntry e) {
    return e.isFile()
        && !e.isLink()
        && !e.isSymbolicLink()
        && !e.isCharacterDevice()
        && !e.isBlockDevice()
        && !e.isFIFO()
        && !e.isSparse()
        && !name.substring(name.lastIndexOf('/') + 1).startsWith(".");
  }

  /** Bytes of the file that {@link #next} went to which {@link #stored} would hold in memory. */
  int held() {
    return zipped ? size : 0;
  }

  /** Where the file lies that {@link #next} went to: in a plain archive, else in memory. */
  Stored stored() {
    return zipped ? Stored.held(bytes()) : Stored.part(file, at, size);
  }

  /** The text of the file that {@link #next} went to, stripped; null of more than 1 MiB. */
  @Nullable String text() {
    return size > LARGEST_TEXT ? null : new String(bytes(), StandardCharsets.UTF_8).strip();
  }

  private byte[] bytes() {
    try {
      byte[] bytes = tar.readNBytes(size);
      if (bytes.length < size) {
        throw new IOException("expected %,d bytes, met %,d".formatted(size, bytes.length));
      }
      return bytes;
    } catch (IOException e) {
      throw damaged(name, e);
    }
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
