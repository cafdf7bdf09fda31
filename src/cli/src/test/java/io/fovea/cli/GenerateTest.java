package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pictures of noise from the command line. */
class GenerateTest {
  @TempDir static Path folder;
  private static Path net;

  @BeforeAll
  static void draw() {
    net = folder.resolve("net.onnx");
    CommandRun run = fovea("new", "dcgan_generator", "--width", 0.02, "-o", net);
    assertEquals(0, run.status(), run.err());
  }

  @Test
  void aFolderHasAPictureForEachSeed() throws IOException {
    Path made = folder.resolve("made");
    CommandRun run = fovea("generate", net, "--count", 35, "--seed", 10, "-o", made);
    assertEquals(0, run.status(), run.err());
    assertEquals(made + ": 35 pictures, seeds 10 to 44\n", run.out());
    try (Stream<Path> files = Files.list(made)) {
      assertEquals(35, files.count());
    }
    Picture last = Picture.read(made.resolve("000044.png"));
    assertEquals("64x64 RGB", last.toString());
    Path one = folder.resolve("one");
    fovea("generate", net, "--count", 1, "--seed", 44, "-o", one);
    assertArrayEquals(last.pixels(), Picture.read(one.resolve("000044.png")).pixels());
  }

  @Test
  void aSheetHasThemSideBySide() {
    Path sheet = folder.resolve("new/sheet.png");
    CommandRun run = fovea("generate", net, "--count", 5, "-o", sheet, "--json");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("\"count\":5,\"seed\":0"), run.out());
    Picture all = Picture.read(sheet);
    assertEquals("196x130 RGB", all.toString());
    Path each = folder.resolve("each");
    fovea("generate", net, "--count", 5, "-o", each);
    Picture fourth = Picture.read(each.resolve("000003.png"));
    assertArrayEquals(fourth.pixels(), all.crop(0, 66, 64, 64).pixels());
  }

  @Test
  void learnsFromPicturesByACriticWhateverTheirClasses() throws IOException {
    for (int i = 0; i < 12; i++) {
      Path kind = Files.createDirectories(folder.resolve("data/" + i % 2));
      byte[] pixels = new byte[70 * 66 * 3];
      Arrays.fill(pixels, (byte) (10 * i));
      Picture.of(70, 66, 3, pixels).writePng(kind.resolve(i + ".png"));
    }
    Path critic = folder.resolve("critic.onnx");
    Path learned = folder.resolve("learned.onnx");
    assertEquals(0, fovea("new", "dcgan_discriminator", "--width", 0.02, "-o", critic).status());
    Path gan = folder.resolve("gan.onnx");
    Object[] line = {
      "train",
      "dcgan_generator",
      "--width",
      0.02,
      "--data",
      folder.resolve("data"),
      "--loss",
      "hinge(critic=\"" + critic + "\")",
      "--batch",
      4,
      "--epochs",
      1,
      "--hold-out",
      0.3,
      "--report",
      folder.resolve("report.html"),
      "--log",
      folder.resolve("log"),
      "--critic-out",
      learned,
      "-o",
      gan
    };
    CommandRun run = fovea(line);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("made of noise"), run.err());
    assertTrue(
        run.err().contains("{\"step\":\"center_crop\",\"height\":64,\"width\":64}"), run.err());
    assertTrue(
        run.err().matches("(?s).*held-out distance 0\\.\\d+ from real pictures, whose.*"),
        run.err());
    String page = Files.readString(folder.resolve("report.html"));
    assertTrue(page.contains("Distance from real pictures"), "curve");
    assertTrue(page.contains("Loss of the critic"), "curve");
    String metrics = Files.readString(folder.resolve("log/metrics.jsonl"));
    assertTrue(metrics.matches("(?s).*\"criticLoss\":[0-9.]+,.*"), metrics);
    assertTrue(page.contains("between halves of these"), "figures");
    CommandRun again = // both go on from where they were
        fovea(
            "train",
            gan,
            "--data",
            folder.resolve("data"),
            "--batch",
            4,
            "--epochs",
            1,
            "--loss",
            "lsgan(critic=\"" + learned + "\")",
            "-o",
            gan);
    assertEquals(0, again.status(), again.err());
    assertEquals(0, fovea("generate", gan, "-o", folder.resolve("gan.png")).status());
    CommandRun measured = fovea("evaluate", gan, "--data", folder.resolve("data"));
    assertEquals(0, measured.status(), measured.err());
    assertTrue(
        measured.out().matches("distance 0\\.\\d+ from real .* apart, 12 of each\\n"),
        measured.out());
    CommandRun none =
        fovea("train", gan, "--data", folder.resolve("data"), "--critic-out", learned, "-o", gan);
    assertEquals(2, none.status());
    assertTrue(none.err().contains("--critic-out: loss mse has no critic"), none.err());
    CommandRun without = fovea("train", gan, "--data", folder.resolve("data"), "-o", gan);
    assertEquals(2, without.status());
    assertTrue(without.err().contains("expected loss lsgan(critic=FILE) or"), without.err());
  }

  @Test
  void isMeasuredByTheDistanceOfItsPicturesFromRealOnes() throws IOException {
    Path own = folder.resolve("own");
    fovea("generate", net, "--count", 40, "-o", own);
    JsonNode none = measured(own);
    assertEquals(0, none.get("distance").asDouble());
    assertTrue(none.get("chance").asDouble() > 0, none.toString());
    assertEquals(40, none.get("count").asInt());
    Path later = folder.resolve("later");
    fovea("generate", net, "--count", 40, "--seed", 100, "-o", later);
    assertTrue(measured(later).get("distance").asDouble() > 0);
    CommandRun flipped = fovea("evaluate", net, "--data", own, "--flip");
    assertEquals(2, flipped.status());
    assertTrue(
        flipped.err().contains("--flip is for models of classes, masks and pictures"),
        flipped.err());
    CommandRun large = fovea("evaluate", net, "--data", own, "--preprocessing", "imagenet");
    assertEquals(2, large.status());
    assertTrue(large.err().contains("000000.png: expected 64x64 RGB as "), large.err());
  }

  private static JsonNode measured(Path data) throws IOException {
    CommandRun run = fovea("evaluate", net, "--data", data, "--json");
    assertEquals(0, run.status(), run.err());
    return new JsonMapper().readTree(run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generate net.onnx --count 0 -o x | --count: expected 1 or more, met 0",
        "generate net.onnx --count 20000 -o x.png | expected 1 to 10,000 on one sheet, met 20000",
        "generate espcn.onnx -o x | espcn.onnx: the file does not say how pictures are fed to it",
        "generate none.onnx -o x | none.onnx: no such file",
        "score net.onnx x | net.onnx: makes pictures of noise, not of pictures; see fovea generate",
      })
  void saysWhatDoesNotFit(String line, String message) {
    if (line.contains("espcn")) {
      assertEquals(0, fovea("new", "espcn_x2", "-o", folder.resolve("espcn.onnx")).status());
    }
    Object[] words =
        Stream.of(line.split(" "))
            .map(w -> w.endsWith(".onnx") || w.startsWith("x") ? folder.resolve(w) : w)
            .toArray();
    CommandRun run = fovea(words);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(
        List.of(),
        List.of(run.out().split("\n")).stream().filter(l -> l.contains("seeds")).toList());
  }
}
