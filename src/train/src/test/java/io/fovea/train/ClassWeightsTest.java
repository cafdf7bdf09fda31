package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Tensor;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class ClassWeightsTest {
  private static final double[] WEIGHTS = {0.5, 3};

  private static double loss(boolean sigmoid, float[] logits, int outputs, long... classes) {
    return loss(Loss.CROSS_ENTROPY, sigmoid, logits, outputs, classes);
  }

  private static double loss(
      Loss loss, boolean sigmoid, float[] logits, int outputs, long... classes) {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      var output = Torch.copy(Tensor.of("logits", new long[] {classes.length, outputs}, logits));
      Targets.Classes wanted = Targets.Classes.of(classes);
      return Losses.of(loss, 0, WEIGHTS, sigmoid, output, wanted, Guides.none()).item_float();
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
  void countEachClassOfAFocalLoss() {
    float[] logits = {2, 0, -1, 1, -1, 1};
    double known = Math.log(1 + Math.exp(-2)) * Math.pow(1 / (1 + Math.exp(2)), 2);
    double missed = Math.log(1 + Math.exp(2)) * Math.pow(1 / (1 + Math.exp(-2)), 2);
    Loss focal = Loss.of("focal(gamma=2)");
    double met = loss(focal, false, logits, 2, 0, 1, 0);
    assertEquals((0.5 * known + 3 * known + 0.5 * missed) / 4, met, 1e-6);
    assertTrue(focal.weighsClasses());
    assertFalse(Loss.DICE.weighsClasses());
    assertTrue(Loss.CROSS_ENTROPY_DICE.weighsClasses());
    assertFalse(Loss.of("distill(teacher=t.onnx,weight=1)").weighsClasses());
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
