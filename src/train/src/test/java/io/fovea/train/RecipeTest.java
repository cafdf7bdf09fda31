package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What recipes do to a training. */
class RecipeTest {
  private static final Dataset DATA = new Stripes(40, 1);
  private static final Dataset HELD = new Stripes(16, 2);
  private static final Recipe SHORT =
      Recipe.classification()
          .epochs(2)
          .batch(16)
          .optimizer(new Optimizer.Sgd(0.05, 0.9, 5e-4, true))
          .augmentation(Augmentation.none());

  private static Trained train(Recipe recipe, Normalization normalization) {
    Options options = Options.classes(4).withWidth(0.5).withNormalization(normalization);
    return Trainer.of(Architectures.named("resnet8").model(options))
        .recipe(recipe)
        .preprocessing(Stripes.FED)
        .fit(DATA, HELD);
  }

  private static Trained train(Recipe recipe) {
    return train(recipe, Normalization.BATCH);
  }

  private static float[] weights(Trained trained) {
    return trained.model().graph().initializers().get("conv1.weight").floats();
  }

  @Test
  void accumulatesBatchesIntoTheStepThatOneBatchWouldMake() {
    Torch.load();
    try (Torch.Work plain = Torch.plainKernels()) { // rounding of oneDNN's depends on the batch
      Trained whole = train(SHORT, Normalization.GROUP);
      Trained parts = train(SHORT.batch(8).accumulate(2), Normalization.GROUP);
      assertArrayEquals(weights(whole), weights(parts), 1e-5f);
      Trained other = train(SHORT.batch(8), Normalization.GROUP);
      assertFalse(close(weights(whole), weights(other)));
    }
  }

  private static boolean close(float[] a, float[] b) {
    for (int i = 0; i < a.length; i++) {
      if (Math.abs(a[i] - b[i]) > 1e-4) {
        return false;
      }
    }
    return true;
  }

  @Test
  void averagesAndExchanges() {
    Torch.load();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var t = Torch.copy(Tensor.of("t", new long[] {2}, new float[] {1, -2}));
      try (Average average = new Average(0.3, List.of(t))) {
        double mean = 1;
        for (int step = 1; step <= 4; step++) {
          t.add_(new Scalar(1));
          average.follow();
          double decay = Math.min(0.3, (1.0 + step) / (10 + step));
          mean = decay * mean + (1 - decay) * (1 + step);
        }
        average.swap();
        assertEquals(mean, Torch.copy("t", t).floats()[0], 1e-6);
        average.swap();
        assertArrayEquals(new float[] {5, 2}, Torch.copy("t", t).floats());
      }
    }
  }

  @Test
  void measuresAndWritesTheAverage(@TempDir Path folder) {
    Trained plain = train(SHORT);
    Trained averaged = train(SHORT.average(0.99));
    for (int epoch = 0; epoch < 2; epoch++) { // the training itself is the same
      assertEquals(plain.history().get(epoch).loss(), averaged.history().get(epoch).loss());
    }
    Map<String, Tensor> one = plain.model().graph().initializers();
    Map<String, Tensor> other = averaged.model().graph().initializers();
    for (String name : List.of("conv1.weight", "bn1.running_var")) {
      assertFalse(Arrays.equals(one.get(name).floats(), other.get(name).floats()), name);
    }
    assertTrue(averaged.write(folder.resolve("averaged.onnx")) < 1e-4);
  }

  @Test
  void stopsWhereNothingGetsBetterAndKeepsTheBest() {
    Recipe still = SHORT.epochs(9).optimizer(new Optimizer.Sgd(1e-12, 0, 0, false));
    Trained trained =
        train(
            still.patience(2).selection(new Selection(List.of(), 0, List.of(), 1, true, 1, true)));
    assertEquals(3, trained.history().size());
    assertEquals(1, trained.kept().number());
    assertTrue(trained.model().metadata().get("fovea.provenance").contains("\"epoch\":1"));
  }

  @Test
  void keepsTheNetOfTheBestEpoch() {
    Recipe wild = SHORT.epochs(6).optimizer(new Optimizer.Sgd(2, 0.9, 0, true));
    Trained trained = train(wild.patience(6));
    double best =
        trained.history().stream().mapToDouble(e -> e.heldOut().figure()).max().orElseThrow();
    assertEquals(best, trained.kept().heldOut().figure());
    Model other = train(wild.patience(6)).model();
    assertArrayEquals(trained.model().toBytes(), other.toBytes());
  }

  @Test
  void trainsByEveryOptimizerWithClippingAndBalancedClasses() {
    for (Optimizer optimizer :
        List.of(
            Optimizer.adam(0.002),
            Optimizer.rmsProp(0.001),
            Optimizer.adamW(0.002),
            Optimizer.muon(0.02))) {
      Recipe recipe =
          SHORT
              .epochs(3)
              .optimizer(optimizer)
              .clipNorm(5)
              .schedule(Schedule.oneCycle())
              .classWeights(ClassWeights.balanced())
              .balancedSampling(true);
      var history = train(recipe).history();
      assertTrue(history.get(2).loss() < history.get(0).loss(), optimizer + ": " + history);
    }
  }

  @Test
  void refusesWhatDoesNotFitTheData() {
    Recipe two = SHORT.classWeights(ClassWeights.of(List.of(1.0, 2.0)));
    TrainException e = assertThrows(TrainException.class, () -> train(two));
    assertEquals("class-weights: expected one for each of 4 classes, met 2", e.getMessage());
    Recipe smooth = SHORT.loss(Loss.of("focal")).labelSmoothing(0.1);
    e = assertThrows(TrainException.class, () -> train(smooth));
    assertEquals("label-smoothing: loss focal(gamma=2) has no targets to smooth", e.getMessage());
    e = assertThrows(TrainException.class, () -> SHORT.average(1));
    assertEquals("ema: expected a number in [0, 1), met 1.0", e.getMessage());
    e = assertThrows(TrainException.class, () -> SHORT.accumulate(0));
    assertEquals("accumulate: expected a whole number of 1 or more, met 0", e.getMessage());
  }
}
