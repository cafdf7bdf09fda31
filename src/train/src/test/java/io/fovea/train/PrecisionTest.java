package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrecisionTest {
  private static final Recipe RECIPE = Recipe.classification().optimizer(new Optimizer.Sgd(1, 0, 0, false));

  /** What one step of a rate of 1 adds to the parameters. */
  private static double[] change(Learner learner, Loader.Batch batch) {
    Map<String, Tensor> before = learner.graph().state();
    learner.learn(batch.pixels(), batch.shape(), batch.targets(), 1);
    learner.update(1);
    Map<String, Tensor> after = learner.graph().state();
    return learner.graph().roles().parameters().stream()
        .flatMapToDouble(
            name -> {
              assertEquals(DataType.FLOAT, after.get(name).type(), name);
              double[] values = after.get(name).doubles();
              double[] old = before.get(name).doubles();
              for (int i = 0; i < values.length; i++) {
                values[i] -= old[i];
              }
              return Arrays.stream(values);
            })
        .toArray();
  }

  private static double product(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void roundsOperandsWhileTrainingAlone() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    try (Loader loader = new Loader(new Stripes(8, 1), Stripes.FED, 2);
        Learner exact = new Learner(net, RECIPE);
        Learner narrow = new Learner(net, RECIPE.precision(Precision.BFLOAT16))) {
      loader.inOrder(
          8,
          8,
          (batch, index) -> {
            Tensor said = exact.infer(batch.pixels(), batch.shape());
            Tensor also = narrow.infer(batch.pixels(), batch.shape());
            assertArrayEquals(said.doubles(), also.doubles(), "inference is exact");
            double loss = exact.learn(batch.pixels(), batch.shape(), batch.targets(), 1);
            double near = narrow.learn(batch.pixels(), batch.shape(), batch.targets(), 1);
            exact.update(0);
            narrow.update(0);
            assertNotEquals(loss, near);
            assertEquals(loss, near, 0.03 * loss);
            double[] one = change(exact, batch);
            double[] other = change(narrow, batch);
            double angle = product(one, other) / Math.sqrt(product(one, one) * product(other, other));
            assertTrue(angle > 0.97 && angle < 1 - 1e-9, "cosine of the gradients: " + angle);
          });
    }
  }

  @Test
  void trainsInBfloat16AndWritesFloats() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    Recipe recipe =
        Recipe.classification()
            .epochs(5)
            .batch(8)
            .optimizer(Optimizer.adamW(0.01))
            .augmentation(Augmentation.none())
            .precision(Precision.BFLOAT16);
    Trained trained =
        Trainer.of(net)
            .recipe(recipe)
            .preprocessing(Stripes.FED)
            .fit(new Stripes(64, 1), new Stripes(32, 2));
    assertTrue(trained.kept().loss() < 0.7, trained.kept().toString());
    assertTrue(
        trained.model().graph().initializers().values().stream()
            .noneMatch(t -> t.type() == DataType.BFLOAT16));
  }
}
