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
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrecisionTest {
  private static final Recipe RECIPE =
      Recipe.classification().optimizer(new Optimizer.Sgd(1, 0, 0, false));

  /** What one step of a rate of 1 adds to the parameters. */
  private static double[] change(Learner learner, Loader.Batch batch) {
    Map<String, Tensor> before = learner.graph().state();
    learner.step(batch.pixels(), batch.shape(), batch.targets(), 1);
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

  /**
   * 1 + 2^-9 lies between 1 and 1 + 2^-7, the next number of 8 bits, and is rounded to 1; 3 is
   * exact.
   */
  @ParameterizedTest
  @CsvSource({
    "Conv, 4, strides, 1, 1",
    "Conv, 4, strides, 2, 1.001953125",
    "Conv, 4, dilations, 2, 1.001953125",
    "ConvTranspose, 4, dilations, 1, 1",
    "Gemm, 2, , 0, 1",
    "MatMul, 2, , 0, 1",
    "Mul, 2, , 0, 1.001953125"
  })
  void roundsTheOperandsOfProductsWhileTrainingAlone(
      String operator, int rank, @Nullable String attribute, long value, double rounded) {
    double x = 1 + Math.pow(2, -9);
    long[] dims = new long[rank];
    Arrays.fill(dims, 1);
    SingleNode node =
        new SingleNode(operator, 17)
            .input(SingleNode.tensor("x", DataType.FLOAT, dims, x))
            .input(SingleNode.tensor("w", DataType.FLOAT, dims, 3));
    if (attribute != null) {
      node.ints(attribute, value, value);
    }
    try (TorchGraph graph = new TorchGraph(node.model(), Selection.all());
        Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      graph.narrow();
      var in = node.fed().stream().map(Torch::copy).toArray(org.bytedeco.pytorch.Tensor[]::new);
      for (var tensor : in) {
        tensor.set_requires_grad(true);
      }
      assertEquals(3 * x, Torch.copy("", graph.run(in, false)[0]).doubles()[0]);
      var y = graph.run(in, true)[0];
      assertEquals(DataType.FLOAT, Torch.copy("", y).type());
      assertEquals(3 * rounded, Torch.copy("", y).doubles()[0]);
      y.sum().backward();
      assertEquals(3, Torch.copy("", in[0].grad()).doubles()[0]);
      assertEquals(rounded, Torch.copy("", in[1].grad()).doubles()[0]);
    }
  }

  /**
   * A number is rounded by 2^-8 of itself at most, and sums of many by less, since errors to both
   * sides cancel: the loss moves by less than twice that. Gradients turn further, where a rectifier
   * lies so near 0 that rounding switches it: over 20 seeds the cosine missed 1 by 0.0007 to
   * 0.0033.
   */
  @Test
  void learnsMuchTheSameAsInFloat() {
    for (int seed = 0; seed < 5; seed++) {
      Options options = Options.classes(4).withWidth(0.25).withSeed(seed);
      Model net = Architectures.named("resnet8").model(options);
      try (Loader loader = new Loader(new Stripes(8, seed), Stripes.FED, 2);
          Learner exact = new Learner(net, RECIPE);
          Learner narrow = new Learner(net, RECIPE.precision(Precision.BFLOAT16))) {
        loader.inOrder(8, 8, (batch, index) -> assertMuchTheSame(exact, narrow, batch));
      }
    }
  }

  private static void assertMuchTheSame(Learner exact, Learner narrow, Loader.Batch batch) {
    assertArrayEquals(
        exact.infer(batch.pixels(), batch.shape()).doubles(),
        narrow.infer(batch.pixels(), batch.shape()).doubles(),
        "inference is exact");
    double loss = exact.learn(batch.pixels(), batch.shape(), batch.targets(), 1, 0);
    double near = narrow.learn(batch.pixels(), batch.shape(), batch.targets(), 1, 0);
    exact.update(0);
    narrow.update(0);
    assertNotEquals(loss, near);
    assertEquals(loss, near, Math.pow(2, -7) * loss);
    double[] one = change(exact, batch);
    double[] other = change(narrow, batch);
    double cosine = product(one, other) / Math.sqrt(product(one, one) * product(other, other));
    assertTrue(cosine > 0.99 && cosine < 1 - 1e-5, "cosine of the gradients: " + cosine);
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
    double guessing = Math.log(4);
    assertTrue(trained.kept().loss() < guessing / 4, trained.kept().toString());
    assertTrue(
        trained.model().graph().initializers().values().stream()
            .noneMatch(t -> t.type() == DataType.BFLOAT16));
  }
}
