package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Against the formulas, by hand. */
class LossesTest {
  private static final long NONE = Targets.IGNORED;

  /** One picture of 1x2 pixels with two classes: logits of class 0, then of class 1. */
  private static final float[] LOGITS = {1, -2, 0.5f, 3};

  private static final double P0 = 1 / (1 + Math.exp(0.5 - 1)); // class 0 at the first pixel
  private static final double P1 = 1 / (1 + Math.exp(-2 - 3)); // class 1 at the second

  private static double loss(Loss loss, boolean sigmoid, float[] logits, Targets.Classes wanted) {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      long classes = logits.length / wanted.classes().length;
      long[] shape = {1, classes, 1, wanted.classes().length};
      return Losses.of(loss, 0, sigmoid, tensor(logits, shape), wanted).item_float();
    }
  }

  private static Tensor tensor(float[] values, long... shape) {
    TensorOptions options = new TensorOptions(ScalarType.Float);
    return torch.from_blob(new FloatPointer(values), shape, options).clone();
  }

  private static Targets.Classes pixels(long... classes) {
    return new Targets.Classes(classes, 1, 1, classes.length);
  }

  @Test
  void meansCrossEntropyOverThePixelsThatAreNotIgnored() {
    double both = -(Math.log(P0) + Math.log(P1)) / 2;
    assertEquals(both, loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(0, 1)), 1e-6);
    assertEquals(-Math.log(P1), loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(NONE, 1)), 1e-6);
  }

  @Test
  void learnsNothingWhereAllIsIgnored() {
    assertEquals(0, loss(Loss.CROSS_ENTROPY_DICE, false, LOGITS, pixels(NONE, NONE)));
  }

  @Test
  void meansDiceOverTheClasses() {
    double q0 = 1 - P1; // class 0 at the second pixel
    double dice0 = (2 * P0 + 1) / (P0 + q0 + 1 + 1);
    double dice1 = (2 * P1 + 1) / (1 - P0 + P1 + 1 + 1);
    double wanted = 1 - (dice0 + dice1) / 2;
    assertEquals(wanted, loss(Loss.DICE, false, LOGITS, pixels(0, 1)), 1e-6);
    double entropy = loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(0, 1));
    assertEquals(
        wanted + entropy, loss(Loss.CROSS_ENTROPY_DICE, false, LOGITS, pixels(0, 1)), 1e-6);
  }

  @Test
  void focalCountsWhatIsKnownLess() {
    double wanted = -(Math.pow(1 - P0, 3) * Math.log(P0) + Math.pow(1 - P1, 3) * Math.log(P1)) / 2;
    assertEquals(wanted, loss(Loss.of("focal(gamma=3)"), false, LOGITS, pixels(0, 1)), 1e-7);
    double second = -Math.pow(1 - P1, 3) * Math.log(P1);
    assertEquals(second, loss(Loss.of("focal(gamma=3)"), false, LOGITS, pixels(NONE, 1)), 1e-7);
    double entropy = loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(0, 1));
    assertEquals(entropy, loss(Loss.of("focal(gamma=0)"), false, LOGITS, pixels(0, 1)), 1e-6);
  }

  @Test
  void focalWeighsYesAgainstNo() {
    float[] one = {2, -1}; // of a single output: wrongly no, wrongly yes
    double no = 1 / (1 + Math.exp(2)); // what was said of the right answer
    double yes = 1 / (1 + Math.exp(1));
    double wanted =
        -(0.75 * Math.pow(1 - no, 2) * Math.log(no) + 0.25 * Math.pow(1 - yes, 2) * Math.log(yes))
            / 2;
    assertEquals(wanted, loss(Loss.of("focal(alpha=0.25)"), true, one, pixels(0, 1)), 1e-6);
    String softmax = message(() -> loss(Loss.of("focal(alpha=0.25)"), false, LOGITS, pixels(0, 1)));
    assertTrue(softmax.contains("alpha is for nets that end in a sigmoid"), softmax);
  }

  @Test
  void tverskyWeighsWhatIsWrongAndWhatIsMissed() {
    double q0 = 1 - P1; // class 0 at the second pixel
    double q1 = 1 - P0; // class 1 at the first
    double index0 = (P0 + 0.5) / (P0 + 0.3 * q0 + 0.7 * (1 - P0) + 0.5);
    double index1 = (P1 + 0.5) / (P1 + 0.3 * q1 + 0.7 * (1 - P1) + 0.5);
    double met = loss(Loss.of("tversky"), false, LOGITS, pixels(0, 1));
    assertEquals(1 - (index0 + index1) / 2, met, 1e-6);
  }

  @Test
  void binaryAsksEveryOutput() {
    double wanted = 0; // logits 1, 0.5 at a pixel of class 0, and -2, 3 at one of class 1
    for (double right : new double[] {1, -0.5, 2, 3}) {
      wanted += Math.log(1 + Math.exp(-right)) / 4;
    }
    Loss binary = Loss.of("binary_cross_entropy");
    assertEquals(wanted, loss(binary, false, LOGITS, pixels(0, 1)), 1e-6);
  }

  @Test
  void addsWeightedTerms() {
    double entropy = loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(0, 1));
    double dice = loss(Loss.DICE, false, LOGITS, pixels(0, 1));
    double both = loss(Loss.of("2*cross_entropy + 0.5*dice"), false, LOGITS, pixels(0, 1));
    assertEquals(2 * entropy + 0.5 * dice, both, 1e-6);
  }

  @Test
  void asksOneQuestionAnOutputAfterASigmoid() {
    float[] one = {2, -1}; // two pixels, one output: yes is class 1
    double no = Math.log(1 + Math.exp(2));
    double yes = Math.log(1 + Math.exp(1));
    assertEquals((no + yes) / 2, loss(Loss.CROSS_ENTROPY, true, one, pixels(0, 1)), 1e-6);
    assertEquals(yes, loss(Loss.CROSS_ENTROPY, true, one, pixels(NONE, 1)), 1e-6);
  }

  @Test
  void smoothsTheAnswersOfASigmoid() {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      Tensor output = tensor(new float[] {2}, 1, 1, 1, 1);
      Tensor met = Losses.of(Loss.CROSS_ENTROPY, 0.2, true, output, pixels(1));
      double no = Math.log(1 + Math.exp(2));
      double yes = Math.log(1 + Math.exp(-2));
      assertEquals(0.9 * yes + 0.1 * no, met.item_float(), 1e-6);
    }
  }

  @Test
  void measuresValuesInTheirUnits() {
    Torch.load();
    Targets.Values wanted = new Targets.Values(new float[] {1, 10, 3, 30}, 2, 2);
    try (PointerScope scope = new PointerScope()) {
      Tensor met = tensor(new float[] {2, 30, 3, 30}, 2, 2);
      assertEquals((1 + 400) / 4.0, Losses.of(Loss.MSE, new double[0], met, wanted).item_float());
      assertEquals((1 + 20) / 4.0, Losses.of(Loss.L1, new double[0], met, wanted).item_float());
      double soft = (Math.sqrt(1 + 9) + Math.sqrt(400 + 9) + 3 + 3) / 4;
      Tensor charbonnier = Losses.of(Loss.of("charbonnier(epsilon=3)"), new double[0], met, wanted);
      assertEquals(soft, charbonnier.item_float(), 1e-5);
      double[] unit = {1, 20};
      assertEquals(0.5, Losses.of(Loss.MSE, unit, met, wanted).item_float(), 1e-6);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    String classes = message(() -> loss(Loss.CROSS_ENTROPY, false, LOGITS, pixels(0, 2)));
    assertEquals("the data has a class 2, the net has 2 outputs", classes);
    String pictures =
        message(
            () -> {
              try (PointerScope scope = new PointerScope()) {
                Losses.of(Loss.DICE, 0, false, tensor(LOGITS, 2, 2), Targets.Classes.of(0, 1));
              }
            });
    assertEquals("loss dice does not fit the data: it is for masks", pictures);
    Targets.Classes more = new Targets.Classes(new long[] {0, 1}, 2, 1, 1);
    String shape = message(() -> loss(Loss.CROSS_ENTROPY, false, LOGITS, more));
    assertTrue(shape.startsWith("expected an output [2, classes, 1, 1], met [1, 2, 1, 2]"), shape);
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
