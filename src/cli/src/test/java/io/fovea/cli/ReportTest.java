package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of trainings and evaluations, as a browser shows them. */
class ReportTest {
  private static final Path SHAPES =
      Path.of(System.getProperty("fovea.root", "../.."), "test-data/shapes");

  /** Shows a page on a phone and on a desk: nothing too wide, nothing failed, these texts there. */
  static void assertShows(Path page, String... texts) throws Exception {
    String html = Files.readString(page);
    assertFalse(html.contains("<script"), "no scripts");
    assertFalse(
        html.matches("(?s).*(src|href)=\"(?!data:).*") || html.contains("url(http"),
        "nothing from elsewhere");
    Optional<Browser> browser = Browser.find();
    assumeTrue(browser.isPresent(), "no Chromium on the path: the report is not rendered");
    for (int width : new int[] {390, 1280}) {
      Browser.Shown shown = browser.get().show(page, width);
      JsonNode seen = new JsonMapper().readTree(shown.seen());
      assertEquals(width, seen.get("width").asInt(), 20, "less a scroll bar");
      assertEquals("[]", seen.get("bad").toString(), "at " + width);
      assertEquals("", shown.console());
      for (String text : texts) {
        assertTrue(seen.get("text").asText().contains(text), text + " of " + seen.get("text"));
      }
    }
  }

  private static double accuracy(String json) throws Exception {
    return new JsonMapper().readTree(json).get("accuracy").asDouble();
  }

  @Test
  void showsATrainingOfClasses(@TempDir Path folder) throws Exception {
    Path net = folder.resolve("shapes.onnx");
    Path page = folder.resolve("report.html");
    CommandRun run =
        fovea(
            "train",
            "resnet8",
            "--width",
            0.5,
            "--data",
            SHAPES,
            "--size",
            16,
            "--epochs",
            3,
            "--report",
            page,
            "-o",
            net);
    assertEquals(0, run.status(), run.err());
    double accuracy = accuracy(fovea("evaluate", net, "--data", SHAPES, "--json").out());
    assertShows(
        page,
        "shapes.onnx",
        Html.of("%.2f %%", 100 * accuracy),
        "of 250 held-out pictures are right",
        "Loss",
        "Learning rate",
        "Confusion",
        "Most frequent mistakes",
        "precision",
        "expected calibration error",
        "15 bins",
        "Worst mistakes",
        "Activations that are zero",
        "forward and backward",
        "waiting for data",
        "all 3 epochs");
    String html = Files.readString(page);
    assertTrue(html.split("<img ").length - 1 <= 24, "at most 24 pictures");
    assertTrue(html.length() < 2_000_000, "" + html.length());
  }

  @Test
  void showsMasksAndValuesOfFilesThatAreMeasured(@TempDir Path folder) throws Exception {
    StringBuilder csv = new StringBuilder("file,radius,price\n");
    Path discs = folder.resolve("discs");
    TasksTest.draw(discs, 40, csv);
    Files.writeString(discs.resolve("labels.txt"), "ground\ndisc\n");
    Path values = folder.resolve("values.csv");
    Files.writeString(values, csv.toString().replace("images/", "discs/images/"));
    for (Path data : List.of(discs, values)) {
      boolean masks = data.equals(discs);
      Path net = folder.resolve("net.onnx");
      Path page = folder.resolve(masks ? "masks.html" : "values.html");
      String width = masks ? "0.125" : "0.25";
      CommandRun run =
          fovea(
              "train",
              masks ? "unet" : "resnet8",
              "--width",
              width,
              "--data",
              data,
              "--epochs",
              1,
              "-o",
              net);
      assertEquals(0, run.status(), run.err());
      CommandRun measured = fovea("evaluate", net, "--data", data, "--report", page);
      assertEquals(0, measured.status(), measured.err());
      assertShows(
          page,
          measured.out().lines().findFirst().orElseThrow().split(",")[0],
          "Worst mistakes",
          masks ? "Dice (F1)" : "RMSE",
          masks ? "disc" : "radius");
    }
  }

  @Test
  void namesClassesAndFilesAsTheyAre() {
    assertEquals("a &lt;b&gt; &amp; &quot;c&quot;", Html.text("a <b> & \"c\""));
    assertEquals("0.001234", Html.number(0.0012341));
    assertEquals("12.35", Html.number(12.346));
    assertEquals("1,234", Html.number(1234.4));
    assertEquals("1.20e-07", Html.number(1.2e-7));
    assertEquals("–", Html.number(Double.NaN));
    assertEquals("2 h 05 min", Html.time(7500));
  }

  @Test
  void axesEndAtRoundNumbers() {
    Axis axis = Axis.of("x", new double[] {0.13, 0.87, Double.NaN});
    assertEquals(0, axis.low());
    assertEquals(1, axis.high(), 1e-9);
    assertEquals("0.2", axis.text(axis.ticks().get(1)));
    Axis wide = Axis.wide("loss", new double[] {0.002, 3});
    assertTrue(wide.log());
    assertEquals(
        List.of("0.001", "0.01", "0.1", "1", "10"), wide.ticks().stream().map(wide::text).toList());
    assertEquals(0.75, wide.at(1), 1e-9);
    assertFalse(Axis.wide("rate", new double[] {0, 3}).log(), "0 has no place there");
  }

  @Test
  void refusesAFolderAndOtherEndings(@TempDir Path folder) {
    CommandRun run =
        fovea("train", "resnet8", "--data", SHAPES, "--report", folder, "-o", folder + "/x.onnx");
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(": is a folder"), run.err());
    CommandRun text =
        fovea("evaluate", "x.onnx", "--data", SHAPES, "--report", folder + "/report.txt");
    assertEquals(2, text.status(), text.err());
    assertTrue(text.err().contains("expected a name that ends in .html"), text.err());
  }
}
