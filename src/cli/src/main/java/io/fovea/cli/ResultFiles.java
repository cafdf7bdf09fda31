package io.fovea.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where the masks or pictures that a model makes are written: {@code a.jpg} of a folder gives
 * {@code a.png} in the same place below another, and {@code a.gif} beside it {@code a.gif.png}. No
 * two of them share a name, nor takes one a given picture's place.
 */
final class ResultFiles {
  static final String LEGEND = "legend.png";
  private static final String OVERLAY = ".overlay.png";

  private final Path folder;
  private final String extension;
  private final boolean overlay;
  private final Set<Path> taken = new HashSet<>();
  private final Map<Path, Path> names = new LinkedHashMap<>();

  /**
   * Names for some pictures.
   *
   * @param pictures given files, and their names below the folder that was given
   * @param extension of the results, such as {@code .png}
   * @param legend whether a legend is written as well
   * @param overlay whether each result has an overlay beside it
   * @throws Fovea.UserException where a result would replace a given picture
   */
  ResultFiles(
      Path folder, Map<Path, Path> pictures, String extension, boolean legend, boolean overlay) {
    this.folder = folder;
    this.extension = extension;
    this.overlay = overlay;
    if (legend) {
      taken.add(Path.of(LEGEND));
    }
    pictures.forEach((picture, below) -> names.put(picture, name(below)));
    check(pictures.keySet());
  }

  private Path name(Path picture) {
    String name = picture.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot < 1 ? name : name.substring(0, dot);
    for (int n = 1; ; n++) {
      String tried = n == 1 ? stem : n == 2 ? name : name + "." + n;
      Path result = picture.resolveSibling(tried + extension);
      Path over = picture.resolveSibling(tried + OVERLAY);
      if (!taken.contains(result) && !(overlay && taken.contains(over))) {
        taken.add(result);
        if (overlay) {
          taken.add(over);
        }
        return result;
      }
    }
  }

  private void check(Collection<Path> pictures) {
    Set<Path> given = new HashSet<>();
    pictures.forEach(p -> given.add(p.toAbsolutePath().normalize()));
    for (Path name : taken) {
      Path result = folder.resolve(name);
      if (given.contains(result.toAbsolutePath().normalize())) {
        throw new Fovea.UserException(
            result + ": the result would replace a picture; choose another folder");
      }
    }
  }

  /** The file of a picture's result. */
  Path of(Path picture) {
    return folder.resolve(String.valueOf(names.get(picture)));
  }

  /** The file of a result's overlay. */
  Path overlay(Path result) {
    String name = result.getFileName().toString();
    return result.resolveSibling(name.substring(0, name.length() - extension.length()) + OVERLAY);
  }

  boolean hasOverlays() {
    return overlay;
  }

  /** The file of the legend. */
  Path legend() {
    return folder.resolve(LEGEND);
  }

  /** Makes the folders above a file. */
  static Path made(Path file) throws java.io.IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    return file;
  }
}
