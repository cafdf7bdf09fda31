package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.junit.jupiter.api.Test;

/** What is told of the layers, against what the parameters and values themselves say. */
class ProbeTest {
  private static final long[] SHAPE = {8, 3, 16, 16};
  private static final Model NET =
      Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));

  /** Parameters move by their gradients. */
  private static final Recipe PLAIN =
      Recipe.classification().optimizer(new Optimizer.Sgd(1, 0, 0, false));

  private static FloatBuffer pixels() {
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 8 * 3 * 16 * 16)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < pixels.capacity(); i++) {
      pixels.put(i, (float) Math.sin(0.1 * i));
    }
    return pixels;
  }

  private static final Targets WANTED = Targets.Classes.of(0, 1, 2, 3, 0, 1, 2, 3);

  private static float[] value(Learner learner, String name) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var x = Learner.tensor(pixels(), SHAPE);
      return Torch.copy("value", learner.graph().train(x, List.of(name)).get(0)).floats();
    }
  }

  private static double norm(float[] before, float[] after) {
    double squares = 0;
    for (int i = 0; i < before.length; i++) {
      squares += Math.pow(before[i] - after[i], 2);
    }
    return Math.sqrt(squares);
  }

  @Test
  void tellsGradientsAndActivationsOfTheStep() {
    try (Learner learner = new Learner(NET, PLAIN)) {
      Node relu =
          NET.graph().nodes().stream()
              .filter(n -> n.operator().equals("Relu"))
              .findFirst()
              .orElseThrow();
      float[] first = value(learner, relu.outputs().get(0));
      float[] logits = value(learner, learner.graph().ending().value());
      Map<String, Tensor> before = learner.graph().state();
      learner.probe().layersEvery(2);
      learner.step(pixels(), SHAPE, WANTED, 1);
      Map<String, Tensor> after = learner.graph().state();
      List<LayerFigures> layers = learner.probe().layers();

      List<String> weights =
          learner.graph().roles().parameters().stream()
              .filter(n -> before.get(n).dims().length > 1)
              .toList();
      assertEquals(weights.size(), layers.size());
      for (int i = 0; i < layers.size() - 1; i++) { // whose convolutions have no bias
        String weight = weights.get(i);
        double moved = norm(before.get(weight).floats(), after.get(weight).floats());
        assertEquals(moved, layers.get(i).gradientNorm(), 1e-4 * moved, weight);
      }
      LayerFigures opening = layers.get(0);
      int zeros = 0;
      double sum = 0;
      double squares = 0;
      for (float v : first) {
        zeros += v == 0 ? 1 : 0;
        sum += v;
        squares += (double) v * v;
      }
      double mean = sum / first.length;
      assertEquals((double) zeros / first.length, opening.zeros(), 1e-9);
      assertTrue(opening.zeros() > 0.1, opening.toString());
      assertEquals(mean, opening.mean(), 1e-5);
      assertEquals(Math.sqrt(squares / first.length - mean * mean), opening.deviation(), 1e-4);
      int right = 0;
      for (int i = 0; i < 8; i++) {
        int best = 0;
        for (int c = 1; c < 4; c++) {
          best = logits[4 * i + c] > logits[4 * i + best] ? c : best;
        }
        right += best == i % 4 ? 1 : 0;
      }
      assertEquals(right, learner.probe().right());

      learner.step(pixels(), SHAPE, WANTED, 1);
      assertEquals(List.of(), learner.probe().layers(), "every second step");
      learner.step(pixels(), SHAPE, WANTED, 1);
      assertEquals(layers.size(), learner.probe().layers().size());
    }
  }

  @Test
  void changesNothingOfATraining() {
    List<TrainingStep> steps = new ArrayList<>();
    Trainer trainer =
        Trainer.of(NET)
            .recipe(Recipe.classification().epochs(2).batch(8))
            .preprocessing(Stripes.FED);
    Trained seen =
        trainer
            .listener(
                new Trainer.Listener() {
                  @Override
                  public void step(TrainingStep step) {
                    steps.add(step);
                  }

                  @Override
                  public int layersEvery(int all) {
                    assertEquals(6, all);
                    return 1;
                  }
                })
            .fit(new Stripes(24, 1), new Stripes(4, 2));
    Trained plain = trainer.fit(new Stripes(24, 1), new Stripes(4, 2));
    for (Tensor t : plain.model().graph().initializers().values()) {
      Tensor other = seen.model().graph().initializers().get(t.name());
      assertTrue(other != null && t.bytes().equals(other.bytes()), t.name());
    }
    assertEquals(6, steps.size());
    TrainingStep last = steps.get(5);
    assertEquals(
        List.of(2, 3, 3, 8), List.of(last.epoch(), last.number(), last.steps(), last.pictures()));
    assertEquals(
        (steps.get(3).loss() + steps.get(4).loss() + last.loss()) / 3, last.meanLoss(), 1e-12);
    assertTrue(last.right() >= 0 && last.right() <= 8 && last.computed() > 0, last.toString());
    assertEquals(8, last.layers().size());
    double decoded = steps.stream().mapToDouble(TrainingStep::decoded).sum();
    assertTrue(decoded > 0 && steps.stream().allMatch(s -> s.waited() >= 0), "" + decoded);
  }

  @Test
  void looksAtWholeStepsWhereBatchesAreAccumulated() {
    List<TrainingStep> seen = new ArrayList<>();
    Trainer.of(NET)
        .recipe(Recipe.classification().epochs(2).batch(8).accumulate(2))
        .preprocessing(Stripes.FED)
        .listener(
            new Trainer.Listener() {
              @Override
              public void step(TrainingStep step) {
                seen.add(step);
              }

              @Override
              public int layersEvery(int all) {
                assertEquals(4, all);
                return 2;
              }
            })
        .fit(new Stripes(32, 1), new Stripes(4, 2));
    assertEquals(
        List.of(0, 8, 0, 0, 0, 8, 0, 0), seen.stream().map(s -> s.layers().size()).toList());
    assertTrue(seen.get(1).updated() > 0 && seen.get(0).updated() == 0, seen.toString());
  }

  /** Two answers of a bin, one of another. */
  @Test
  void calibrationWeighsBinsByTheirAnswers() {
    Calibration.Counts counts = new Calibration.Counts();
    counts.add(0.95, true);
    counts.add(0.97, false);
    counts.add(0.5, true);
    Calibration c = counts.calibration();
    assertEquals((2 * (0.96 - 0.5) + (1 - 0.5)) / 3, c.error(), 1e-9);
    assertEquals(2, c.bins().get(Calibration.BINS - 1).count());
    assertTrue(Double.isNaN(c.bins().get(0).accuracy()));
  }

  @Test
  void keepsTheWorstMistakesAndTheFirstOfEquals() {
    Mistake.Worst worst = new Mistake.Worst();
    for (int i = 0; i < 100; i++) {
      worst.add(new Mistake(i, "a", "b", i / 2 % 25, null, null));
    }
    int[] kept = worst.list().stream().mapToInt(Mistake::index).toArray();
    assertEquals(Mistake.KEPT, kept.length);
    int[] first = {kept[0], kept[1], kept[2], kept[3], kept[4]};
    assertArrayEquals(new int[] {48, 49, 98, 99, 46}, first);
  }
}
