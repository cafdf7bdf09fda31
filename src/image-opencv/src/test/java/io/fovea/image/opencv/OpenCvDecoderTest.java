package io.fovea.image.opencv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fovea.image.Picture;
import io.fovea.image.PictureDecoder.Format;
import io.fovea.image.PictureException;
import io.fovea.image.PictureReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What OpenCV makes of pictures, and what it leaves to the default decoders. */
class OpenCvDecoderTest {
  private static final PictureReader WITH = PictureReader.standard();
  private static final PictureReader WITHOUT = WITH.withoutPlugIns();
  private static final OpenCvDecoder DECODER = new OpenCvDecoder();

  @Test
  void theReaderFindsItOnTheClassPath() {
    assertEquals(List.of("OpenCV 4.13.0"), PictureReader.plugIns());
  }

  @Test
  void picturesHaveTheSamePixels() throws IOException {
    int decoded = comparePixels(TestPictures.committed(), "jpg", "png");
    assertEquals(25, decoded);
  }

  @Test
  void jpegsAndPngsThatBreakReadersHaveTheSamePixels() throws IOException {
    Path valid = TestPictures.shared("data/odd_images/valid");
    // Not decoded: JPEGs that are lossless, of four inks, or have bytes between their segments.
    assertEquals(74, comparePixels(valid, "jpg", "jpeg"));
    assertEquals(199, comparePixels(valid, "png"));
  }

  /** How many files of these endings the decoder reads; all are the same by both readers. */
  private static int comparePixels(Path folder, String... endings) throws IOException {
    int decoded = 0;
    for (Path file : TestPictures.files(folder, endings)) {
      byte[] bytes = Files.readAllBytes(file);
      assertEquals(outcome(WITHOUT, bytes), outcome(WITH, bytes), file.toString());
      decoded += DECODER.decode(bytes, format(file), 1) == null ? 0 : 1;
    }
    return decoded;
  }

  /** A picture's size and pixels, or the reason why there is none. */
  private static String outcome(PictureReader reader, byte[] file) {
    try {
      Picture p = reader.read(file, "file");
      return p + " " + TestPictures.sha256(p.pixels());
    } catch (PictureException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static Format format(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith("png") ? Format.PNG : name.endsWith("webp") ? Format.WEBP : Format.JPEG;
  }

  @Test
  void webpsHaveTheBytesOfTheReference() throws IOException {
    Path root = TestPictures.shared("data/odd_images");
    int pictures = 0;
    for (String line : Files.readAllLines(root.resolve("EXPECTED.tsv"))) {
      String[] field = line.split("\t"); // path, format, mode, upright size, hash, ...
      if (field[1].equals("WEBP") && !field[0].contains("/exif_orientation/")) {
        Picture p = DECODER.decode(Files.readAllBytes(root.resolve(field[0])), Format.WEBP, 1);
        assertNotNull(p, field[0]);
        assertEquals(field[4], TestPictures.sha256(p.toRgb().pixels()), field[0]);
        pictures++;
      }
    }
    assertEquals(41, pictures);
  }

  @Test
  void losslessWebpNeedsNoLargerData() throws IOException {
    Path file = TestPictures.committed().resolve("lossless.webp");
    Picture p = DECODER.decode(Files.readAllBytes(file), Format.WEBP, 1);
    assertNotNull(p);
    assertArrayEquals(WITHOUT.read(file).pixels(), p.pixels());
  }

  @Test
  void cutFilesAreLeftToTheDefaultDecoder() throws IOException {
    for (Path file : TestPictures.files(TestPictures.committed(), "jpg", "png", "webp")) {
      byte[] bytes = Files.readAllBytes(file);
      for (int length = 0; length < bytes.length; length += 1 + bytes.length / 40) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertNull(DECODER.decode(cut, format(file), 1), file + " cut to " + length);
      }
      assertNull(DECODER.decode(Arrays.copyOf(bytes, bytes.length - 1), format(file), 1));
    }
  }

  @Test
  void damagedFilesEndAsTheyDoWithoutIt() throws IOException {
    Random random = new Random(7);
    for (Path file : TestPictures.files(TestPictures.committed(), "jpg", "png")) {
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < 20; i++) {
        byte[] damaged = bytes.clone();
        for (int k = 0; k <= i % 3; k++) {
          damaged[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        assertEquals(outcome(WITHOUT, damaged), outcome(WITH, damaged), file + " damaged " + i);
      }
    }
  }

  @Test
  void eightThreadsDecodeAtOnce() throws Exception {
    List<Path> files = TestPictures.files(TestPictures.committed(), "jpg", "png", "webp");
    List<Picture> alone = files.stream().map(WITH::read).toList();
    List<Thread> threads =
        IntStream.range(0, 8)
            .mapToObj(
                t ->
                    new Thread(
                        () -> {
                          for (int i = 0; i < 5 * files.size(); i++) {
                            int k = (i + t) % files.size();
                            byte[] pixels = WITH.read(files.get(k)).pixels();
                            if (!Arrays.equals(alone.get(k).pixels(), pixels)) {
                              throw new AssertionError(files.get(k));
                            }
                          }
                        }))
            .toList();
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    threads.forEach(t -> t.setUncaughtExceptionHandler((thread, e) -> failures.add(e)));
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
  }
}
