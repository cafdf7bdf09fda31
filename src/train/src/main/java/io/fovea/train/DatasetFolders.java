package io.fovea.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the parts of a data set in a folder. */
final class DatasetFolders {
  private DatasetFolders() {}

  static Dataset training(Path folder) {
    Dataset idx = idx(folder, "train-");
    if (idx != null) {
      return idx;
    }
    Path train = folder.resolve("train");
    return FolderDataset.of(Files.isDirectory(train) ? train : folder);
  }

  static @Nullable Dataset heldOut(Path folder) {
    Dataset idx = idx(folder, "t10k-");
    if (idx != null) {
      return idx;
    }
    for (String name : List.of("test", "val", "validation")) {
      if (Files.isDirectory(folder.resolve(name))) {
        return FolderDataset.of(folder.resolve(name));
      }
    }
    return null;
  }

  private static @Nullable Dataset idx(Path folder, String part) {
    Path images = file(folder, part + "images-idx3-ubyte");
    Path labels = file(folder, part + "labels-idx1-ubyte");
    return images == null || labels == null ? null : IdxDataset.of(images, labels);
  }

  private static @Nullable Path file(Path folder, String name) {
    for (String end : List.of("", ".gz")) {
      Path file = folder.resolve(name + end);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }
}
