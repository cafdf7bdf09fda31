package io.fovea.image.opencv;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Where pictures for tests lie. */
final class TestPictures {
  private TestPictures() {}

  /** Small pictures of many kinds, in the repository. */
  static Path committed() {
    Path at = Path.of(System.getProperty("fovea.root", "")).toAbsolutePath();
    while (!Files.isDirectory(at.resolve("test-data/pictures"))) {
      at = at.getParent();
    }
    return at.resolve("test-data/pictures");
  }

  /** A folder of the larger data, which is not part of the repository; skips the test without. */
  static Path shared(String folder) {
    Path at = Path.of(System.getProperty("fovea.shared", "shared")).resolve(folder);
    assumeTrue(Files.isDirectory(at), "skipped: the larger data (fovea.shared) has no " + folder);
    return at;
  }

  /** Files of these endings, also of folders inside. */
  static List<Path> files(Path folder, String... endings) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(
              f -> {
                String name = f.getFileName().toString().toLowerCase(Locale.ROOT);
                return Arrays.stream(endings).anyMatch(e -> name.endsWith("." + e));
              })
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
