package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files appear whole or not at all. */
class WholeFileTest {
  @TempDir Path folder;

  @Test
  void makesFoldersAndReplacesWhatIsThere() throws IOException {
    Path file = folder.resolve("a/b/c.txt");
    WholeFile.write(file, out -> out.write("old".getBytes()));
    WholeFile.write(file, out -> out.write("new".getBytes()));
    assertEquals("new", Files.readString(file));
    assertEquals(List.of(file), filesIn(file.getParent()));
  }

  @Test
  void aContentThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("kept.txt");
    Files.writeString(file, "old");
    WholeFile.Content failing =
        out -> {
          out.write(new byte[1 << 20]);
          throw new IOException("disk full");
        };
    assertThrows(IOException.class, () -> WholeFile.write(file, failing));
    WholeFile.Content broken =
        out -> {
          throw new IllegalStateException("bug");
        };
    assertThrows(IllegalStateException.class, () -> WholeFile.write(file, broken));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), filesIn(folder));
  }

  @Test
  void refusesAFolder() throws IOException {
    Path target = Files.createDirectory(folder.resolve("target"));
    IOException e = assertThrows(IOException.class, () -> WholeFile.write(target, out -> {}));
    assertTrue(e.getMessage().contains("it is a folder"), e.getMessage());
    assertEquals(List.of(target), filesIn(folder));
  }

  @Test
  void takesNamesAsLongAsTheFileSystemDoes() throws IOException {
    Path file = folder.resolve("n".repeat(250));
    WholeFile.write(file, out -> out.write(1));
    assertEquals(1, Files.size(file));
  }

  @Test
  void writersOfOneTargetDoNotDisturbEachOther() throws Exception {
    Path file = folder.resolve("contested");
    int size = 1 << 20;
    var pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        byte[] content = new byte[size];
        Arrays.fill(content, (byte) i);
        writers.add(
            pool.submit(
                () -> {
                  WholeFile.write(file, out -> out.write(content));
                  return null;
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
        byte[] seen = Files.readAllBytes(file);
        assertEquals(size, seen.length);
        for (byte b : seen) {
          assertEquals(seen[0], b);
        }
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(List.of(file), filesIn(folder));
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
