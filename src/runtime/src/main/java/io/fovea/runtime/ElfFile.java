package io.fovea.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A shared library of Linux, as its header tells (the System V ABI's ELF, 64 bits, little-endian).
 *
 * @param machine number of the processor it is for
 * @param needed names of the libraries that it loads
 * @param folders where it wants them looked for, {@code $ORIGIN} replaced by its own folder
 */
record ElfFile(int machine, List<String> needed, List<Path> folders) {
  private static final int LONGEST = 1 << 24; // bytes of a table that is believed
  private static final int LOADED = 1;
  private static final int DYNAMIC = 2;
  private static final long NEEDED = 1;
  private static final long NAMES = 5;
  private static final long NAMES_SIZE = 10;
  private static final long RPATH = 15;
  private static final long RUNPATH = 29;

  /**
   * Reads a library.
   *
   * @throws IOException where it is none of these
   */
  static ElfFile read(Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file)) {
      ByteBuffer head = read(in, 0, 64);
      if (head.getInt(0) != 0x464c457f || head.get(4) != 2 || head.get(5) != 1) {
        throw new IOException(file + ": no 64-bit library of Linux");
      }
      int count = head.getShort(56) & 0xffff;
      int step = head.getShort(54) & 0xffff;
      if (step < 56) {
        throw new IOException(file + ": damaged program headers");
      }
      ByteBuffer parts = read(in, head.getLong(32), (long) count * step);
      ByteBuffer entries = ByteBuffer.allocate(0);
      for (int i = 0; i < count; i++) {
        if (parts.getInt(i * step) == DYNAMIC) {
          entries = read(in, parts.getLong(i * step + 8), parts.getLong(i * step + 32));
        }
      }
      long address = value(entries, NAMES);
      ByteBuffer names = ByteBuffer.allocate(0);
      for (int i = 0; i < count; i++) {
        long start = parts.getLong(i * step + 16);
        boolean inside =
            parts.getInt(i * step) == LOADED
                && address >= start
                && address - start < parts.getLong(i * step + 32);
        if (inside) {
          names =
              read(in, parts.getLong(i * step + 8) + address - start, value(entries, NAMES_SIZE));
        }
      }
      List<String> needed = new ArrayList<>();
      List<Path> folders = new ArrayList<>();
      Path own = file.toAbsolutePath().getParent();
      for (int at = 0; at + 16 <= entries.limit(); at += 16) {
        long tag = entries.getLong(at);
        if (tag == NEEDED) {
          needed.add(text(names, entries.getLong(at + 8)));
        } else if (tag == RPATH || tag == RUNPATH) {
          Arrays.stream(text(names, entries.getLong(at + 8)).split(":"))
              .map(f -> f.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", String.valueOf(own)))
              .filter(f -> f.startsWith("/"))
              .forEach(f -> folders.add(Path.of(f)));
        }
      }
      return new ElfFile(head.getShort(18) & 0xffff, List.copyOf(needed), List.copyOf(folders));
    } catch (IndexOutOfBoundsException e) {
      throw new IOException(file + ": damaged", e);
    }
  }

  private static long value(ByteBuffer entries, long tag) {
    for (int at = 0; at + 16 <= entries.limit(); at += 16) {
      if (entries.getLong(at) == tag) {
        return entries.getLong(at + 8);
      }
    }
    return 0;
  }

  private static String text(ByteBuffer names, long at) {
    int from = (int) Math.min(at, names.limit());
    int to = from;
    while (names.get(to) != 0) {
      to++;
    }
    return new String(names.array(), from, to - from, StandardCharsets.UTF_8);
  }

  private static ByteBuffer read(FileChannel in, long from, long size) throws IOException {
    if (from < 0 || size < 0 || size > LONGEST) {
      throw new IOException("damaged");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (in.read(bytes, from + bytes.position()) < 0) {
        throw new EOFException("ends early");
      }
    }
    return bytes.flip();
  }
}
