package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Where pictures for tests lie, and how two are compared. */
final class TestData {
  private TestData() {}

  /** A folder of {@code test-data} in the repository. */
  static Path committed(String folder) {
    String root = System.getProperty("fovea.root");
    Path at = Path.of(root == null ? System.getProperty("user.dir") : root).toAbsolutePath();
    while (at != null && !Files.isDirectory(at.resolve("test-data").resolve(folder))) {
      at = at.getParent();
    }
    assertEquals(false, at == null, "test-data/" + folder + " is missing");
    return at.resolve("test-data").resolve(folder);
  }

  /** A folder of the larger data, which is not part of the repository; skips the test without. */
  static Path shared(String folder) {
    Path at = Path.of(System.getProperty("fovea.shared", "shared")).resolve(folder);
    assumeTrue(Files.isDirectory(at), "skipped: the larger data (fovea.shared) has no " + folder);
    return at;
  }

  static List<Path> files(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Noise of a seed. */
  static Picture noise(int width, int height, int channels, long seed) {
    byte[] pixels = new byte[width * height * channels];
    new Random(seed).nextBytes(pixels);
    return Picture.of(width, height, channels, pixels);
  }

  /** Asserts that every sample is the same; a picture without colours equals its RGB. */
  static void assertSame(Picture expected, Picture actual, String what) {
    assertEquals(
        expected.width() + "x" + expected.height(), actual.width() + "x" + actual.height(), what);
    byte[] want = expected.toRgb().pixels();
    byte[] met = actual.toRgb().pixels();
    int different = 0;
    int most = 0;
    for (int i = 0; i < want.length; i++) {
      int by = Math.abs((want[i] & 0xff) - (met[i] & 0xff));
      different += by == 0 ? 0 : 1;
      most = Math.max(most, by);
    }
    assertEquals(0, different, what + ": samples that differ, by up to " + most);
  }
}
