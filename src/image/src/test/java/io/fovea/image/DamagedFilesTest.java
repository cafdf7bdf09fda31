package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever is done to a file, reading it ends in a picture or a {@link PictureException} that names
 * it, within 2 seconds of processor time and 256 MB of allocations, garbage included.
 */
class DamagedFilesTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long MOST_NANOS = 2_000_000_000L;
  private static final long MOST_BYTES = 256_000_000;

  /** The decoder of WebP makes 90 bytes of garbage a pixel, of which a fifth is held at once. */
  private static final long MOST_BYTES_OF_WEBP = 1_000_000_000;

  private static final int LONGEST_FILE = 300_000;
  private static final int PLACES = 20;
  private static final List<String> OTHER_FORMATS = List.of("avif", "jpeg2000", "pcx", "tga");

  private final List<String> problems = new ArrayList<>();
  private int pictures;

  private static List<Path> valid() {
    return TestData.files(TestData.shared("data/odd_images/valid")).stream()
        .filter(f -> !OTHER_FORMATS.contains(f.getParent().getFileName().toString()))
        .toList();
  }

  private void read(byte[] file, String name) {
    long thread = Thread.currentThread().getId();
    long bytes = THREADS.getThreadAllocatedBytes(thread);
    long nanos = THREADS.getCurrentThreadCpuTime();
    try {
      PictureReader.standard().read(file, name);
      pictures++;
    } catch (PictureException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.startsWith(name + ": ") || message.length() < name.length() + 8) {
        problems.add(message);
      }
    }
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    bytes = THREADS.getThreadAllocatedBytes(thread) - bytes;
    long most = name.contains(".webp") ? MOST_BYTES_OF_WEBP : MOST_BYTES;
    if (nanos > MOST_NANOS || bytes > most) {
      problems.add("%s: %,d ms, %,d bytes".formatted(name, nanos / 1_000_000, bytes));
    }
  }

  private void cut(int from, int step) throws IOException {
    for (Path file : valid()) {
      byte[] whole = Files.readAllBytes(file);
      for (int k = from; k < PLACES; k += step) {
        int length = (int) ((long) whole.length * k / PLACES);
        read(Arrays.copyOf(whole, length), file.getFileName() + " cut to " + length);
      }
    }
    assertEquals(List.of(), problems);
  }

  /** A mutation is repeated from the seed that its name ends with. */
  private void mutate(int from, int to) throws IOException {
    List<Path> files = valid();
    for (int seed = from; seed < to; seed++) {
      Random random = new Random(seed);
      Path file = files.get(random.nextInt(files.size()));
      Damage damage = Damage.values()[random.nextInt(Damage.values().length)];
      byte[] whole = Files.readAllBytes(file);
      if (whole.length <= LONGEST_FILE) {
        read(damage.apply(whole, random), file.getFileName() + " " + damage + " " + seed);
      }
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void corruptFilesOfOtherProjectsArePicturesOrRefused() throws IOException {
    List<Path> files = TestData.files(TestData.shared("data/odd_images/corrupt"));
    for (Path file : files) {
      read(Files.readAllBytes(file), file.toString());
    }
    assertEquals(List.of(), problems);
    assertEquals(88, files.size());
    assertTrue(pictures >= 30, pictures + " of them are pictures all the same");
  }

  @Test
  void cutFilesArePicturesOrRefused() throws IOException {
    cut(3, 8);
    assertTrue(pictures > 100, pictures + " pictures");
  }

  @Test
  void damagedFilesArePicturesOrRefused() throws IOException {
    mutate(0, 1_500);
    assertTrue(pictures > 500, pictures + " pictures");
  }

  @Test
  @Tag("slow")
  void filesCutAtTwentyPlacesArePicturesOrRefused() throws IOException {
    cut(0, 1);
  }

  @Test
  @Tag("slow")
  void tenThousandDamagedFilesArePicturesOrRefused() throws IOException {
    mutate(0, 10_500); // some are too long
  }
}
