package io.fovea.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.runtime.Classifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillTest {
  private static final int KILLS = 20;
  private static final int PICTURES = 700;

  @TempDir Path folder;

  /** A process as it scores; the first line that it prints is how many rows it found. */
  private record Child(Process process, BufferedReader out, long done) {
    static Child start(Path model, Path pictures, Path rows) throws IOException {
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      Process process =
          new ProcessBuilder(
                  java,
                  "-XX:TieredStopAtLevel=1",
                  "-XX:-CreateCoredumpOnCrash",
                  "-Djava.awt.headless=true",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledRun.class.getName(),
                  model.toString(),
                  pictures.toString(),
                  rows.toString())
              .redirectErrorStream(true)
              .start();
      BufferedReader out = process.inputReader();
      String line = String.valueOf(out.readLine());
      assertTrue(line.matches("\\d+"), () -> line + out.lines().toList());
      return new Child(process, out, Long.parseLong(line));
    }
  }

  @Test
  void aRunThatIsKilledAtAnyMomentGoesOnToOneRowAPicture() throws Exception {
    Path model = Nets.means(folder.resolve("net.onnx"), 7);
    Path pictures = Nets.draw(folder.resolve("photos"), PICTURES);
    Files.writeString(pictures.resolve("0100.png"), "no picture");
    Path rows = folder.resolve("scores.csv");
    Path whole = folder.resolve("whole.csv");
    try (Classifier classifier = Nets.load(model)) {
      KilledRun.score(classifier, pictures, whole);
    }
    List<String> wanted = Files.readAllLines(whole);
    assertEquals(PICTURES + 2, wanted.size());

    Child first = Child.start(model, pictures, folder.resolve("first.csv"));
    long start = System.nanoTime();
    assertEquals(0, first.process.waitFor());
    long most = System.nanoTime() - start;
    Random random = new Random(7);
    int resumed = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Child child = Child.start(model, pictures, rows);
      resumed += child.done > 0 ? 1 : 0;
      TimeUnit.NANOSECONDS.sleep((long) (most * random.nextDouble()));
      child.process.destroyForcibly().waitFor(); // SIGKILL
      if (Files.exists(rows)) {
        assertSame(wanted, Files.readAllLines(rows));
        if (Files.notExists(PartsFolder.of(rows))) {
          Files.delete(rows);
        }
      }
    }
    assertTrue(resumed > 1, resumed + " runs went on with parts");
    Child last = Child.start(model, pictures, rows);
    assertEquals(0, last.process.waitFor(), () -> last.out.lines().toList().toString());
    assertSame(wanted, Files.readAllLines(rows));
    assertFalse(Files.exists(PartsFolder.of(rows)), "parts are removed");
  }

  private static void assertSame(List<String> wanted, List<String> met) {
    assertEquals(wanted.size(), met.size());
    for (int i = 0; i < wanted.size(); i++) {
      String[] a = wanted.get(i).split(",", -1);
      String[] b = met.get(i).split(",", -1);
      assertEquals(a.length, b.length);
      for (int k = 0; k < a.length; k++) {
        if (a[k].matches("[0-9.E-]+")) {
          assertEquals(Double.parseDouble(a[k]), Double.parseDouble(b[k]), 1e-6);
        } else {
          assertEquals(a[k], b[k]);
        }
      }
    }
  }
}
