package io.fovea.batch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the masks, pictures or heat maps that are made of pictures are written: {@code a.jpg} of a
 * folder gives {@code a.png} in the same place below another, and {@code a.gif} beside it {@code
 * a.gif.png}. No two of them share a name, nor takes one a given picture's place.
 *
 * @param folder above all of them
 * @param extension such as {@code .png}
 * @param legend whether a {@code legend.png} is written as well
 * @param overlay whether each has an overlay beside it, {@code a.overlay.png}
 */
public record ResultFiles(Path folder, String extension, boolean legend, boolean overlay) {
  static final String LEGEND = "legend.png";
  static final String OVERLAY = ".overlay.png";

  /** The file of a result's overlay. */
  Path overlay(Path result) {
    String name = String.valueOf(result.getFileName());
    return result.resolveSibling(name.substring(0, name.length() - extension.length()) + OVERLAY);
  }

  /** The file of the legend. */
  Path legendFile() {
    return folder.resolve(LEGEND);
  }

  /** Makes the folders above a file. */
  public static Path made(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return file;
  }
}
