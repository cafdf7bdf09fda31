package io.fovea.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a model goes, checked before anything is computed for it. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that a model can be written there; folders above it are made.
   *
   * @throws Fovea.UserException where it cannot
   */
  static Path model(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new Fovea.UserException(file + ": is a folder");
    }
    if (!file.toString().endsWith(".onnx")) {
      throw new Fovea.UserException(file + ": expected a name that ends in .onnx");
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) { // it always is: the name ends in .onnx
      folder(parent);
    }
    return file;
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
