package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.DataType;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each loss's gradient against finite differences, in double precision. */
class LossGradientTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cross_entropy",
        "binary_cross_entropy",
        "focal(gamma=2)",
        "focal(gamma=0.5)",
        "tversky(alpha=0.3,beta=0.7)",
        "cross_entropy + 0.5*dice"
      })
  void ofClasses(String text) {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      Tensor wanted = Torch.longs(0, 2, 1, Targets.IGNORED, 1, 0).reshape(1, 2, 3);
      for (boolean sigmoid : new boolean[] {false, true}) {
        check(
            text,
            logits ->
                Losses.of(
                    Loss.of(text), 0.1, new double[0], sigmoid, logits, wanted, Guides.none()),
            random(1, 1, 3, 2, 3));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mse", "l1", "charbonnier(epsilon=0.1)", "ssim", "l1 + total_variation"})
  void ofValues(String text) {
    check(text, 12);
  }

  @ParameterizedTest
  @ValueSource(strings = "ms_ssim")
  void ofScales(String text) {
    check(text, 161);
  }

  private static void check(String text, int size) {
    try (PointerScope scope = new PointerScope()) {
      Tensor wanted = Torch.copy(random(2, 1, 2, size, size));
      check(
          text,
          made -> Losses.of(Loss.of(text), made, wanted, Guides.none()),
          random(1, 1, 2, size, size));
    }
  }

  /** Numbers in (-1, 1). */
  private static io.fovea.onnx.Tensor random(long seed, long... shape) {
    return SingleNode.uniform(new Random(seed), DataType.DOUBLE, shape);
  }

  private static void check(String what, UnaryOperator<Tensor> loss, io.fovea.onnx.Tensor at) {
    Random random = new Random(7);
    Tensor x = Torch.copy(at);
    x.set_requires_grad(true);
    loss.apply(x).backward();
    double[] gradient = Torch.copy("", x.grad()).doubles();
    double[] values = at.doubles();
    double largest = 0;
    for (double g : gradient) {
      largest = Math.max(largest, Math.abs(g));
    }
    assertTrue(largest > 0, what + " has no gradient");
    for (int probe = 0; probe < 8; probe++) {
      int i = random.nextInt(values.length);
      double[] sides = new double[2];
      for (int side = 0; side < 2; side++) {
        double[] moved = values.clone();
        moved[i] += (side == 0 ? -1 : 1) * 1e-5;
        Tensor there = Torch.copy(SingleNode.tensor("", DataType.DOUBLE, at.dims(), moved));
        sides[side] = loss.apply(there).item_double();
      }
      double slope = (sides[1] - sides[0]) / 2e-5;
      assertEquals(slope, gradient[i], 1e-4 * largest, what + " at " + i);
    }
  }
}
