package io.fovea.batch;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Gives results their names, in the order of the pictures. Of the names that are taken it keeps 64
 * bits each, so that millions fit; should two names share them, the second is named as if it were
 * taken.
 */
final class ResultNames {
  private final ResultFiles files;
  private final Path folder;
  private final LongSet taken = new LongSet();
  private final LongSet given = new LongSet(); // the pictures below the folder of the results

  ResultNames(ResultFiles files) {
    this.files = files;
    this.folder = files.folder().toAbsolutePath().normalize();
    if (files.legend()) {
      taken.add(hash(Path.of(ResultFiles.LEGEND)));
    }
  }

  /**
   * The name of a picture's result below the folder.
   *
   * @param below the picture's name below the folder that was given
   * @throws BatchException where the result would replace a given picture
   */
  String name(Path below) {
    String name = String.valueOf(below.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot < 1 ? name : name.substring(0, dot);
    for (int n = 1; ; n++) {
      String tried = n == 1 ? stem : n == 2 ? name : name + "." + n;
      Path result = below.resolveSibling(tried + files.extension());
      Path over = below.resolveSibling(tried + ResultFiles.OVERLAY);
      boolean free = !taken.contains(hash(result));
      if (free && !(files.overlay() && taken.contains(hash(over)))) {
        take(result);
        if (files.overlay()) {
          take(over);
        }
        return result.toString();
      }
    }
  }

  private void take(Path result) {
    taken.add(hash(result));
    if (given.contains(hash(result))) {
      refuse(result);
    }
  }

  /** Tells of a picture that is given, which no result may replace. */
  void give(Path picture) {
    Path full = picture.toAbsolutePath().normalize();
    if (full.startsWith(folder)) {
      Path below = folder.relativize(full);
      given.add(hash(below));
      if (taken.contains(hash(below))) {
        refuse(below);
      }
    }
  }

  private void refuse(Path below) {
    Path result = files.folder().resolve(below);
    if (Files.exists(result)) {
      throw new BatchException(
          result.toString(), "the result would replace a picture; choose another folder");
    }
  }

  private static long hash(Path path) {
    return LongSet.hash(path.toString());
  }
}
