package io.fovea.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a list into chunks of pictures that follow one another. Entries of archives are read as they
 * are taken, as archives are read from the front to the back. Thread-safe.
 */
final class Chunks implements AutoCloseable {
  private static final long MOST_BYTES = 32 << 20; // of a chunk's entries

  /** A picture to read: a file, or the bytes of an entry. */
  record Given(Item item, byte @Nullable [] bytes, @Nullable String error) {}

  /**
   * Some pictures.
   *
   * @param number counts from 0 in the order of the list
   * @param from position of the first picture in the list
   */
  record Chunk(long number, long from, List<Given> pictures) {
    long to() {
      return from + pictures.size();
    }
  }

  private final PictureList.Reader list;
  private final int size;
  private long number;
  private long position;
  private @Nullable Archive archive;
  private String archiveName = "";
  private int entry; // the next entry's number
  private @Nullable Item ahead;

  Chunks(PictureList.Reader list, long from, int size) throws IOException {
    this.list = list;
    this.position = from;
    this.size = size;
    this.ahead = list.next();
  }

  /** The next chunk; null at the end. */
  synchronized @Nullable Chunk take() throws IOException {
    List<Given> pictures = new ArrayList<>(size);
    long bytes = 0;
    for (Item item = ahead; item != null; item = ahead) {
      if (pictures.size() == size || bytes > MOST_BYTES) {
        break;
      }
      Given given = given(item);
      pictures.add(given);
      bytes += given.bytes == null ? 0 : given.bytes.length;
      ahead = list.next();
    }
    if (pictures.isEmpty()) {
      return null;
    }
    Chunk chunk = new Chunk(number++, position, pictures);
    position = chunk.to();
    return chunk;
  }

  private Given given(Item item) {
    if (item.error() != null || item.entry() == null) {
      return new Given(item, null, item.error());
    }
    try {
      return new Given(item, bytes(item), null);
    } catch (IOException | IllegalArgumentException | OutOfMemoryError e) {
      return new Given(item, null, "cannot be read: " + e.getMessage());
    }
  }

  private byte[] bytes(Item item) throws IOException {
    Archive open = archive;
    if (open == null || !archiveName.equals(item.source()) || entry > item.index()) {
      closeArchive();
      open = Archive.open(Path.of(item.source()));
      archive = open;
      archiveName = item.source();
      entry = 0;
    }
    String name = null;
    for (; entry <= item.index(); entry++) {
      name = open.next();
    }
    if (!Objects.equals(item.entry(), name)) {
      throw new IOException("the archive has changed");
    }
    return open.bytes();
  }

  private void closeArchive() throws IOException {
    if (archive != null) {
      archive.close();
      archive = null;
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closeArchive();
    list.close();
  }
}
