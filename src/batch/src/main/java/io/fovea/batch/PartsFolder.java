package io.fovea.batch;

import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The folder beside a file of rows that holds its parts, the list of the pictures and the manifest
 * until the file is whole. One process at a time has it.
 */
final class PartsFolder implements AutoCloseable {
  private static final String MANIFEST = "manifest.json";
  private static final String LIST = "pictures.jsonl";
  private static final String NEW_LIST = "pictures.new";
  private static final String WHOLE = "whole";
  private static final String LOCK = "lock";
  private static final Set<String> OWN =
      Set.of(MANIFEST, LIST, NEW_LIST, WHOLE, LOCK, Part.UNNAMED);

  private final Path folder;
  private final FileChannel channel;

  private PartsFolder(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /** Where the parts of a file lie. */
  static Path of(Path file) {
    return file.resolveSibling(file.getFileName() + ".parts");
  }

  /** Takes the folder of a file; makes it where it is not there. */
  static PartsFolder open(Path file) throws IOException {
    Path folder = of(file);
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new PartsFolder(folder, channel);
      }
    } catch (OverlappingFileLockException e) {
      // of this very process
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new BatchException(file.toString(), "another run writes it");
  }

  Path path() {
    return folder;
  }

  /** Where the list is written that {@link #fix} then compares. */
  Path newList() {
    return folder.resolve(NEW_LIST);
  }

  /**
   * Fixes what the parts have in common, or checks that it is what it was at the first start.
   *
   * @return the list in its place
   * @throws BatchException where it is not
   */
  PictureList fix(Manifest manifest, PictureList list) throws IOException {
    Path file = folder.resolve(MANIFEST);
    boolean resumed = Files.exists(file);
    if (resumed) {
      String changed = Manifest.read(file).changed(manifest);
      if (!changed.isEmpty()) {
        throw new BatchException(
            folder.toString(),
            "was begun %s: go on with the same, or start anew by --restart".formatted(changed));
      }
    }
    Path place = folder.resolve(LIST);
    Files.move(list.file(), place, StandardCopyOption.REPLACE_EXISTING);
    if (!resumed) {
      for (Part left : Part.in(folder)) { // of a start that had no manifest yet
        Files.delete(left.file());
      }
      manifest.write(file);
    }
    return new PictureList(place, list.count(), list.sha256());
  }

  /** The batch of the first start; otherwise what is given. */
  int batch(int otherwise) throws IOException {
    Path file = folder.resolve(MANIFEST);
    return Files.exists(file) ? Manifest.read(file).batch() : otherwise;
  }

  /** Writes a file from the parts, whole or not at all. */
  void merge(Path file, WholeFile.Content content) throws IOException {
    Path whole = folder.resolve(WHOLE);
    WholeFile.write(whole, content);
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Forgets all parts; the manifest goes last, so that what is left can be gone on with. */
  void clear() throws IOException {
    List<Path> own = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        boolean temporary = name.startsWith(".fovea-") && name.endsWith(".tmp");
        if (temporary || OWN.contains(name) || Part.NAME.matcher(name).matches()) {
          own.add(file);
        }
      }
    }
    own.remove(folder.resolve(LOCK));
    own.sort(Comparator.comparing(f -> f.endsWith(MANIFEST)));
    for (Path file : own) {
      Files.deleteIfExists(file);
    }
  }

  /** Removes the folder, but for files of others in it. */
  void remove() throws IOException {
    clear();
    channel.close();
    Files.deleteIfExists(folder.resolve(LOCK));
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
      if (left.iterator().hasNext()) {
        return;
      }
    }
    Files.delete(folder);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
