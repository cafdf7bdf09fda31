package io.fovea.onnx;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Real files of many writers, where they are at hand. */
final class SharedModels {
  private SharedModels() {}

  /** Every .onnx file of the data folder and the training oracle; skips the test without them. */
  static Stream<Path> all() {
    Path shared = Path.of(System.getProperty("fovea.shared", "shared"));
    assumeTrue(
        Files.isDirectory(shared), "no larger data at " + shared + ": set -Dfovea.shared=FOLDER");
    return Stream.of("oracle/training", "data/pretrained", "data/onnx_conformance")
        .flatMap(folder -> below(shared.resolve(folder)).stream());
  }

  private static List<Path> below(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".onnx")).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
