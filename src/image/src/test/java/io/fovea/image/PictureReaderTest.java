package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureReaderTest {
  private static final PictureReader READER = PictureReader.standard();

  private static List<Path> samples() {
    return TestData.files(TestData.committed("pictures"));
  }

  @Test
  void messagesNameTheFileAndTheReason(@TempDir Path folder) throws IOException {
    Path none = folder.resolve("none.png");
    assertProblem(none, "no such file");
    Path empty = Files.write(folder.resolve("empty.png"), new byte[0]);
    assertProblem(empty, "it is empty");
    Path text = Files.writeString(folder.resolve("text.jpg"), "not a picture at all");
    assertProblem(text, "not a picture of a format that is read here");
  }

  private static void assertProblem(Path file, String reason) {
    var e = assertThrows(PictureException.class, () -> READER.read(file));
    assertEquals(file + ": " + reason, e.getMessage());
    assertEquals(file.toString(), e.source());
  }

  @Test
  void largePicturesAreRefusedByTheirHeaders() {
    PictureReader small = READER.withMaxPixels(100);
    for (Path file : samples()) {
      var e = assertThrows(PictureException.class, () -> small.read(file), file.toString());
      assertTrue(e.getMessage().endsWith(" is over the limit of 100 pixels"), e.getMessage());
    }
    byte[] huge = "P5 60000 60000 255\n".getBytes(StandardCharsets.US_ASCII);
    var e = assertThrows(PictureException.class, () -> READER.read(huge, "huge.pgm"));
    assertEquals("huge.pgm: 60000x60000 is over the limit of 178,956,970 pixels", e.getMessage());
  }

  @Test
  void largeFilesAreRefused() {
    Path file = samples().get(0);
    var e = assertThrows(PictureException.class, () -> READER.withMaxBytes(100).read(file));
    assertEquals(file + ": over the limit of 100 bytes", e.getMessage());
    assertEquals(READER.read(file).width(), READER.withMaxBytes(Long.MAX_VALUE).read(file).width());
    assertThrows(PictureException.class, () -> READER.withMaxBytes(0));
    assertThrows(PictureException.class, () -> READER.withMaxPixels(-1));
  }

  @Test
  void cutFilesGiveAPictureOrAPictureException() throws IOException {
    for (Path file : samples()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int length = 0; length < bytes.length; length += 1 + bytes.length / 60) {
        readOrRefuse(Arrays.copyOf(bytes, length), file + " cut to " + length);
      }
    }
  }

  @Test
  void damagedFilesGiveAPictureOrAPictureException() throws IOException {
    Random random = new Random(40);
    for (Path file : samples()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < 60; i++) {
        byte[] damaged = bytes.clone();
        for (int k = 0; k <= i % 4; k++) {
          int reach = i % 2 == 0 ? bytes.length : Math.min(bytes.length, 120);
          damaged[random.nextInt(reach)] = (byte) random.nextInt(256);
        }
        readOrRefuse(damaged, file + " damaged " + i);
      }
    }
  }

  @Test
  void corruptFilesOfOtherProjectsGiveAPictureOrAPictureException() throws IOException {
    int pictures = 0;
    List<Path> files = TestData.files(TestData.shared("data/odd_images/corrupt"));
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      pictures += readOrRefuse(bytes, file.toString()) ? 1 : 0;
      for (int part = 1; part < 8; part++) {
        readOrRefuse(Arrays.copyOf(bytes, bytes.length * part / 8), file + " cut");
      }
    }
    assertEquals(88, files.size());
    assertTrue(pictures >= 30, pictures + " of them are pictures all the same");
  }

  /** Any other throwable ends the test. */
  private static boolean readOrRefuse(byte[] bytes, String name) {
    try {
      READER.withMaxPixels(30_000_000).read(bytes, name);
      return true;
    } catch (PictureException e) {
      assertTrue(e.getMessage().startsWith(name + ": "), e.getMessage());
      return false;
    }
  }

  @Test
  void manyThreadsReadAtOnce() {
    List<Path> files = samples();
    List<Picture> alone = files.stream().map(READER::read).toList();
    IntStream.range(0, 8 * files.size())
        .parallel()
        .forEach(
            i -> {
              int k = i % files.size();
              TestData.assertSame(alone.get(k), READER.read(files.get(k)), files.get(k).toString());
            });
  }
}
