package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Several hundred pictures that break readers, and what Pillow makes of them. */
class OddPicturesTest {
  /** Files whose size is not Pillow's. */
  private static final Map<String, String> OTHER_SIZE =
      Map.of("valid/tiff/a33.tif", "Pillow ignores an orientation that is stored as a byte");

  /** How many files of a format there are, are read, and equal Pillow's bytes. */
  private record Count(int files, int read, int equal) {
    Count plus(Count other) {
      return new Count(files + other.files, read + other.read, equal + other.equal);
    }
  }

  /**
   * Measured. Not read: TIFF of floating-point samples, of samples with a sign, and of LZMA. Not
   * equal: 16-bit grey, of which Pillow keeps 16 bits; Lab; old JPEG in TIFF; lossy WebP; a PNG
   * with its orientation in a text; RLE4 with jumps, which Pillow misreads.
   */
  private static final Map<String, Count> MEASURED =
      Map.of(
          "JPEG", new Count(85, 85, 85),
          "PNG", new Count(199, 199, 191),
          "GIF", new Count(24, 24, 24),
          "BMP", new Count(47, 47, 46),
          "TIFF", new Count(134, 128, 109),
          "PPM", new Count(18, 17, 14),
          "ICO", new Count(8, 8, 8),
          "WEBP", new Count(46, 46, 13));

  @Test
  void picturesHavePillowsSizeAndMostlyItsBytes() throws IOException {
    Path root = TestData.shared("data/odd_images");
    Map<String, Count> counts = new TreeMap<>();
    List<String> wrongSizes = new ArrayList<>();
    for (String line : Files.readAllLines(root.resolve("EXPECTED.tsv"))) {
      String[] field = line.split("\t"); // path, format, mode, size, hash, ...
      if (!MEASURED.containsKey(field[1])) {
        continue;
      }
      boolean read = false;
      boolean equal = false;
      try {
        Picture p = Picture.read(root.resolve(field[0]));
        read = true;
        equal = sha256(p.toRgb().pixels()).equals(field[4]);
        if (!field[3].equals(p.width() + "x" + p.height()) && !OTHER_SIZE.containsKey(field[0])) {
          wrongSizes.add(field[0] + " is " + p + ", expected " + field[3]);
        }
      } catch (PictureException e) {
        // counted as not read
      }
      counts.merge(field[1], new Count(1, read ? 1 : 0, equal ? 1 : 0), Count::plus);
    }
    assertEquals(List.of(), wrongSizes);
    assertEquals(new TreeMap<>(MEASURED), counts);
  }

  @Test
  void lossyJpegsEqualPillowsToTheBit() throws IOException {
    Path answers = TestData.shared("oracle/decode");
    Path pictures = TestData.shared("data/odd_images");
    int jpegs = 0;
    for (String line : Files.readAllLines(answers.resolve("INDEX.tsv"))) {
      String[] field = line.split("\t"); // path, reference, format, ...
      if (field[2].equals("JPEG")) {
        Picture actual = Picture.read(pictures.resolve(field[0]));
        TestData.assertSame(Picture.read(answers.resolve(field[1])), actual, field[0]);
        jpegs++;
      }
    }
    assertEquals(30, jpegs);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
