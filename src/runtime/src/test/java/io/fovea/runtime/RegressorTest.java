package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegressorTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");
  private static final Picture FLAT =
      Picture.of(1, 1, 3, new byte[] {10, 20, -1}).resize(9, 4, Resampling.NEAREST);

  @Test
  void numbersAreHandedOverAsTheyAre() {
    Nets.Body open = (g, x) -> g.node("GlobalAveragePool", "mean", List.of(x)); // [N, 3, 1, 1]
    for (Nets.Body body : List.of((Nets.Body) Nets::means, open)) {
      try (Regressor r = Regressor.of(Nets.load(body), RAW)) {
        assertArrayEquals(new float[] {10, 20, 255}, r.predict(FLAT), 1e-4f);
        assertEquals(List.of("0", "1", "2"), r.names());
      }
    }
  }

  @Test
  void aModelMayGiveOneNumberWithoutAnAxis() {
    Nets.Body one =
        (g, x) ->
            g.node(
                "Reshape",
                "number",
                List.of(
                    g.node("GlobalAveragePool", "mean", List.of(Nets.red(g, x))),
                    g.initializer(Tensor.of("shape", -1L))));
    try (Regressor r = Regressor.of(Nets.load(one), RAW)) {
      List<float[]> both = r.predict(List.of(FLAT, FLAT));
      assertArrayEquals(new float[] {-90}, both.get(0), 1e-4f);
      assertArrayEquals(new float[] {-90}, both.get(1), 1e-4f);
      assertEquals(List.of("0"), r.names());
    }
  }

  @Test
  void picturesOfManySizesArePredictedAlikeAloneAndTogether() {
    try (Regressor r = Regressor.of(Nets.load(Nets::means), RAW)) {
      List<Picture> pictures =
          List.of(
              ClassifierTest.noise(7, 3, 1),
              ClassifierTest.noise(30, 2, 2),
              ClassifierTest.noise(7, 3, 3));
      List<float[]> together = r.predict(pictures);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(r.predict(pictures.get(i)), together.get(i), 1e-3f);
      }
    }
  }

  @Test
  void aFixedBatchIsFilledUp() {
    GraphBuilder g = new GraphBuilder("pairs", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(2), Dim.of(3), Dim.of("height"), Dim.of("width"));
    g.output(Nets.means(g, x));
    try (Regressor r = Regressor.of(Nets.load(g.build()), RAW)) {
      List<Picture> three = List.of(FLAT, FLAT.crop(0, 0, 4, 4), FLAT);
      for (float[] numbers : r.predict(three)) {
        assertArrayEquals(new float[] {10, 20, 255}, numbers, 1e-4f);
      }
    }
  }

  @Test
  void labelsNameTheNumbers() {
    Model net =
        Nets.with(Nets.net(Nets::means), Task.Kind.REGRESSION, Task.Output.VALUES, "r", "g", "b");
    try (Regressor r = Regressor.of(Nets.load(net), RAW)) {
      assertEquals(List.of("r", "g", "b"), r.names());
      assertEquals(Task.Output.VALUES, r.model().output());
    }
  }

  @Test
  void modelsOfOtherTasksAndShapesAreRefused() {
    ImageModel masks =
        Nets.load(
            Nets.with(Nets.net(Nets::means), Task.Kind.SEGMENTATION, Task.Output.PROBABILITIES));
    assertProblem(
        "expected a model of regression, met one of segmentation, probabilities",
        () -> Regressor.of(masks, RAW));
    ImageModel planes = Nets.load(Nets::strongest);
    assertProblem(
        "output: expected [N, K], met [any, 3, any, any]", () -> Regressor.of(planes, RAW));
    ImageModel again = Nets.load(Nets::strongest);
    assertProblem(
        "output: expected [N, K], met [any, 3, any, any]", () -> Classifier.of(again, RAW));
    ImageModel values =
        Nets.load(Nets.with(Nets.net(Nets::means), Task.Kind.REGRESSION, Task.Output.VALUES));
    assertProblem(
        "expected a model of classification, met one of regression, values",
        () -> Classifier.of(values, RAW));
  }

  private static void assertProblem(String problem, Runnable mistake) {
    var e = assertThrows(ScoringException.class, mistake::run);
    assertEquals("small: " + problem, e.getMessage());
  }
}
