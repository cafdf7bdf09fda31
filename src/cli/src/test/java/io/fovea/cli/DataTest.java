package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What training does with its data, from the command line. */
class DataTest {
  private static final Path SHAPES =
      Path.of(System.getProperty("fovea.root", "../.."), "test-data/shapes");
  private static final long HEAP = 64 << 20;

  @TempDir Path folder;

  private List<Object> train(Object data, Object... more) {
    List<Object> line =
        new ArrayList<>(List.of("train", "resnet8", "--width", 0.25, "--data", data));
    line.addAll(List.of("--size", 16, "--epochs", 1, "-o", folder.resolve("net.onnx")));
    line.addAll(List.of(more));
    return line;
  }

  /** A BMP file of noise, of three megabytes. */
  private static byte[] photo(Random random) {
    byte[] file = new byte[54 + 1000 * 1000 * 3];
    random.nextBytes(file);
    ByteBuffer head = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    head.putShort((short) 0x4d42).putInt(file.length).putInt(0).putInt(54); // "BM", pixels at 54
    head.putInt(40).putInt(1000).putInt(1000).putShort((short) 1).putShort((short) 24);
    head.putInt(0).putInt(0).putInt(0).putInt(0).putInt(0).putInt(0);
    return file;
  }

  private void trainsInASmallHeap(Path data) throws Exception {
    String[] line =
        train(data, "--batch", 8, "--json").stream().map(Object::toString).toArray(String[]::new);
    CommandRun run = CommandRun.java("-Xmx" + (HEAP >> 20) + "m", line);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("epoch 1/1"), run.err());
    JsonNode epoch = new JsonMapper().readTree(run.out().lines().findFirst().orElseThrow());
    double waiting = epoch.get("waiting").asDouble();
    assertTrue(waiting > 0 && waiting < 1, run.out());
  }

  @Test
  void trainsAnEpochOnFoldersAndShardsThatAreLargerThanTheHeap() throws Exception {
    Random random = new Random(7);
    int count = 24;
    Path tree = folder.resolve("tree");
    Path shards = Files.createDirectories(folder.resolve("shards"));
    Files.createDirectories(tree.resolve("a"));
    Files.createDirectories(tree.resolve("b"));
    for (int shard = 0; shard < 3; shard++) {
      try (OutputStream out = Files.newOutputStream(shards.resolve("s-" + shard + ".tar"));
          TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
        for (int i = shard; i < count; i += 3) {
          byte[] photo = photo(random);
          Files.write(tree.resolve((i % 2 == 0 ? "a/" : "b/") + i + ".bmp"), photo);
          put(tar, i + ".bmp", photo);
          put(tar, i + ".cls", new byte[] {(byte) ('0' + i % 2)});
        }
      }
    }
    assertTrue(size(tree) > HEAP && size(shards) > HEAP, size(tree) + " bytes");
    trainsInASmallHeap(tree);
    trainsInASmallHeap(shards.resolve("s-{0..2}.tar"));
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    }
  }

  @Test
  void tellsOfHeldOutPicturesThatAreTrainedOnToo() throws Exception {
    Path data = folder.resolve("data");
    for (String part : List.of("train", "test")) {
      for (String label : List.of("circle", "star")) {
        Path from = SHAPES.resolve(part).resolve(label);
        Path to = Files.createDirectories(data.resolve(part).resolve(label));
        try (Stream<Path> all = Files.list(from)) {
          for (Path file : all.sorted().limit(20).toList()) {
            Files.copy(file, to.resolve(file.getFileName()));
          }
        }
      }
    }
    Path twin;
    try (Stream<Path> all = Files.list(data.resolve("train/star"))) {
      twin = all.sorted().findFirst().orElseThrow();
    }
    Path copy = Files.copy(twin, data.resolve("test/star/a-copy.png"));
    Path log = folder.resolve("log");
    Path page = folder.resolve("report.html");
    CommandRun run = fovea(train(data, "--log", log, "--report", page).toArray());
    assertEquals(0, run.status(), run.err());
    String line =
        "1 of 41 held-out pictures are also trained on, byte for byte, such as %s (%s)"
            .formatted(copy, twin);
    assertTrue(run.err().contains(line), run.err());
    assertTrue(run.err().contains(", waited for data "), run.err());
    assertTrue(Files.readString(page).contains("1 pictures, such as " + copy), "in the report");
    JsonNode first =
        new JsonMapper().readTree(Files.readAllLines(log.resolve("metrics.jsonl")).get(0));
    assertEquals(1, first.get("duplicates").asInt());
  }

  @Test
  void holdsOutAShareBySeedAndMeasuresOnTheSamePictures() throws Exception {
    Path data = SHAPES.resolve("test");
    CommandRun run = fovea(train(data, "--hold-out", "0.2", "--seed", 5, "--json").toArray());
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("200 pictures to train on, 50 held out"), run.err());
    JsonNode trained = new JsonMapper().readTree(run.out().lines().findFirst().orElseThrow());
    CommandRun measured =
        fovea("evaluate", folder.resolve("net.onnx"), "--data", data, "--hold-out", ".2", "--json");
    assertEquals(0, measured.status(), measured.err());
    JsonNode facts = new JsonMapper().readTree(measured.out());
    assertEquals(trained.get("heldOut").get("confusion"), facts.get("confusion"));
    assertFalse(measured.err().contains("no held-out part"), measured.err());
    CommandRun wrong = fovea(train(data, "--hold-out", "1.5").toArray());
    assertEquals(2, wrong.status());
    assertTrue(wrong.err().contains("expected a share between 0 and 1, met 1.5"), wrong.err());
  }
}
