package io.fovea.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes lie that a picture is decoded from: a file, a part of one that holds many
 * pictures, or memory. Immutable and thread-safe; files are opened when bytes are asked for.
 */
public final class Stored {
  private static final int WHOLE = -1;

  private final @Nullable Path file;
  private final long at;
  private final int size; // WHOLE: as the file has
  private final byte @Nullable [] held;

  private Stored(@Nullable Path file, long at, int size, byte @Nullable [] held) {
    this.file = file;
    this.at = at;
    this.size = size;
    this.held = held;
  }

  /** A file of its own. */
  public static Stored file(Path file) {
    return new Stored(file, 0, WHOLE, null);
  }

  /** Bytes in memory, which are not copied. */
  public static Stored held(byte[] bytes) {
    return new Stored(null, 0, bytes.length, bytes);
  }

  /** A part of a file, from a position on. */
  static Stored part(Path archive, long at, int size) {
    return new Stored(archive, at, size, null);
  }

  /** The file that has other pictures beside this one; null where there is none. */
  @Nullable Path archive() {
    return size == WHOLE ? null : file;
  }

  /** In bytes. */
  long size() throws IOException {
    return file != null && size == WHOLE ? Files.size(file) : size;
  }

  /** Changes where the bytes do: their number, with a checksum where they are in memory. */
  long stamp() {
    try {
      return held == null ? size() : Stamps.of(held, 0, size);
    } catch (IOException e) {
      return -1; // whoever reads it says why
    }
  }

  /** All bytes. */
  byte[] bytes() throws IOException {
    return bytes(0);
  }

  /** The last bytes, at most so many. */
  byte[] tail(int most) throws IOException {
    return bytes(Math.max(0, size() - most));
  }

  private byte[] bytes(long from) throws IOException {
    if (held != null) {
      return from == 0 ? held : Arrays.copyOfRange(held, (int) from, size);
    }
    if (file == null) {
      throw new IllegalStateException("neither file nor memory");
    }
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(at + from);
      if (size == WHOLE) {
        return in.readAllBytes();
      }
      byte[] bytes = in.readNBytes(size - (int) from);
      if (bytes.length < size - from) {
        throw new IOException("expected %d bytes, met %d".formatted(size - from, bytes.length));
      }
      return bytes;
    }
  }
}
