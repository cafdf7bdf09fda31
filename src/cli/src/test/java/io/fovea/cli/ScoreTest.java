package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command writes, of nets that need no training. */
class ScoreTest {
  private static final Attribute PAIRS = Attribute.ints("strides", 2, 2);

  @TempDir private Path folder;
  private Path photos = Path.of("");

  private interface Body {
    Value of(GraphBuilder g, Value x);
  }

  @BeforeEach
  void drawPictures() throws IOException {
    photos = Files.createDirectories(folder.resolve("photos"));
    noise(8, 6, 1).writePng(photos.resolve("a.png"));
    noise(21, 4, 2).writePng(photos.resolve("c.png"));
    Files.writeString(photos.resolve("b.png"), "no picture");
  }

  private static Picture noise(int width, int height, long seed) {
    byte[] pixels = new byte[width * height * 3];
    new Random(seed).nextBytes(pixels);
    return Picture.of(width, height, 3, pixels);
  }

  private Path net(Body body, Specification specification) throws IOException {
    GraphBuilder g = new GraphBuilder("small", 17);
    Dim n = Dim.of("batch");
    Value x = g.input("x", DataType.FLOAT, n, Dim.of(3), Dim.of("height"), Dim.of("width"));
    g.output(body.of(g, x));
    Model net = g.build();
    for (var e : specification.toMetadata().entrySet()) {
      net = net.withMetadata(e.getKey(), e.getValue());
    }
    Path file = folder.resolve("net.onnx");
    net.write(file);
    return file;
  }

  private Path net(Task.Kind kind, Body body, String... labels) throws IOException {
    Task task = new Task(kind, Task.Output.VALUES);
    return net(body, Specification.none().withTask(task).withLabels(List.of(labels)));
  }

  private static Value same(GraphBuilder g, Value x) {
    return g.node("Identity", "same", List.of(x));
  }

  private static Value doubled(GraphBuilder g, Value x) {
    float[] w = new float[12 * 3];
    for (int i = 0; i < 12; i++) {
      w[i * 3 + i / 4] = 1;
    }
    Value weight = g.initializer(Tensor.of("w", new long[] {12, 3, 1, 1}, w));
    Value four = g.node("Conv", "conv", List.of(x, weight));
    Attribute block = Attribute.of("blocksize", 2);
    return g.node("DepthToSpace", "out", List.of(four), block, Attribute.of("mode", "CRD"));
  }

  private static Value halved(GraphBuilder g, Value x) {
    return g.node("MaxPool", "out", List.of(x), Attribute.ints("kernel_shape", 2, 2), PAIRS);
  }

  private static Value means(GraphBuilder g, Value x) {
    Value mean = g.node("GlobalAveragePool", "mean", List.of(x));
    return g.node("Flatten", "flat", List.of(mean), Attribute.of("axis", 1));
  }

  private static CommandRun score(Object... args) {
    Object[] all = new Object[args.length + 3];
    all[0] = "score";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--preprocessing";
    all[args.length + 2] = "raw";
    return fovea(all);
  }

  @Test
  void picturesAreWrittenInTheirOrderAtTheNetsScale() throws IOException {
    Path net = net(ScoreTest::doubled, Specification.none());
    Path made = folder.resolve("made");
    CommandRun run = score(net, photos, "--task", "picture", "--pictures", made);
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals("file,picture,width,height,error", lines.get(0));
    assertEquals(photos.resolve("a.png") + "," + made.resolve("a.png") + ",16,12,", lines.get(1));
    assertTrue(lines.get(2).startsWith(photos.resolve("b.png") + ",,,,"), lines.get(2));
    assertTrue(lines.get(3).endsWith(",42,8,"), lines.get(3));
    Picture wanted = noise(8, 6, 1).resize(16, 12, Resampling.NEAREST);
    assertArrayEquals(wanted.pixels(), Picture.read(made.resolve("a.png")).pixels());

    Path tiled = folder.resolve("tiled");
    run = score(net, photos, "--task", "picture", "--pictures", tiled, "--tile", 8, "--flip");
    assertEquals(0, run.status(), run.err());
    assertArrayEquals(
        Picture.read(made.resolve("c.png")).pixels(),
        Picture.read(tiled.resolve("c.png")).pixels());
  }

  @Test
  void picturesAreJpegsOnDemandAndTheRangeIsGivenOrTheFiles() throws IOException {
    Path made = folder.resolve("made");
    Object[] line = {
      net(ScoreTest::same, Specification.none()),
      photos,
      "--task",
      "picture",
      "--pictures",
      made,
      "--format",
      "jpg",
      "--range",
      "0,510",
      "--json"
    };
    CommandRun run = score(line);
    assertEquals(0, run.status(), run.err());
    var row = new JsonMapper().readTree(run.out().lines().findFirst().orElseThrow());
    assertEquals(made.resolve("a.jpg").toString(), row.get("picture").asText());
    Picture half = Picture.read(made.resolve("a.jpg"));
    Picture whole = noise(8, 6, 1);
    double sum = 0;
    for (int i = 0; i < 8 * 6 * 3; i++) {
      sum += (half.pixels()[i] & 0xff) - (whole.pixels()[i] & 0xff) / 2.0;
    }
    assertEquals(0, sum / (8 * 6 * 3), 2);
  }

  @Test
  void aPictureThatCannotBeScoredHasItsOwnErrorRow() throws IOException {
    Path net = net(Task.Kind.PICTURE, ScoreTest::halved);
    Path made = folder.resolve("made");
    CommandRun run = score(net, photos, "--pictures", made);
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertTrue(lines.get(1).endsWith(",4,3,"), lines.get(1));
    assertTrue(lines.get(3).contains("no whole multiple or part"), lines.get(3));
    assertTrue(run.err().contains("1 pictures scored, 2 unreadable"), run.err());
    CommandRun none = score(net, photos.resolve("c.png"), "--pictures", made);
    assertEquals(2, none.status(), none.out());
    assertEquals("", none.out().lines().skip(1).findFirst().orElse(""));
  }

  @Test
  void masksOverlaysAndTheLegendShareNoName() throws IOException {
    for (String name : List.of("a.bmp", "a.overlay.png", "legend.png")) {
      noise(4, 4, 7).writePng(photos.resolve(name));
    }
    Path net = net(ScoreTest::same, Specification.none().withLabels(List.of("x", "y", "z")));
    Path masks = folder.resolve("masks");
    CommandRun run = score(net, photos, "--task", "segmentation", "--masks", masks, "--overlay");
    assertEquals(0, run.status(), run.err());
    try (var files = Files.list(masks)) {
      assertEquals(
          List.of(
              "a.overlay.png",
              "a.overlay.png.overlay.png",
              "a.overlay.png.png",
              "a.png",
              "a.png.overlay.png",
              "a.png.png",
              "c.overlay.png",
              "c.png",
              "legend.png",
              "legend.png.overlay.png",
              "legend.png.png"),
          files.map(f -> f.getFileName().toString()).sorted().toList(),
          run.out());
    }
  }

  @Test
  void areasAreSharesAndPixels() throws IOException {
    Path net = net(Task.Kind.SEGMENTATION, ScoreTest::same, "x", "y", "z");
    Path masks = folder.resolve("masks");
    CommandRun run = score(net, photos.resolve("a.png"), "--masks", masks);
    assertEquals(0, run.status(), run.err());
    String[] row = run.out().lines().toList().get(1).split(",", -1);
    long[] areas = Mask.read(masks.resolve("a.png")).areas();
    for (int c = 0; c < 3; c++) {
      assertEquals(areas[c] / 48.0, Double.parseDouble(row[2 + c]), 1e-9);
      assertEquals(areas[c], Long.parseLong(row[5 + c]));
    }
    assertEquals(9, row.length);
  }

  @Test
  void viewsAreAveraged() throws IOException {
    Path net = net(ScoreTest::means, Specification.none().withLabels(List.of("x", "y", "z")));
    CommandRun plain = score(net, photos.resolve("a.png"));
    CommandRun flipped = score(net, photos.resolve("a.png"), "--flip");
    assertEquals(0, flipped.status(), flipped.err());
    String[] a = plain.out().lines().toList().get(1).split(",");
    String[] b = flipped.out().lines().toList().get(1).split(",");
    assertEquals(a[1], b[1]);
    assertEquals(Double.parseDouble(a[2]), Double.parseDouble(b[2]), 1e-3);
    Path imagenet = photos.resolve("a.png");
    CommandRun ten =
        fovea("score", net, imagenet, "--crops", 5, "--flip", "--preprocessing", "imagenet");
    assertEquals(0, ten.status(), ten.err());
  }

  @Test
  void optionsOfOtherTasksAreRefusedInALine() throws IOException {
    Path classes = net(Task.Kind.CLASSIFICATION, ScoreTest::means, "x", "y", "z");
    String refused = " is for models of %s; " + classes + " is one of classification";
    for (String[] option :
        new String[][] {
          {"--masks", "m", "segmentation"},
          {"--overlay", null, "segmentation"},
          {"--pictures", "p", "picture"},
          {"--format", "jpg", "picture"},
          {"--range", "0,1", "picture"}
        }) {
      CommandRun run =
          option[1] == null
              ? score(classes, photos, option[0])
              : score(classes, photos, option[0], option[1]);
      assertProblem(run, option[0] + refused.formatted(option[2]));
    }
    assertProblem(
        score(classes, photos, "--tile", 64), "--tile is for models of masks and pictures");
    assertProblem(score(classes, photos, "--overlap", 4), "--tile is for models of masks");
    assertProblem(
        score(classes, photos, "--crops", 5),
        "crops want a preprocessing that ends in center_crop");
    assertProblem(score(classes, photos, "--crops", 3), "--crops: expected 1 or 5, met 3");
    Path masks = net(Task.Kind.SEGMENTATION, ScoreTest::same);
    assertProblem(
        score(masks, photos, "--top", 3),
        "--top is for models of classification; " + masks + " is one of segmentation");
    assertProblem(score(masks, photos, "--crops", 5), "--crops is for models of classes");
    assertProblem(score(masks, photos, "--overlap", 4), "--overlap: expected --tile beside it");
    assertProblem(
        score(masks, photos, "--tile", 16, "--overlap", 8),
        "tiles of 16x16 that overlap by 8: expected less than half a tile");
    Path values = net(Task.Kind.REGRESSION, ScoreTest::means);
    assertProblem(
        score(values, photos, "--flip"), "--flip is for models of classes, masks and pictures");
    Path pictures = net(Task.Kind.PICTURE, ScoreTest::same);
    assertProblem(score(pictures, photos, "--range", "1,0"), "--range: a range of [1.0, 0.0]");
    assertProblem(score(pictures, photos, "--range", "1"), "--range: expected LOW,HIGH");
    assertTrue(Files.notExists(Path.of("pictures")), "nothing is written");
  }

  private static void assertProblem(CommandRun run, String problem) {
    assertEquals(2, run.status(), problem);
    assertTrue(run.err().contains(problem), run.err());
  }
}
