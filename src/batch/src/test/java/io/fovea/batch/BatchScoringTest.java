package io.fovea.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Sha256;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.FeatureExtractor;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Scores;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.parquet.example.data.Group;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchScoringTest {
  private static final int PICTURES = 50;

  @TempDir Path folder;
  private Path model = Path.of("");
  private Path photos = Path.of("");
  private Classifier classifier;

  @BeforeEach
  void drawPictures() throws IOException {
    model = Nets.means(folder.resolve("net.onnx"), 5);
    photos = Nets.draw(folder.resolve("photos"), PICTURES);
    Files.writeString(photos.resolve("007a.png"), "no picture");
    classifier = Nets.load(model);
  }

  @AfterEach
  void close() {
    classifier.close();
  }

  private BatchScoring scoring() {
    return BatchScoring.of(classifier).workers(3).batch(4).part(10);
  }

  private Scores expected(int picture) {
    return classifier.score(Nets.picture(picture));
  }

  private Path parts(String name) {
    return folder.resolve(name + ".parts");
  }

  @Test
  void csvHasARowAPictureInOrder() throws IOException {
    Path file = folder.resolve("new/scores.csv");
    Report report = scoring().run(Source.of(photos), file);
    List<String> rows = Files.readAllLines(file);
    assertEquals("file,label,probability,error", rows.get(0));
    assertEquals(PICTURES + 2, rows.size());
    for (int i = 0; i < PICTURES; i++) {
      String[] row = rows.get(i < 8 ? i + 1 : i + 2).split(",", -1);
      assertEquals(photos.resolve("%03d.png".formatted(i)).toString(), row[0]);
      assertEquals(expected(i).best().label(), row[1]);
      assertEquals(expected(i).best().probability(), Float.parseFloat(row[2]), 1e-6);
    }
    assertTrue(rows.get(9).startsWith(photos.resolve("007a.png") + ",,,"), rows.get(9));
    assertFalse(Files.exists(folder.resolve("new/scores.csv.parts")));
    assertEquals(PICTURES, report.scored());
    assertEquals(1, report.failed());
    JsonNode facts = new JsonMapper().readTree(report.toJson());
    assertEquals(Sha256.of(model), facts.get("modelSha256").asText());
    assertEquals(PICTURES + 1, facts.get("pictures").asLong());
    assertTrue(facts.get("stages").get("read").get("picturesPerThreadSecond").asDouble() > 0);
    assertEquals(1, facts.get("failures").get("count").asInt());
    assertEquals(
        photos.resolve("007a.png").toString(),
        facts.get("failures").get("first").get(0).get("file").asText());
  }

  @Test
  void jsonLinesHaveAllProbabilities() throws IOException {
    Path file = folder.resolve("scores.jsonl");
    BatchScoring.of(new ClassAnswers(classifier, 2, true)).run(Source.of(photos), file);
    List<String> lines = Files.readAllLines(file);
    JsonNode row = new JsonMapper().readTree(lines.get(3));
    assertEquals(2, row.get("scores").size());
    for (int c = 0; c < 3; c++) {
      float wanted = expected(3).probabilities()[c];
      assertEquals(wanted, row.get("probabilities").get(c).floatValue(), 1e-6);
    }
    assertTrue(lines.get(8).contains("\"error\":"), lines.get(8));
  }

  @Test
  void csvHasAColumnAClassWhereAllProbabilitiesAreWanted() throws IOException {
    Path file = folder.resolve("scores.csv");
    BatchScoring.of(new ClassAnswers(classifier, 1, true)).run(Source.of(photos), file);
    List<String> rows = Files.readAllLines(file);
    assertEquals(
        "file,label,probability,probability of red,probability of green,probability of blue,error",
        rows.get(0));
    assertEquals(expected(2).probabilities()[1], Float.parseFloat(rows.get(3).split(",")[4]), 1e-6);
    assertTrue(rows.get(9).contains(",,,,,,"), rows.get(9));
  }

  @Test
  void parquetHasTypedColumns() throws IOException {
    Path file = folder.resolve("scores.parquet");
    BatchScoring.of(new ClassAnswers(classifier, 1, true)).part(10).run(Source.of(photos), file);
    ParquetFile read = ParquetFile.read(file);
    assertEquals(PICTURES + 1, read.rows().size());
    for (int i = 0; i < PICTURES; i++) {
      Group row = read.rows().get(i < 8 ? i : i + 1);
      assertEquals(photos.resolve("%03d.png".formatted(i)).toString(), row.getString("file", 0));
      assertEquals(expected(i).best().label(), row.getString("label", 0));
      assertEquals(expected(i).best().probability(), row.getFloat("probability", 0), 1e-6f);
      Group all = row.getGroup("probabilities", 0);
      assertEquals(3, all.getFieldRepetitionCount("list"));
      float third = all.getGroup("list", 2).getFloat("element", 0);
      assertEquals(expected(i).probabilities()[2], third, 1e-6f);
      assertEquals(0, row.getFieldRepetitionCount("error"));
    }
    Group broken = read.rows().get(8);
    assertEquals(0, broken.getFieldRepetitionCount("probabilities"));
    assertTrue(broken.getString("error", 0).contains("007a.png"));
    assertEquals(
        "[\"probability of red\",\"probability of green\",\"probability of blue\"]",
        read.facts().get("fovea.probabilities"));
  }

  @Test
  void numbersOfEveryTypeSurviveTheirParts() throws IOException {
    List<Column> columns =
        List.of(
            Column.of("a", Column.Type.FLOAT),
            Column.of("b", Column.Type.DOUBLE),
            Column.of("c", Column.Type.INTEGER),
            Column.of("d", Column.Type.TEXT),
            Column.floats("e", List.of("e0", "e1")));
    StringWriter lines = new StringWriter();
    List<Object> cells =
        List.of(0.1f, Math.PI, 1L << 40, "x\n\"y\"", new float[] {Float.NaN, 1e-38f});
    new CellRows(lines, columns).answer("é.png", new Answers.Answer(cells, Map.of()));
    Object[] read = CellRows.read(lines.toString().strip(), columns);
    assertEquals("é.png", read[0]);
    for (int i = 0; i < 4; i++) {
      assertEquals(cells.get(i), read[i + 1]);
    }
    assertArrayEquals(new float[] {Float.NaN, 1e-38f}, (float[]) read[5]);
    assertEquals(null, read[6]);
  }

  /** The names of a vector whose length the file leaves open. */
  private record Open(Answers answers) implements Answers {
    @Override
    public ImageModel model() {
      return answers.model();
    }

    @Override
    public Preprocessing preprocessing() {
      return answers.preprocessing();
    }

    @Override
    public List<Column> columns() {
      return List.of(Column.floats("features", List.of()));
    }

    @Override
    public List<Answer> of(List<Picture> pictures, List<Path> files) throws IOException {
      return answers.of(pictures, files);
    }

    @Override
    public void close() {}
  }

  @Test
  void csvWantsVectorsOfAKnownLength() throws IOException {
    Answers features =
        Answers.of(FeatureExtractor.of(classifier.model(), Preprocessing.named("zero-one")));
    BatchScoring scoring = BatchScoring.of(new Open(features));
    String message =
        assertThrows(
                BatchException.class,
                () -> scoring.run(Source.of(photos), folder.resolve("scores.csv")))
            .getMessage();
    assertTrue(message.contains("know how many features there are, which " + model), message);
    Path lines = folder.resolve("scores.jsonl");
    scoring.run(Source.of(photos), lines);
    assertTrue(Files.readAllLines(lines).get(0).contains("\"features\":["));
  }

  @Test
  void featuresAreTheNumbersOfTheOutput() throws IOException {
    Path file = folder.resolve("features.csv");
    try (ImageModel plain = ImageModel.load(model, Device.cpu(), 1)) {
      Answers answers = Answers.of(FeatureExtractor.of(plain, Preprocessing.named("zero-one")));
      BatchScoring.of(answers).run(Source.of(photos.resolve("004.png")), file);
    }
    List<String> rows = Files.readAllLines(file);
    assertEquals("file,feature0,feature1,feature2,error", rows.get(0));
    byte[] pixels = Picture.read(photos.resolve("004.png")).pixels();
    double red = 0;
    for (int i = 0; i < pixels.length; i += 3) {
      red += (pixels[i] & 0xff) / 255.0 / 12;
    }
    assertEquals(5 * red, Double.parseDouble(rows.get(1).split(",")[1]), 1e-5);
  }

  @Test
  void entriesOfArchivesAreScoredAsFilesAre() throws IOException {
    Path zip = folder.resolve("photos.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (int i = 0; i < PICTURES; i++) {
        out.putNextEntry(new ZipEntry("in/%03d.png".formatted(i)));
        Files.copy(photos.resolve("%03d.png".formatted(i)), out);
      }
      out.putNextEntry(new ZipEntry("broken.png"));
      out.write(7);
    }
    Path file = folder.resolve("scores.csv");
    Source source = new Source(List.of(zip, photos.resolve("003.png"), zip), List.of());
    scoring().run(source, file);
    List<String> rows = Files.readAllLines(file);
    assertEquals(1 + PICTURES + 1 + 1, rows.size(), "what is given twice is taken once");
    for (int i = 0; i < PICTURES; i++) {
      String[] row = rows.get(i + 1).split(",", -1);
      assertEquals(zip + "/in/%03d.png".formatted(i), row[0]);
      assertEquals(expected(i).best().probability(), Float.parseFloat(row[2]), 1e-6);
    }
    assertTrue(rows.get(PICTURES + 1).startsWith(zip + "/broken.png,,,"), rows.toString());
  }

  @Test
  void shardsTogetherAreAllPicturesInOrder() throws IOException {
    Path whole = folder.resolve("whole.csv");
    scoring().run(Source.of(photos), whole);
    List<String> together = new ArrayList<>(List.of("file,label,probability,error"));
    for (int i = 1; i <= 7; i++) {
      Path file = folder.resolve("shard" + i + ".csv");
      Report report = scoring().shard(i, 7).run(Source.of(photos), file);
      List<String> rows = Files.readAllLines(file);
      assertEquals(rows.size() - 1, report.pictures());
      together.addAll(rows.subList(1, rows.size()));
    }
    assertEquals(Files.readAllLines(whole), together);
  }

  @Test
  void theFirstErrorEndsARunThatKeepsNone() throws IOException {
    Path file = folder.resolve("scores.csv");
    BatchScoring fails = scoring().errors(BatchScoring.Errors.FAIL);
    BatchException e = assertThrows(BatchException.class, () -> fails.run(Source.of(photos), file));
    assertEquals(photos.resolve("007a.png").toString(), e.file());
    assertFalse(Files.exists(file));
    assertFalse(Files.exists(parts("scores.csv")), "no part was whole");
    Nets.picture(99).writePng(photos.resolve("007a.png"));
    assertEquals(0, fails.run(Source.of(photos), file).failed());
  }

  @Test
  void goesOnOnlyWithTheSame() throws IOException {
    Path file = folder.resolve("scores.csv");
    Path late = photos.resolve("045a.png");
    Files.writeString(late, "no picture");
    Files.delete(photos.resolve("007a.png"));
    BatchScoring fails = scoring().errors(BatchScoring.Errors.FAIL);
    assertThrows(BatchException.class, () -> fails.run(Source.of(photos), file));
    assertTrue(Files.exists(parts("scores.csv").resolve("000000000000-000000000012.part")));
    assertFalse(Files.exists(file));

    Files.delete(photos.resolve("000.png"));
    assertRefused(scoring(), file, "with other pictures (51, now 50)");
    Nets.picture(0).writePng(photos.resolve("000.png"));
    assertRefused(scoring().options(Map.of("--flip", "true")), file, "--flip: none, now true");
    assertRefused(scoring().shard(1, 2), file, "another shard (1/1, now 1/2)");
    assertRefused(scoring().batch(5), file, "another batch (4, now 5)");
    try (Classifier other = Nets.load(Nets.means(folder.resolve("other.onnx"), 6))) {
      assertRefused(BatchScoring.of(other), file, "with another model (SHA-256 ");
    }
    assertRefused(
        BatchScoring.of(new ClassAnswers(classifier, 2, false)), file, "with other options");

    Report report = BatchScoring.of(classifier).run(Source.of(photos), file);
    assertTrue(report.before() >= 12, "goes on: " + report.before());
    assertEquals(PICTURES, report.scored());
    assertEquals(1, report.failed());
    assertEquals(PICTURES + 2, Files.readAllLines(file).size());
    assertFalse(Files.exists(parts("scores.csv")));
  }

  private void assertRefused(BatchScoring scoring, Path file, String why) {
    String message =
        assertThrows(BatchException.class, () -> scoring.run(Source.of(photos), file)).getMessage();
    assertTrue(message.contains(why) && message.contains("--restart"), message);
  }

  @Test
  void beginsAnewWhereToldTo() throws IOException {
    Path file = folder.resolve("scores.csv");
    Files.createDirectories(parts("scores.csv"));
    Files.writeString(parts("scores.csv").resolve("manifest.json"), "{}");
    String damaged =
        assertThrows(BatchException.class, () -> scoring().run(Source.of(photos), file))
            .getMessage();
    assertTrue(damaged.contains("damaged; start anew by --restart"), damaged);
    Files.createDirectories(parts("scores.csv"));
    Files.writeString(parts("scores.csv").resolve("manifest.json"), "{}");
    assertEquals(0, scoring().restart(true).run(Source.of(photos), file).before());
  }

  @Test
  void oneRunAtATimeWritesAFile() throws IOException {
    Path file = folder.resolve("scores.csv");
    Files.createDirectories(parts("scores.csv"));
    try (FileChannel channel =
            FileChannel.open(
                parts("scores.csv").resolve("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      String message =
          assertThrows(BatchException.class, () -> scoring().run(Source.of(photos), file))
              .getMessage();
      assertTrue(message.endsWith("another run writes it") && lock.isValid(), message);
    }
  }

  @Test
  void whatCannotBeWrittenIsRefusedFirst() {
    assertThrows(
        BatchException.class, () -> scoring().run(Source.of(photos), folder.resolve("scores.txt")));
    Path empty = folder.resolve("empty");
    String none =
        assertThrows(
                BatchException.class,
                () -> {
                  Files.createDirectories(empty);
                  scoring().run(Source.of(empty), folder.resolve("scores.csv"));
                })
            .getMessage();
    assertTrue(none.endsWith("no pictures"), none);
    assertFalse(Files.exists(parts("scores.csv")));
  }
}
