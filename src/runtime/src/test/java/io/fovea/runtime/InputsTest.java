package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Alpha;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What models take: floats or bytes, in batches that are bounded. */
class InputsTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");

  private static Model bytes(Nets.Body body, Dim height, Dim width) {
    GraphBuilder g = new GraphBuilder("bytes", 17);
    Value x = g.input("x", DataType.UINT8, Dim.of("batch"), height, width, Dim.of(3));
    Value floats = g.node("Cast", "floats", List.of(x), Attribute.of("to", 1));
    Attribute perm = Attribute.ints("perm", 0, 3, 1, 2);
    g.output(body.of(g, g.node("Transpose", "planes", List.of(floats), perm)));
    return g.build();
  }

  private static Model bytes(Nets.Body body) {
    return bytes(body, Dim.of("height"), Dim.of("width"));
  }

  private static List<Picture> mixed() {
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < 75; i++) {
      pictures.add(ClassifierTest.noise(3 + i % 2, 4, i));
    }
    pictures.add(ClassifierTest.noise(50, 1, 1).toGrey());
    return pictures;
  }

  @Test
  void bytesAreFedAsTheyAreAndGiveTheSameAnswers() {
    List<Picture> pictures = mixed();
    try (Regressor floats = Regressor.of(Nets.load(Nets::means), RAW);
        Regressor bytes = Regressor.of(Nets.load(bytes(Nets::means)), null)) {
      assertTrue(bytes.model().takesBytes());
      assertFalse(floats.model().takesBytes());
      List<float[]> wanted = floats.predict(pictures);
      List<float[]> met = bytes.predict(pictures);
      for (int i = 0; i < pictures.size(); i++) {
        assertArrayEquals(wanted.get(i), met.get(i), 1e-4f);
      }
    }
    Preprocessing within = Preprocessing.of(new Step.PadToMultiple(4, 255));
    Nets.Body padded =
        (g, x) -> Nets.strongest(g, g.node("Relu", "positive", List.of(x))); // and no geometry
    try (Segmenter s = Segmenter.of(Nets.load(bytes(padded)), null)) {
      for (Picture p : pictures.subList(0, 5)) {
        assertEquals(p.width() + "x" + p.height() + " mask", s.segment(p).toString());
      }
    }
    Model said = bytes(Nets::strongest).withMetadata(Specification.PREPROCESSING, within.toJson());
    try (Segmenter s = Segmenter.of(Nets.load(said), null)) {
      assertEquals(within, s.preprocessing());
    }
  }

  @Test
  void classifiersOfBytesAverageFlips() {
    Picture p = ClassifierTest.noise(9, 7, 2);
    try (Classifier c = Classifier.of(Nets.load(bytes(Nets::means)), null)) {
      assertArrayEquals(
          c.score(p).probabilities(),
          c.averaging(Averaging.flips()).score(p).probabilities(),
          1e-4f);
    }
  }

  @Test
  void whatABytesModelCannotDoIsRefused() {
    try (Segmenter s = Segmenter.of(Nets.load(bytes(Nets::strongest)), null)) {
      assertProblem(
          "the model takes whole pictures as bytes, not tiles of them",
          () -> s.tiled(new Step.Tiles(8, 8, 2)));
      assertProblem(
          "flips of masks and pictures want a model that takes floats, not bytes",
          () -> s.averaging(Averaging.flips()));
      FloatBuffer one = FloatBuffer.allocate(3);
      assertProblem(
          "the model takes bytes [N, H, W, 3], not floats",
          () -> s.model().run(one, new long[] {1, 1, 1, 3}));
    }
    Step reduced = new Step.Decode(Step.Profile.IGNORED, Alpha.DROPPED, true);
    Model inside =
        bytes(Nets::strongest)
            .withMetadata("fovea.preprocessing", Preprocessing.of(reduced).toJson());
    var e = assertThrows(ScoringException.class, () -> Segmenter.of(Nets.load(inside), null));
    assertTrue(String.valueOf(e.getMessage()).contains("decodes files at reduced size"));
    try (Segmenter s =
        Segmenter.of(Nets.load(bytes(Nets::strongest, Dim.of(8), Dim.of(8))), null)) {
      assertProblem(
          "input 'x': expected [any, 8, 8, 3], met [1, 2, 4, 3]",
          () -> s.segment(ClassifierTest.noise(4, 2, 1)));
    }
  }

  @Test
  void otherInputsAreRefused() {
    Dim n = Dim.of("batch");
    assertInput(
        "expected float, double, float16 or uint8 [N, C, H, W] or [N, H, W, C],"
            + " met INT64 [any, 3, 8, 8]",
        DataType.INT64,
        n,
        Dim.of(3),
        Dim.of(8),
        Dim.of(8));
    assertInput(
        "expected float, double, float16 or uint8 [N, C, H, W] or [N, H, W, C],"
            + " met FLOAT [any, 8]",
        DataType.FLOAT,
        n,
        Dim.of(8));
  }

  private static void assertInput(String problem, DataType type, Dim... shape) {
    GraphBuilder g = new GraphBuilder("other", 17);
    Value x = g.input("x", type, shape);
    g.output(g.node("Cast", "floats", List.of(x), Attribute.of("to", 1)));
    Model model = g.build();
    assertProblem("input 'x': " + problem, () -> Nets.load(model));
  }

  private static void assertProblem(String problem, Runnable mistake) {
    var e = assertThrows(ScoringException.class, mistake::run);
    assertEquals("small: " + problem, e.getMessage());
  }

  /** The answer of this net is the size of its batch, beside the mean of a picture. */
  @Test
  void batchesAreBoundedAndKeepTheOrder() {
    Nets.Body counting =
        (g, x) -> {
          Value shape =
              g.node("Shape", "n", List.of(x), Attribute.of("start", 0), Attribute.of("end", 1));
          Value count = g.node("Cast", "count", List.of(shape), Attribute.of("to", 1));
          Value zero = g.initializer(Tensor.of("zero", new long[] {1}, new float[] {0}));
          Value none = g.node("Mul", "none", List.of(Nets.means(g, x), zero));
          return g.node("Add", "size", List.of(none, count));
        };
    List<Picture> pictures = mixed();
    try (Regressor r = Regressor.of(Nets.load(counting), RAW);
        Regressor means = Regressor.of(Nets.load(Nets::means), RAW)) {
      List<float[]> sizes = r.predict(pictures);
      assertEquals(PictureFeed.LARGEST_BATCH, (int) sizes.get(0)[0]);
      assertEquals(38 - PictureFeed.LARGEST_BATCH, (int) sizes.get(74)[0]);
      assertEquals(1, (int) sizes.get(75)[0]);
      List<float[]> together = means.predict(pictures);
      for (int i = 0; i < pictures.size(); i++) {
        assertArrayEquals(means.predict(pictures.get(i)), together.get(i), 1e-3f);
      }
      Picture large = Picture.of(2000, 1000, 3, new byte[2000 * 1000 * 3]);
      List<float[]> few = r.predict(List.of(large, large, large));
      assertEquals(2, (int) few.get(0)[0], "6 million numbers each, of 2^24");
      assertEquals(1, (int) few.get(2)[0]);
    }
  }

  @Test
  void aTaskKeepsItsRangeAndIsReadStrictly() {
    Task task = new Task(Task.Kind.PICTURE, Task.Output.VALUES, new Task.Range(-1, 1));
    Specification s = Specification.none().withTask(task);
    assertEquals(s, Specification.of("m", s.toMetadata()));
    assertEquals(
        "{\"kind\":\"picture\",\"output\":\"values\",\"range\":[-1.0,1.0]}",
        s.toMetadata().get(Specification.TASK));
    assertEquals("picture, values in [-1.0, 1.0]", task.toString());
    Map<String, String> wrong =
        Map.of(
            "{\"kind\":\"picture\",\"output\":\"values\",\"rang\":[0,1]}",
            "unknown key 'rang'; there are [kind, output, range]",
            "{\"kind\":\"picture\",\"output\":\"values\",\"range\":[0]}",
            "range: expected [low, high], met [0]",
            "{\"kind\":\"picture\",\"output\":\"values\",\"range\":null}",
            "range: expected [low, high], met null",
            "{\"kind\":\"picture\",\"output\":\"values\",\"range\":[1,0]}",
            "a range of [1.0, 0.0]: expected two finite numbers, the lower first",
            "{\"kind\":\"regression\",\"output\":\"values\",\"range\":[0,1]}",
            "a range is for picture or generation, values; met regression, values",
            "{\"kind\":\"picture\"}",
            "output: expected one of [logits, probabilities, values], met none",
            "[]",
            "expected an object, met []");
    wrong.forEach(
        (json, problem) -> {
          Map<String, String> metadata = Map.of(Specification.TASK, json);
          var e = assertThrows(ScoringException.class, () -> Specification.of("m", metadata));
          assertEquals("m: metadata 'fovea.task': " + problem, e.getMessage());
        });
  }
}
