package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a user types it. */
class FoveaTest {
  private static final Path TEST_DATA =
      Path.of(System.getProperty("fovea.root", "../.."), "test-data");

  @TempDir static Path folder;
  private static Path net;

  @BeforeAll
  static void train() {
    net = folder.resolve("shapes.onnx");
    CommandRun run =
        fovea(
            "train",
            "resnet8",
            "--width",
            "0.5",
            "--data",
            TEST_DATA.resolve("shapes"),
            "--size",
            "16",
            "--channels",
            "3",
            "--epochs",
            "1",
            "--optimizer",
            "adamw",
            "-o",
            net);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("epoch 1/1: loss "), run.err());
    assertTrue(run.err().contains("written; ONNX Runtime differs from libtorch by"), run.err());
  }

  @Test
  void evaluatesTheHeldOutPart() throws IOException {
    CommandRun run = fovea("evaluate", net, "--data", TEST_DATA.resolve("shapes"), "--json");
    assertEquals(0, run.status(), run.err());
    JsonNode e = new ObjectMapper().readTree(run.out());
    assertEquals(250, e.get("count").asInt());
    assertEquals(e.get("correct").asInt() / 250.0, e.get("accuracy").asDouble(), 1e-9);
    assertTrue(
        fovea("evaluate", net, "--data", TEST_DATA.resolve("shapes"))
            .out()
            .startsWith("accuracy "));
    String card = fovea("evaluate", net, "--data", TEST_DATA.resolve("shapes"), "--card").out();
    assertTrue(card.startsWith("# " + net.getFileName()), card);
    assertTrue(card.contains("| class | arrow | circle |") && card.contains("95 % interval"), card);
  }

  @Test
  void evaluatesAPictureAndItsMirrorImageAlikeWhereItAveragesThem() throws IOException {
    Path shapes = TEST_DATA.resolve("shapes/test");
    Path mirrored = folder.resolve("mirrored");
    try (Stream<Path> files = Files.walk(shapes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = mirrored.resolve(shapes.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Picture.read(file).flipHorizontally().writePng(to);
      }
    }
    String flipped = fovea("evaluate", net, "--data", shapes, "--flip", "--json").out();
    assertTrue(flipped.contains("\"count\":250"), flipped);
    assertEquals(flipped, fovea("evaluate", net, "--data", mirrored, "--flip", "--json").out());
    String plain = fovea("evaluate", net, "--data", shapes, "--json").out();
    assertNotEquals(plain, fovea("evaluate", net, "--data", mirrored, "--json").out());
  }

  @Test
  void scoresManySizesAndGivesABrokenPictureAnErrorRow() throws IOException {
    Path csv = folder.resolve("scores.csv");
    CommandRun run = fovea("score", net, TEST_DATA.resolve("sizes"), "--top", "2", "-o", csv);
    assertEquals(0, run.status(), run.err());
    List<String> rows = Files.readAllLines(csv);
    assertEquals("file,label1,probability1,label2,probability2,error", rows.get(0));
    long pictures;
    try (var all = Files.list(TEST_DATA.resolve("sizes"))) {
      pictures = all.count();
    }
    assertEquals(pictures + 1, rows.size());
    String broken = rows.stream().filter(r -> r.contains("broken.jpg")).findFirst().orElseThrow();
    assertTrue(broken.contains("broken.jpg,,,,,"), broken);
    assertEquals(1, rows.stream().skip(1).filter(r -> r.contains(",,,,")).count(), rows.toString());
  }

  @Test
  void scoresOneFileToStandardOutput() throws IOException {
    Path picture = TEST_DATA.resolve("sizes/star-640x480.jpg");
    CommandRun run = fovea("score", net, picture, "--json");
    assertEquals(0, run.status(), run.err());
    JsonNode row = new ObjectMapper().readTree(run.out());
    assertEquals(picture.toString(), row.get("file").asText());
    assertTrue(row.get("scores").get(0).get("probability").asDouble() > 0);
  }

  @Test
  void writesAndInspectsAnUntrainedGraph() throws IOException {
    Path file = folder.resolve("new.onnx");
    assertEquals(0, fovea("new", "resnet18", "--classes", "37", "-o", file).status());
    CommandRun run = fovea("inspect", file, "--json");
    JsonNode facts = new ObjectMapper().readTree(run.out());
    assertEquals(11_689_512 - 513 * (1000 - 37), facts.get("parameters").asLong());
    assertEquals("input: float [batch, 3, height, width]", facts.get("inputs").get(0).asText());
    assertTrue(fovea("inspect", net).out().contains("fovea.preprocessing: ["));
  }

  @Test
  void trainsOnFromAFile() {
    Path second = folder.resolve("second.onnx");
    CommandRun run =
        fovea(
            "train",
            net,
            "--data",
            TEST_DATA.resolve("shapes"),
            "--epochs",
            "1",
            "--lr",
            "0.01",
            "-o",
            second);
    assertEquals(0, run.status(), run.err());
    assertTrue(Files.exists(second));
  }

  @Test
  void dropsAuxiliaryHeadsFromTheFileThatTrainingWrites() {
    Path trained = folder.resolve("googlenet.onnx");
    CommandRun run =
        fovea(
            "train",
            "googlenet",
            "--with",
            "auxiliary",
            "--width",
            0.125,
            "--data",
            TEST_DATA.resolve("shapes"),
            "--size",
            16,
            "--epochs",
            1,
            "-o",
            trained);
    assertEquals(0, run.status(), run.err());
    String facts = fovea("inspect", trained).out();
    assertTrue(facts.contains("droppedOnExport"), facts);
    assertFalse(facts.contains("fovea.auxiliary"), facts);
    assertFalse(facts.contains("aux1.fc"), facts);
    assertTrue(
        fovea("evaluate", trained, "--data", TEST_DATA.resolve("shapes"))
            .out()
            .startsWith("accuracy "));
  }

  @Test
  void tunesAFileOfAnotherToolForTheDatasClasses() throws IOException {
    Path foreign = folder.resolve("foreign.onnx");
    assertEquals(
        0, fovea("new", "resnet8", "--width", 0.5, "--classes", 7, "-o", foreign).status());
    Path tuned = folder.resolve("tuned.onnx");
    CommandRun run =
        fovea(
            "train",
            foreign,
            "--data",
            TEST_DATA.resolve("shapes"),
            "--size",
            16,
            "--epochs",
            1,
            "--freeze",
            "^layer1",
            "--body-rate",
            0.1,
            "--no-decay-norms",
            "--dropout",
            0.2,
            "--optimizer",
            "adamw",
            "-o",
            tuned);
    assertEquals(0, run.status(), run.err());
    assertTrue(
        run.err().contains("head: Gemm 'linear', weight [7, 32]: 7 outputs replaced by 10"),
        run.err());
    CommandRun facts = fovea("inspect", tuned);
    assertTrue(facts.out().contains("trainable: yes"), facts.out());
    assertTrue(facts.out().contains("Dropout: 1"), facts.out());
    assertTrue(
        fovea("evaluate", tuned, "--data", TEST_DATA.resolve("shapes"))
            .out()
            .startsWith("accuracy "));
  }

  @Test
  void listsArchitecturesAndTheDoctorsFindings() {
    assertTrue(
        fovea("architectures")
            .out()
            .matches("(?s).*\\nresnet50 +25,557,032 +4\\.09 G +427 +224 +1  He 2016.*"));
    assertTrue(fovea("architectures", "lenet5").out().contains("61,706 parameters"));
    CommandRun doctor = fovea("doctor");
    assertEquals(0, doctor.status());
    assertTrue(
        doctor.out().contains("onnxruntime  1.") && doctor.out().contains("libtorch     2."));
    assertTrue(doctor.out().contains("pictures     decoded by OpenCV 4."), doctor.out());
    assertTrue(doctor.out().contains("provider     cpu\n"), doctor.out());
    assertTrue(doctor.out().contains("training     cpu"), doctor.out());
  }

  @Test
  void tellsWhatEachNodeRunsOn() throws IOException {
    CommandRun run = fovea("inspect", net, "--device", "cpu", "--json");
    assertEquals(0, run.status(), run.err());
    JsonNode facts = new ObjectMapper().readTree(run.out());
    assertEquals("cpu (asked for)", facts.get("device").asText());
    int nodes = facts.get("nodesRun").get("CPUExecutionProvider").asInt();
    assertTrue(nodes > 8, run.out());
    assertEquals(nodes, facts.get("nodes").get("CPUExecutionProvider").size());
    String text = fovea("inspect", net, "--device", "auto", "--size", "20").out();
    assertTrue(text.contains("Gemm '") && text.contains("nodesRun:"), text);
    assertEquals(
        0, fovea("score", net, TEST_DATA.resolve("sizes"), "--strict", "--device", "cpu").status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "convert",
        "architectures",
        "new",
        "pull",
        "train",
        "evaluate",
        "score",
        "inspect",
        "study",
        "verify",
        "doctor"
      })
  void helpsWithEveryCommand(String command) {
    CommandRun run = fovea(command, "--help");
    assertEquals(0, run.status());
    assertTrue(run.out().startsWith("Usage: fovea " + command), run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense | Unmatched argument",
        "architectures resnet19 | no architecture 'resnet19' among",
        "new resnet18 | Missing required option: '--output=FILE'",
        "new resnet18 --classes 0 -o x.onnx | option classes: expected more than 0",
        "new resnet18 --activation rilu -o x.onnx | Invalid value for option '--activation'",
        "new dip_skip --classes 2 -o x.onnx | dip_skip gives a picture: it has no place for classes",
        "train style_transfer --data DATA -o x.onnx | style_transfer makes pictures: expected data of inputs/ and targets/",
        "train resnet8 --data nowhere -o x.onnx | nowhere: no such file or folder",
        "train none.onnx --data DATA -o x.onnx | none.onnx: no such file",
        "train resnet8 --data DATA --epochs 0 -o x.onnx | --epochs: expected a whole number of 1 or more, met 0",
        "evaluate none.onnx --data DATA | none.onnx: no such file",
        "evaluate NET --data DATA --crops 5 | crops want a preprocessing that ends in center_crop",
        "evaluate NET --data DATA --crops 3 | --crops: expected 1 or 5, met 3",
        "evaluate NET --data DATA --tile 8 | --tile is for models of masks and pictures",
        "score NET nothing.jpg | nothing.jpg: no such file or folder",
        "score NET DATA -o scores.xml | expected a name that ends in .csv, .jsonl or .parquet",
        "score NET DATA --device gpu | device 'gpu': expected cpu, cuda, tensorrt, coreml, directml, openvino, xnnpack, auto",
        "score NET DATA --device cpu:memory=1 | cpu has no option 'memory': expected arena, arena_shrinkage",
        "train resnet8 --data DATA --device coreml -o x.onnx | training runs on cpu, cuda, cuda:N or auto, met 'coreml'",
        "convert none.onnx --dynamic-size -o x.onnx | none.onnx: no such file",
        "inspect NET --size 3by4 | --size: expected a number or HEIGHTxWIDTH",
        "inspect none.onnx | none.onnx: no such file",
        "demo --test-data nowhere | no such folder",
        "train resnet8 --data DATA --loss focal(gama=2) -o x.onnx | loss focal: unknown option 'gama'",
        "train resnet8 --data DATA --loss mse -o x.onnx | loss mse does not fit the data: it is for values and pictures",
        "train resnet8 --data DATA --hold-out nothing* -o x.onnx | holds out 0 of 1000 files",
        "train resnet8 --data DATA --size 3by4 -o x.onnx | --size: expected a number or HEIGHTxWIDTH",
        "train resnet8 --data DATA --ignore 256 -o x.onnx | --ignore: expected a level of 0 to 255",
        "train resnet8 --data DATA -o x.txt | x.txt: expected a name that ends in .onnx",
        "train lenet5 --data DATA --size 8 -o x.onnx | lenet5 takes pictures of 32 pixels or more",
        "train NET --data DATA --head nothing -o x.onnx | the graph has no node 'nothing'",
        "train NET --data DATA --freeze nothing -o x.onnx | pattern 'nothing' fits no parameter",
        "train NET --data DATA --body-rate 2 -o x.onnx | --body-rate: expected a number in [0, 1], met 2",
        "train NET --data DATA --dropout 1 -o x.onnx | dropout: expected a ratio in [0, 1), met 1.0",
        "convert NET --dropout 0.5 -o x.onnx | --dropout, --channels, --width, --activation, --normalization and",
        "verify nowhere | nowhere: no such folder",
        "verify DATA | no model.onnx in it or below",
        "doctor --frobnicate | Unknown option: '--frobnicate'"
      })
  void answersAMistakeWithTwoAndOneClearLine(String line, String message) {
    Object[] args =
        java.util.Arrays.stream(line.strip().split(" "))
            .map(a -> a.equals("DATA") ? TEST_DATA.resolve("shapes") : a.equals("NET") ? net : a)
            .toArray();
    CommandRun run = fovea(args);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
  }
}
