package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder with what the sides of a comparison score: nets of random weights, and JPEG files. */
record Workload(Path folder) implements AutoCloseable {
  static Workload create() throws IOException {
    return new Workload(Files.createTempDirectory("fovea-bench"));
  }

  /** Writes a net as {@code NAME.onnx}. */
  Path net(String name, int classes) {
    Path file = folder.resolve(name + ".onnx");
    Architectures.named(name).model(Options.classes(classes)).write(file);
    return file;
  }

  /**
   * Writes photographs, each another as far as there are.
   *
   * @param sizes widths and heights, which take turns
   * @return the folder that has them
   */
  Path photos(int count, int[]... sizes) throws IOException {
    Path into = Files.createDirectories(folder.resolve("photos"));
    List<Picture> tiles = Photo.tiles(count);
    for (int i = 0; i < count; i++) {
      int[] size = sizes[i % sizes.length];
      byte[] jpeg = Photo.jpeg(tiles.get(i % tiles.size()), size[0], size[1]);
      Files.write(into.resolve("%05d.jpg".formatted(i)), jpeg);
    }
    return into;
  }

  /** The files that {@link #photos} wrote. */
  static List<Path> files(Path photos) throws IOException {
    try (Stream<Path> all = Files.list(photos)) {
      return all.sorted().toList();
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder()).forEach(Workload::delete);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
