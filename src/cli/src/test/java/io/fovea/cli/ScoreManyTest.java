package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command takes and writes where pictures are many. */
class ScoreManyTest {
  private static final Path ROOT = Path.of(System.getProperty("fovea.root", "../.."));
  private static final Path CLOTHES = ROOT.resolve("models/fashion-mnist-resnet20.onnx");

  @TempDir private Path folder;
  private Path photos = Path.of("");

  @BeforeEach
  void copyPictures() throws IOException {
    photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 9; i++) {
      Path shape = ROOT.resolve("test-data/shapes/test/ring/00%d.jpg".formatted(i));
      if (Files.exists(shape)) {
        Files.copy(shape, photos.resolve(i + ".jpg"));
      }
    }
  }

  private static List<String> rows(Object... args) {
    Object[] all = new Object[args.length + 2];
    all[0] = "score";
    all[1] = CLOTHES;
    System.arraycopy(args, 0, all, 2, args.length);
    CommandRun run = fovea(all);
    assertEquals(0, run.status(), run.err());
    return run.out().lines().toList();
  }

  private static CommandRun refused(Object... args) {
    CommandRun run = fovea(args);
    assertEquals(2, run.status(), run.out() + run.err());
    return run;
  }

  @Test
  void takesFoldersPatternsListsAndStandardInputAlike() throws IOException {
    List<String> wanted = rows(photos);
    assertTrue(wanted.size() > 4, wanted.toString());
    assertEquals(wanted, rows(photos + "/*.jpg"));
    List<String> names;
    try (Stream<Path> all = Files.list(photos)) {
      names = all.sorted().map(Path::toString).toList();
    }
    assertEquals(wanted, rows("--list", Files.write(folder.resolve("list.txt"), names)));
    InputStream stdin = System.in;
    try {
      String lines = String.join("\n", names);
      System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
      assertEquals(wanted, rows("-"));
    } finally {
      System.setIn(stdin);
    }
    Path zip = folder.resolve("photos.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : names) {
        out.putNextEntry(new ZipEntry(Path.of(name).getFileName().toString()));
        Files.copy(Path.of(name), out);
      }
    }
    assertEquals(
        wanted.stream().map(r -> r.replace(photos.toString(), zip.toString())).toList(), rows(zip));
    String none = refused("score", CLOTHES).err();
    assertTrue(none.contains("expected pictures, folders, archives or --list"), none);
  }

  @Test
  void aFileHasAllProbabilitiesAReportAndShards() throws IOException {
    Path whole = folder.resolve("scores.csv");
    Path told = folder.resolve("report.json");
    List<String> out = rows(photos, "-o", whole, "--probabilities", "--top", 2, "--report", told);
    assertEquals(List.of(), out);
    List<String> rows = Files.readAllLines(whole);
    assertTrue(
        rows.get(0)
            .startsWith("file,label1,probability1,label2,probability2,probability of t-shirt,"),
        rows.get(0));
    double sum = 0;
    String[] cells = rows.get(1).split(",", -1);
    for (int i = 5; i < cells.length - 1; i++) {
      sum += Double.parseDouble(cells[i]);
    }
    assertEquals(1, sum, 1e-5);
    JsonNode report = new JsonMapper().readTree(told.toFile());
    assertEquals(rows.size() - 1, report.get("pictures").asInt());
    assertEquals("cpu", report.get("device").asText());
    assertTrue(report.get("stages").get("score").get("threadSeconds").asDouble() > 0);

    List<String> together = new ArrayList<>(rows.subList(0, 1));
    for (String shard : List.of("1/2", "2/2")) {
      Path part = folder.resolve("shard.csv");
      rows(photos, "-o", part, "--probabilities", "--top", 2, "--shard", shard);
      List<String> some = Files.readAllLines(part);
      together.addAll(some.subList(1, some.size()));
    }
    assertEquals(names(rows), names(together));
    String wrong = refused("score", CLOTHES, photos, "--shard", "3/2").err();
    assertTrue(wrong.contains("--shard: expected I/N of 1/N to N/N, met 3/2"), wrong);
  }

  private static List<String> names(List<String> rows) {
    return rows.stream().map(r -> r.substring(0, r.indexOf(','))).toList();
  }

  /** Parquet's classes are loaded without Hadoop, which is not on the class path here. */
  @Test
  void parquetIsWrittenWithoutHadoop() throws IOException {
    Path file = folder.resolve("scores.parquet");
    rows(photos, "-o", file, "--probabilities");
    byte[] bytes = Files.readAllBytes(file);
    assertEquals("PAR1", new String(bytes, 0, 4, StandardCharsets.US_ASCII));
    assertEquals("PAR1", new String(bytes, bytes.length - 4, 4, StandardCharsets.US_ASCII));
    assertFalse(System.getProperty("java.class.path").contains("hadoop-common"));
  }

  @Test
  void valuesOfTheGraphAreFeatures() throws IOException {
    Path file = folder.resolve("features.jsonl");
    rows(photos, "-o", file, "--features", "layer3.2.relu");
    JsonNode row = new JsonMapper().readTree(Files.readAllLines(file).get(0));
    assertEquals(64 * 7 * 7, row.get("features").size());
    String unknown = refused("score", CLOTHES, photos, "--features", "nothing").err();
    assertTrue(unknown.contains("has no value 'nothing'"), unknown);
  }

  @Test
  void errorsEndARunWhereTheyAreToAndPartsAreGoneOnWith() throws IOException {
    Path broken = Files.writeString(photos.resolve("3a.jpg"), "no picture");
    Path file = folder.resolve("scores.csv");
    String err = refused("score", CLOTHES, photos, "-o", file, "--errors", "fail").err();
    assertTrue(err.contains("fovea: " + broken + ": "), err);
    assertFalse(Files.exists(file));
    assertFalse(Files.exists(folder.resolve("scores.csv.parts")));

    Path parts = Files.createDirectories(folder.resolve("scores.csv.parts"));
    Files.writeString(
        parts.resolve("manifest.json"),
        "{\"model\":\"x\",\"device\":\"cpu\",\"count\":1,\"pictures\":\"y\",\"shard\":\"1/1\","
            + "\"batch\":8,\"options\":{}}");
    Files.writeString(parts.resolve("000000000000-000000000001.part"), "a.jpg,x,1,\n{}\n");
    String other = refused("score", CLOTHES, photos, "-o", file).err();
    assertTrue(other.contains("was begun with another model"), other);
    assertTrue(other.contains("start anew by --restart"), other);
    rows(photos, "-o", file, "--restart");
    assertTrue(Files.readString(file).contains("3a.jpg,,,"), Files.readString(file));
    assertFalse(Files.exists(parts));
  }
}
