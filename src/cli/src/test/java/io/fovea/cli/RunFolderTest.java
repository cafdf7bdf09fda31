package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fovea train --log} leaves, read back without the code that wrote it. */
class RunFolderTest {
  private static final Path SHAPES =
      Path.of(System.getProperty("fovea.root", "../.."), "test-data/shapes");

  private static CommandRun train(Path folder, Path log, int epochs) {
    return fovea(
        "train",
        "resnet8",
        "--width",
        0.25,
        "--data",
        SHAPES,
        "--size",
        16,
        "--epochs",
        epochs,
        "--log",
        log,
        "-o",
        folder.resolve("net.onnx"));
  }

  @Test
  void writesEveryStepIntervalAndEpochAsJsonLinesAndForTensorBoard(@TempDir Path folder)
      throws IOException {
    Path log = folder.resolve("runs/first");
    CommandRun run = train(folder, log, 2);
    assertEquals(0, run.status(), run.err());
    List<JsonNode> lines = lines(log);
    assertEquals("run", lines.get(0).get("kind").asText());
    assertEquals(1000, lines.get(0).get("trainedOn").asInt());
    assertEquals(2, lines.get(0).get("recipe").get("epochs").asInt());
    List<JsonNode> epochs = of(lines, "epoch");
    assertEquals(2, epochs.size());
    JsonNode last = epochs.get(1);
    assertTrue(last.get("heldOut").get("accuracy").asDouble() > 0.05, last.toString());
    JsonNode stages = last.get("stages");
    double parts =
        stages.get("waiting").asDouble()
            + stages.get("forwardBackward").asDouble()
            + stages.get("optimizer").asDouble()
            + stages.get("validation").asDouble();
    assertEquals(last.get("seconds").asDouble(), parts, 0.01 * parts);
    assertTrue(stages.get("decoding").asDouble() > 0, stages.toString());
    List<JsonNode> steps = of(lines, "step");
    assertEquals(32, steps.size(), "sixteen batches of 64 an epoch, each a line");
    assertEquals(32, steps.get(31).get("step").asInt());
    for (JsonNode step : steps) {
      assertTrue(step.get("loss").asDouble() > 0, step.toString());
      assertTrue(step.get("picturesPerSecond").asDouble() > 0, step.toString());
      assertTrue(step.get("accuracy").asDouble() <= 1, step.toString());
      assertTrue(step.get("learningRate").asDouble() > 0, step.toString());
    }
    JsonNode layers = steps.get(0).get("layers");
    assertEquals(8, layers.size(), "seven convolutions and the last layer");
    assertTrue(layers.get(0).get("gradientNorm").asDouble() > 0, layers.toString());
    double zeros = layers.get(0).get("activationZeros").asDouble();
    assertTrue(zeros > 0.1 && zeros < 0.9, "after a ReLU: " + zeros);
    assertFalse(steps.get(1).has("layers"), "sampled");

    Map<Long, Map<String, Float>> events = events(log);
    for (JsonNode step : steps) {
      Map<String, Float> scalars = events.get(step.get("step").asLong());
      assertEquals(step.get("loss").asDouble(), scalars.get("train/loss"), 1e-5);
      assertEquals(step.get("learningRate").asDouble(), scalars.get("train/learningRate"), 1e-6);
    }
    assertEquals(
        last.get("heldOut").get("accuracy").asDouble(),
        events.get(32L).get("heldOut/accuracy"),
        1e-6);
    String first = "gradientNorm/" + layers.get(0).get("layer").asText();
    assertEquals(
        layers.get(0).get("gradientNorm").asDouble(), events.get(1L).get(first), 1e-4, first);
  }

  @Test
  void cutsALineThatAMachineLeftHalfWrittenAndAddsToTheRest(@TempDir Path folder)
      throws IOException {
    Path log = Files.createDirectories(folder.resolve("log"));
    Path metrics = log.resolve("metrics.jsonl");
    Files.writeString(metrics, "{\"kind\":\"epoch\",\"epoch\":1}\n{\"kind\":\"step\",\"lo");
    RunFolder.begin(log, Map.of("graph", "net"), false, 0).close();
    List<JsonNode> lines = lines(log);
    assertEquals(2, lines.size());
    assertEquals("net", lines.get(1).get("graph").asText());
  }

  @Test
  void isWholeWhereTheProcessIsKilled(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    List<String> line =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Fovea.class.getName(),
            "train",
            "resnet8",
            "--width",
            "0.25",
            "--data",
            SHAPES.toString(),
            "--size",
            "16",
            "--epochs",
            "500",
            "--log",
            log.toString(),
            "-o",
            folder.resolve("net.onnx").toString());
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out.txt").toFile())
            .start();
    try {
      Path metrics = log.resolve("metrics.jsonl");
      long end = System.nanoTime() + 300_000_000_000L;
      while (System.nanoTime() < end
          && process.isAlive()
          && (!Files.exists(metrics) || of(lines(log, false), "step").size() < 3)) {
        Thread.sleep(50);
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    List<JsonNode> lines = lines(log);
    assertFalse(of(lines, "step").isEmpty(), Files.readString(folder.resolve("out.txt")));
    long step = of(lines, "step").get(of(lines, "step").size() - 1).get("step").asLong();
    assertTrue(events(log).containsKey(step) || events(log).containsKey(step - 1));
  }

  @Test
  void refusesAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("log"), "");
    CommandRun run = train(folder, file, 1);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains("expected a folder, met a file"), run.err());
    assertFalse(Files.exists(folder.resolve("net.onnx")));
  }

  private static List<JsonNode> of(List<JsonNode> lines, String kind) {
    return lines.stream().filter(l -> l.get("kind").asText().equals(kind)).toList();
  }

  private static List<JsonNode> lines(Path log) throws IOException {
    return lines(log, true);
  }

  private static List<JsonNode> lines(Path log, boolean whole) throws IOException {
    String text = Files.readString(log.resolve("metrics.jsonl"));
    assertTrue(!whole || text.endsWith("\n"), "a whole last line");
    List<JsonNode> lines = new ArrayList<>();
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      lines.add(new JsonMapper().readTree(line));
    }
    return lines;
  }

  /** The scalars of a folder's only event file, by step and tag; checks framing and sums. */
  private static Map<Long, Map<String, Float>> events(Path log) throws IOException {
    Path file;
    try (var all = Files.list(log)) {
      file =
          all.filter(f -> f.getFileName().toString().contains(".tfevents."))
              .reduce((a, b) -> b)
              .orElseThrow();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    Map<Long, Map<String, Float>> scalars = new TreeMap<>();
    for (int n = 0; bytes.hasRemaining(); n++) {
      byte[] head = new byte[8];
      bytes.get(head);
      assertEquals(masked(head), bytes.getInt(), "the sum of a length");
      byte[] event =
          new byte[Math.toIntExact(ByteBuffer.wrap(head).order(bytes.order()).getLong())];
      int sumAt = bytes.position() + event.length;
      bytes.get(event);
      assertEquals(sumAt, bytes.position());
      assertEquals(masked(event), bytes.getInt(), "the sum of record " + n);
      UnknownFieldSet fields = UnknownFieldSet.parseFrom(event);
      double time = Double.longBitsToDouble(fields.getField(1).getFixed64List().get(0));
      assertEquals(System.currentTimeMillis() / 1e3, time, 600, "seconds since 1970");
      if (n == 0) {
        assertArrayEquals(
            "brain.Event:2".getBytes(StandardCharsets.UTF_8),
            fields.getField(3).getLengthDelimitedList().get(0).toByteArray());
        continue;
      }
      long step = fields.getField(2).getVarintList().get(0);
      ByteString summary = fields.getField(5).getLengthDelimitedList().get(0);
      UnknownFieldSet values = UnknownFieldSet.parseFrom(summary);
      for (ByteString value : values.getField(1).getLengthDelimitedList()) {
        CodedInputStream in = value.newCodedInput();
        assertEquals(0x0a, in.readTag(), "a tag first");
        String tag = in.readString();
        assertEquals(0x15, in.readTag(), "then a float");
        scalars.computeIfAbsent(step, k -> new TreeMap<>()).put(tag, in.readFloat());
        assertTrue(in.isAtEnd());
      }
    }
    return scalars;
  }

  /** CRC-32C bit by bit (polynomial 0x82f63b78, reflected), rotated and moved. */
  private static int masked(byte[] data) {
    int crc = ~0;
    for (byte b : data) {
      crc ^= b & 255;
      for (int bit = 0; bit < 8; bit++) {
        crc = crc >>> 1 ^ (0x82f63b78 & -(crc & 1));
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }
}
