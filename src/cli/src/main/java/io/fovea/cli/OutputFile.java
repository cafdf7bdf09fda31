package io.fovea.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where a model or a picture goes, checked before anything is computed for it. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that a model can be written there; folders above it are made.
   *
   * @throws Fovea.UserException where it cannot
   */
  static Path model(Path file) throws IOException {
    check(file, file.toString().endsWith(".onnx"), ".onnx");
    return file;
  }

  /**
   * Checks that a picture can be written there; folders above it are made.
   *
   * @throws Fovea.UserException where it cannot
   */
  static void picture(Path file) throws IOException {
    boolean isPng = file.toString().toLowerCase(Locale.ROOT).endsWith(".png");
    check(file, isPng || isJpeg(file), ".png or .jpg");
  }

  /** Whether a picture's name says that it is a JPEG. */
  static boolean isJpeg(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".jpg") || name.endsWith(".jpeg");
  }

  private static void check(Path file, boolean isNamed, String endings) throws IOException {
    if (Files.isDirectory(file)) {
      throw new Fovea.UserException(file + ": is a folder");
    }
    if (!isNamed) {
      throw new Fovea.UserException(file + ": expected a name that ends in " + endings);
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) { // it always is: the name has an ending
      folder(parent);
    }
  }

  /** Makes a folder, and checks that it can be written into. */
  static Path folder(Path folder) throws IOException {
    Files.createDirectories(folder);
    if (!Files.isWritable(folder)) {
      throw new Fovea.UserException(folder + ": cannot be written to");
    }
    return folder;
  }
}
