package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.onnx.Tensor;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class ClassWeightsTest {
  private static final double[] WEIGHTS = {0.5, 3};

  private static double loss(boolean sigmoid, float[] logits, int outputs, long... classes) {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      var output = Torch.copy(Tensor.of("logits", new long[] {classes.length, outputs}, logits));
      return Losses.of(Loss.CROSS_ENTROPY, 0, WEIGHTS, sigmoid, output, Targets.Classes.of(classes))
          .item_float();
    }
  }

  @Test
  void countEachClassInTheMeanByItsWeight() {
    float[] logits = {2, 0, -1, 1};
    double first = Math.log(1 + Math.exp(-2)); // class 0 of 2, 0
    double second = Math.log(1 + Math.exp(-2)); // class 1 of -1, 1
    double third = Math.log(1 + Math.exp(2)); // class 0 of -1, 1
    assertEquals((0.5 * first + 3 * second) / 3.5, loss(false, logits, 2, 0, 1), 1e-6);
    assertEquals((first + third) / 2, loss(false, logits, 2, 0, 0), 1e-6);
  }

  @Test
  void countEachClassOfAYesOrNo() {
    double no = Math.log(1 + Math.exp(2));
    double yes = Math.log(1 + Math.exp(1));
    assertEquals((0.5 * no + 3 * yes) / 3.5, loss(true, new float[] {2, -1}, 1, 0, 1), 1e-6);
    assertEquals(yes, loss(true, new float[] {2, -1}, 1, Targets.IGNORED, 1), 1e-6);
  }

  @Test
  void balanceClassesByHowRareTheyAre() {
    double[] met = ClassWeights.balanced().of(new OrderTest.Rare(100));
    assertArrayEquals(new double[] {100 / 2.0 / 90, 100 / 2.0 / 10}, met, 1e-12);
    assertArrayEquals(new double[0], ClassWeights.none().of(new OrderTest.Rare(100)));
  }

  @Test
  void areOnePerClass() {
    ClassWeights three = ClassWeights.of(List.of(1.0, 2.0, 3.0));
    TrainException e = assertThrows(TrainException.class, () -> three.of(new OrderTest.Rare(20)));
    assertEquals("class-weights: expected one for each of 2 classes, met 3", e.getMessage());
    e = assertThrows(TrainException.class, () -> ClassWeights.of(List.of(1.0, 0.0)));
    assertEquals(
        "class-weights: expected none, balanced or a list, each a number above 0, met 1.0, 0.0",
        e.getMessage());
  }
}
