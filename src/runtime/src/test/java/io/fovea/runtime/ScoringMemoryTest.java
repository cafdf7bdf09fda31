package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoringMemoryTest {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** In a JVM of its own with a fixed, touched heap, so that what grows is native memory. */
  @Test
  void residentMemoryStaysBetweenAThousandAndTenThousandPictures() throws Exception {
    assumeTrue(Files.exists(STATUS), "skipped: resident memory is read from /proc");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:MaxDirectMemorySize=256m",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                System.getProperty("fovea.root", "../.."))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed =
        new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, child.waitFor());
    long grownKib = Long.parseLong(printed);
    System.out.println("resident memory grew by " + grownKib + " KiB over 9,000 pictures");
    assertTrue(grownKib < 32 * 1024, grownKib + " KiB");
  }

  @Test
  void aPictureTakesLessThanTwoKilobytesOfTheHeap() throws IOException {
    Path net =
        Path.of(System.getProperty("fovea.root", "../.."), "test-data/oracle/residual/model.onnx");
    Preprocessing fed = Preprocessing.of(new Step.Resize(16, 16, Resampling.BILINEAR));
    Picture picture = ClassifierTest.noise(40, 30, 1);
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int runs = 500;
    try (Classifier c = Classifier.load(net, Device.cpu(), fed)) {
      for (List<Picture> batch : List.of(List.of(picture), Collections.nCopies(8, picture))) {
        long before = 0;
        for (int i = -runs; i < runs; i++) {
          before = i == 0 ? thread.getCurrentThreadAllocatedBytes() : before;
          c.top(batch, 1);
        }
        long each = (thread.getCurrentThreadAllocatedBytes() - before) / runs / batch.size();
        assertTrue(each < 2048, each + " bytes in batches of " + batch.size());
      }
    }
  }

  /** Scores and prints by how many KiB it grew. */
  static final class Child {
    public static void main(String[] args) throws IOException {
      Path net = Path.of(args[0], "test-data/oracle/residual/model.onnx");
      Preprocessing fed = Preprocessing.of(new Step.Resize(16, 16, Resampling.BILINEAR));
      long atThousand = 0;
      try (Classifier c = Classifier.load(net, Device.cpu(), fed)) {
        for (int i = 1; i <= 10_000; i++) {
          c.score(ClassifierTest.noise(20 + i % 30, 20 + i % 17, i));
          if (i == 1000) {
            atThousand = residentKib();
          }
        }
      }
      System.out.println(residentKib() - atThousand);
    }

    private static long residentKib() throws IOException {
      return Files.readAllLines(STATUS).stream()
          .filter(l -> l.startsWith("VmRSS:"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }
}
