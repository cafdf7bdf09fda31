package io.fovea.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the parts of a data set in a folder. */
final class DatasetFolders {
  private DatasetFolders() {}

  static Dataset part(Path folder, String part) {
    Path images = idx(folder, part, "images-idx3-ubyte");
    Path labels = idx(folder, part, "labels-idx1-ubyte");
    if (images != null && labels != null) {
      return IdxDataset.of(images, labels);
    }
    List<String> names = part.equals("test") ? List.of("test", "val", "validation") : List.of(part);
    for (String name : names) {
      if (Files.isDirectory(folder.resolve(name))) {
        return FolderDataset.of(folder.resolve(name));
      }
    }
    if (part.equals("train")) {
      return FolderDataset.of(folder);
    }
    throw new TrainException(folder + ": expected a held-out part in one of the folders " + names);
  }

  private static @Nullable Path idx(Path folder, String part, String kind) {
    String prefix = part.equals("test") ? "t10k-" : "train-";
    for (String end : List.of("", ".gz")) {
      Path file = folder.resolve(prefix + kind + end);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }
}
