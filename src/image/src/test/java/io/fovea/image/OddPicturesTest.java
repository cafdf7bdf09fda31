package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Several hundred pictures that break readers, and what Pillow makes of them. */
class OddPicturesTest {
  private static final Set<String> FORMATS =
      Set.of("JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM", "ICO", "WEBP");

  /** Files that are not read. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "valid/tiff/hopper_lzma.tif",
          "a TIFF that is compressed by LZMA, which is not read here");

  private static final String LAB = "Lab is converted by other fractions than in LittleCMS";
  private static final String OLD_JPEG =
      "chroma of an old JPEG in a TIFF is interpolated, by libtiff repeated";

  /** Files of which some samples are not Pillow's; lossy WebP comes on top. */
  private static final Map<String, String> OTHER_BYTES =
      Map.of(
          "valid/bmp/blauesglas_4.rle", "Pillow misreads jumps in 4-bit runs",
          "valid/tiff/ci_IndexColorPaletteTiled.tif",
              "row 63 has index 1, which is black by the palette; Pillow shows no black",
          "valid/tiff/scan-lzw-8bit-colormap.tiff",
              "its palette has 8-bit levels where 16-bit ones belong; in Pillow all is black",
          "valid/tiff_ccitt/g3aoe.tif",
              "some lines of this fax are decoded otherwise than by libtiff",
          "valid/tiff/old-style-jpeg-multiple-strips.tif", OLD_JPEG,
          "valid/tiff/smallliz.tif", OLD_JPEG,
          "valid/tiff/ColorCheckerCalculator.tif", LAB,
          "valid/tiff/hopper.Lab.tif", LAB,
          "valid/tiff/lab.tif", LAB,
          "valid/tiff/lab-green.tif", LAB);

  /**
   * WebP whose bytes are Pillow's; all others are lossy, whose chroma the default decoder enlarges
   * otherwise than libwebp. The plug-in decoder is libwebp.
   */
  private static final int EQUAL_WEBP = 13;

  /** What Pillow makes of a file; no hash where it keeps more than 8 bits. */
  private record Expected(String path, String format, String size, String hash) {
    Picture read() {
      return Picture.read(root().resolve(path));
    }

    boolean isEqual(Picture p) {
      return hash.equals("-") || sha256(p.toRgb().pixels()).equals(hash);
    }
  }

  private static Path root() {
    return TestData.shared("data/odd_images");
  }

  private static List<Expected> expected() throws IOException {
    List<Expected> all = new ArrayList<>();
    for (String line : Files.readAllLines(root().resolve("EXPECTED.tsv"))) {
      String[] field = line.split("\t"); // path, format, mode, size, hash, ...
      if (FORMATS.contains(field[1])) {
        all.add(new Expected(field[0], field[1], field[3], field[4]));
      }
    }
    return all;
  }

  @Test
  void picturesHavePillowsSizeAndItsBytesButForTheListedOnes() throws IOException {
    List<String> otherSizes = new ArrayList<>();
    Set<String> otherBytes = new TreeSet<>();
    Map<String, Integer> read = new HashMap<>();
    int equalWebp = 0;
    for (Expected e : expected()) {
      if (REFUSED.containsKey(e.path)) {
        continue;
      }
      Picture p = e.read();
      read.merge(e.format, 1, Integer::sum);
      if (!e.size.equals(p.width() + "x" + p.height())) {
        otherSizes.add(e.path + " is " + p + ", expected " + e.size);
      }
      if (e.format.equals("WEBP")) {
        equalWebp += e.isEqual(p) ? 1 : 0;
      } else if (!e.isEqual(p)) {
        otherBytes.add(e.path);
      }
    }
    assertEquals(List.of(), otherSizes);
    assertEquals(new TreeSet<>(OTHER_BYTES.keySet()), otherBytes);
    assertEquals(EQUAL_WEBP, equalWebp);
    Map<String, Integer> files =
        Map.of(
            "JPEG", 85, "PNG", 199, "GIF", 24, "BMP", 47, "TIFF", 133, "PPM", 18, "ICO", 8, "WEBP",
            46);
    assertEquals(new TreeMap<>(files), new TreeMap<>(read));
  }

  @Test
  void whatIsNotReadIsRefusedByName() {
    REFUSED.forEach(
        (path, reason) -> {
          var e = assertThrows(PictureException.class, () -> Picture.read(root().resolve(path)));
          assertEquals(root().resolve(path) + ": " + reason, e.getMessage());
        });
  }

  @Test
  void lossyJpegsEqualPillowsToTheBitAndSoDoInks() throws IOException {
    Path answers = TestData.shared("oracle/decode");
    int jpegs = 0;
    int inks = 0;
    for (String line : Files.readAllLines(answers.resolve("INDEX.tsv"))) {
      String[] field = line.split("\t"); // path, reference, format, mode, ...
      if (field[2].equals("JPEG")) {
        Picture actual = Picture.read(root().resolve(field[0]));
        TestData.assertSame(Picture.read(answers.resolve(field[1])), actual, field[0]);
        jpegs++;
        inks += field[3].equals("CMYK") ? 1 : 0;
      }
    }
    assertEquals(30, jpegs);
    assertEquals(2, inks);
  }

  /** Lossy WebP is near Pillow's where it is not equal. */
  @Test
  void lossyWebpIsNearPillows() throws IOException {
    Path answers = TestData.shared("oracle/decode");
    int pictures = 0;
    for (String line : Files.readAllLines(answers.resolve("INDEX.tsv"))) {
      String[] field = line.split("\t");
      if (field[2].equals("WEBP")) {
        byte[] want = Picture.read(answers.resolve(field[1])).toRgb().pixels();
        byte[] met = Picture.read(root().resolve(field[0])).toRgb().pixels();
        long sum = 0;
        for (int i = 0; i < want.length; i++) {
          sum += Math.abs((want[i] & 0xff) - (met[i] & 0xff));
        }
        double mean = sum / (double) want.length;
        assertTrue(mean < 8, field[0] + " differs by %.2f levels".formatted(mean));
        pictures++;
      }
    }
    assertEquals(3, pictures);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
