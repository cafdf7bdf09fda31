package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.CodedInputStream;
import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fovea train} killed by SIGKILL at random moments, and what it ends with. */
class ResumeTest {
  private static final int SIDE = 16;

  @TempDir Path folder;

  /** Two classes of grey pictures, one of which is no picture at all. */
  @BeforeEach
  void draw() throws IOException {
    Random random = new Random(3);
    for (int i = 0; i < 48; i++) {
      byte[] pixels = new byte[SIDE * SIDE];
      random.nextBytes(pixels);
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = (byte) ((pixels[k] & 63) + (i % 2 == 0 ? 32 : 160));
      }
      Path file = folder.resolve("data").resolve(i % 2 == 0 ? "dark" : "light").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Picture.of(SIDE, SIDE, 1, pixels).writePng(file);
    }
    Files.writeString(folder.resolve("data/dark/10.png"), "no picture");
  }

  private List<String> line(String name, int epochs, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "train",
                "resnet8",
                "--width",
                "0.25",
                "--data",
                folder.resolve("data").toString(),
                "--size",
                "16",
                "--epochs",
                String.valueOf(epochs),
                "--batch",
                "4",
                "--accumulate",
                "2",
                "--optimizer",
                "adam",
                "--ema",
                "0.9",
                "--patience",
                "3",
                "--skip-unreadable",
                "2",
                "--log",
                folder.resolve(name + "-log").toString(),
                "-o",
                folder.resolve(name + ".onnx").toString()));
    line.addAll(List.of(more));
    return line;
  }

  @Test
  void endsBitwiseEqualHoweverOftenItIsKilled() throws Exception {
    killAndCompare(3, 4, 1);
  }

  @Test
  @Tag("slow")
  void endsBitwiseEqualAfterTwentyKills() throws Exception {
    killAndCompare(20, 8, 2);
  }

  private void killAndCompare(int kills, int epochs, long seed) throws Exception {
    CommandRun whole = fovea(line("whole", epochs).toArray());
    assertEquals(0, whole.status(), whole.err());
    Path log = folder.resolve("pieces-log");
    Path checkpoint = folder.resolve("net.safetensors");
    Random random = new Random(seed);
    StringBuilder seen = new StringBuilder();
    List<String> line =
        line(
            "pieces",
            epochs,
            "--checkpoint",
            checkpoint.toString(),
            "--checkpoint-every",
            "1",
            "--resume");
    int killed = 0;
    while (killed < kills) {
      // A moment after training has begun, by what is logged: batches of this process, and a while.
      Process process = process(line);
      int batches = random.nextInt(12 * epochs / kills);
      long lines = lines(log).size();
      while (process.isAlive() && lines(log).size() < lines + 1 + batches) {
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(20));
      if (!process.isAlive()) {
        break; // it was faster
      }
      process.destroyForcibly().waitFor();
      killed++;
      seen.append(' ').append(last(log));
    }
    assertTrue(killed > kills / 2, "killed %d times, after batches%s".formatted(killed, seen));
    CommandRun rest = fovea(line.toArray());
    assertEquals(0, rest.status(), rest.err());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole.onnx")),
        Files.readAllBytes(folder.resolve("pieces.onnx")),
        "killed after batches" + seen);
    assertEquals(steps(folder.resolve("whole-log")), steps(log), "killed after batches" + seen);
    assertEquals(eventSteps(folder.resolve("whole-log")), eventSteps(log));
    try (Stream<Path> left = Files.list(folder)) {
      assertTrue(left.noneMatch(f -> f.toString().matches(".*\\.(tmp|lock)")), "nothing is left");
    }
    assertTrue(rest.err().contains("1 picture could not be read"), rest.err());
  }

  private Process process(List<String> args) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Fovea.class.getName()));
    line.addAll(args);
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("out.txt").toFile()))
        .start();
  }

  private static List<JsonNode> lines(Path log) throws IOException {
    Path file = log.resolve("metrics.jsonl");
    List<JsonNode> all = new ArrayList<>();
    if (Files.exists(file)) {
      String text = Files.readString(file);
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        all.add(new JsonMapper().readTree(line));
      }
    }
    return all;
  }

  private static long last(Path log) throws IOException {
    return lines(log).stream().mapToLong(l -> l.path("step").asLong()).max().orElse(0);
  }

  /** Steps and epochs of a log, in its order, with their losses. */
  private static List<String> steps(Path log) throws IOException {
    return lines(log).stream()
        .filter(l -> !l.get("kind").asText().matches("run|resume"))
        .map(l -> l.get("kind").asText() + " " + l.get("step") + " " + l.get("loss"))
        .toList();
  }

  /** Steps of the events of all files, sorted: each once for a point, and once for an epoch. */
  private static List<Long> eventSteps(Path log) throws IOException {
    List<Long> steps = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(log)) {
      files = all.filter(f -> f.toString().contains(".tfevents.")).toList();
    }
    for (Path file : files) {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      while (all.hasRemaining()) {
        int length = Math.toIntExact(all.getLong());
        CodedInputStream in = CodedInputStream.newInstance(all.array(), all.position() + 4, length);
        in.readTag();
        in.readDouble();
        in.readTag();
        long step = in.readInt64();
        if (step > 0) {
          steps.add(step);
        }
        all.position(all.position() + 4 + length + 4);
      }
    }
    return steps.stream().sorted().toList();
  }

  @Test
  void refusesAnotherRecipeAndAFileThatIsThere() {
    String checkpoint = folder.resolve("net.safetensors").toString();
    CommandRun first = fovea(line("a", 1, "--checkpoint", checkpoint).toArray());
    assertEquals(0, first.status(), first.err());
    CommandRun again = fovea(line("a", 4, "--checkpoint", checkpoint).toArray());
    assertEquals(2, again.status());
    assertTrue(again.err().contains("go on with it by --resume, or delete it"), again.err());
    CommandRun other =
        fovea(line("a", 4, "--checkpoint", checkpoint, "--resume", "--lr", "0.01").toArray());
    assertEquals(2, other.status());
    assertTrue(other.err().contains("epochs: 1 then, 4 now"), other.err());
    assertTrue(other.err().contains("lr: 0.002 then, 0.01 now"), other.err());
    CommandRun anyway =
        fovea(line("a", 2, "--checkpoint", checkpoint, "--resume-anyway").toArray());
    assertEquals(0, anyway.status(), anyway.err());
    assertTrue(anyway.err().contains("epoch 2/2"), anyway.err());
    CommandRun none = fovea(line("a", 4, "--resume").toArray());
    assertEquals(2, none.status());
    assertTrue(none.err().contains("want --checkpoint FILE"), none.err());
  }
}
