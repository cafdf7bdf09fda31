package io.fovea.train;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the data of tests lies. */
final class TestData {
  private TestData() {}

  /** A file or folder of the project's own test data. */
  static Path own(String name) {
    return Path.of(System.getProperty("fovea.root", "../..")).resolve("test-data").resolve(name);
  }

  /**
   * A file or folder of the larger data beside the project; the test is skipped where it is absent.
   */
  static Path shared(String name) {
    Path path = Path.of(System.getProperty("fovea.shared", "../../../shared")).resolve(name);
    assumeTrue(Files.exists(path), "skipped: the shared data has no " + name);
    return path;
  }
}
