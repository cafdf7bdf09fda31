package io.fovea.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Writes a file whole or not at all: under a temporary name beside the target, synced, renamed. */
final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a file; one of that name is replaced once all of it is on the disk.
   *
   * @throws PictureException where it cannot be written; nothing is left behind
   */
  static void write(Path file, byte[] content) {
    Path temporary = file.resolveSibling(".fovea-" + UUID.randomUUID() + ".tmp");
    try {
      try {
        write(temporary, ByteBuffer.wrap(content));
        move(temporary, file);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new PictureException(file.toString(), "cannot be written: " + e, e);
    }
  }

  private static void write(Path file, ByteBuffer content) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        out.write(content);
      }
      out.force(true);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
