package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mixup and CutMix, and what is learned from mixed pictures. */
class MixingTest {
  private static final long[] SHAPE = {3, 2, 8, 10};

  /** Three pictures; all values of each are its number. */
  private static FloatBuffer numbers() {
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 480).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < 480; i++) {
      pixels.put(i, i / 160);
    }
    return pixels;
  }

  @Test
  void mixupBlendsEachPictureWithTheOneBefore() {
    FloatBuffer pixels = numbers();
    Targets.Classes own = Targets.Classes.of(5, 6, 7);
    Targets met = new Mixing(1, 0).mix(pixels, SHAPE, own, new Random(1));
    Targets.Mixed mixed = (Targets.Mixed) met;
    assertArrayEquals(new long[] {5, 6, 7}, mixed.one().classes());
    assertArrayEquals(new long[] {7, 5, 6}, mixed.other().classes());
    double share = mixed.share();
    assertTrue(share > 0 && share < 1, "share " + share);
    double[] wanted = {2 * (1 - share), share, 2 * share + 1 - share};
    for (int i = 0; i < 480; i++) {
      assertEquals(wanted[i / 160], pixels.get(i), 1e-6);
    }
  }

  @Test
  void mixupBlendsValues() {
    FloatBuffer pixels = numbers();
    Targets.Values own = new Targets.Values(new float[] {0, 0, 1, 10, 2, 20}, 3, 2);
    Targets met = new Mixing(1, 0).mix(pixels, SHAPE, own, new Random(1));
    float[] values = ((Targets.Values) met).values();
    for (int i = 0; i < 3; i++) {
      assertEquals(pixels.get(160 * i), values[2 * i], 1e-6);
      assertEquals(10 * pixels.get(160 * i), values[2 * i + 1], 1e-5);
    }
  }

  @Test
  void cutmixPastesARectangleAndSharesByItsArea() {
    Random random = new Random(2);
    double shares = 0;
    for (int n = 0; n < 2000; n++) {
      FloatBuffer pixels = numbers();
      Targets.Classes own = Targets.Classes.of(5, 6, 7);
      var mixed = (Targets.Mixed) new Mixing(0, 1).mix(pixels, SHAPE, own, random);
      for (int i = 0; i < 3; i++) {
        int pasted = 0;
        for (int k = 0; k < 160; k++) {
          float value = pixels.get(160 * i + k);
          assertEquals(value == i ? i : (i + 2) % 3, value);
          assertEquals(value, pixels.get(160 * i + (k + 80) % 160), "both planes alike");
          pasted += value == i ? 0 : 1;
        }
        assertEquals(mixed.share(), 1 - pasted / 160.0, 1e-9);
      }
      shares += mixed.share();
    }
    // Half of each picture, but for what lies outside and sides that are whole pixels.
    assertTrue(shares / 2000 > 0.6 && shares / 2000 < 0.85, "mean share " + shares / 2000);
  }

  @Test
  void cutmixPastesTheClassesOfPixels() {
    FloatBuffer pixels = numbers();
    long[] classes = new long[3 * 80];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = i / 80;
    }
    Targets.Classes own = new Targets.Classes(classes, 3, 8, 10);
    int changed = 0;
    for (int seed = 0; seed < 20; seed++) {
      FloatBuffer fresh = numbers();
      var met = (Targets.Classes) new Mixing(0, 1).mix(fresh, SHAPE, own, new Random(seed));
      for (int i = 0; i < classes.length; i++) {
        assertEquals(fresh.get(i / 80 * 160 + i % 80), met.classes()[i]);
        changed += met.classes()[i] == classes[i] ? 0 : 1;
      }
    }
    assertTrue(changed > 100, changed + " pixels pasted");
    assertSame(own, new Mixing(0, 0).mix(pixels, SHAPE, own, new Random(1)));
  }

  @Test
  void aBatchTakesEither() {
    int blended = 0;
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      FloatBuffer pixels = numbers();
      new Mixing(1, 1).mix(pixels, SHAPE, Targets.Classes.of(1, 2, 3), random);
      boolean whole = true;
      for (int k = 0; k < 160; k++) {
        whole &= pixels.get(k) != 0 && pixels.get(k) != 2;
      }
      blended += whole ? 1 : 0;
    }
    assertEquals(0.5, blended / 2000.0, 0.05);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.2, 1, 5})
  void sharesAreOfABetaDistribution(double a) {
    Random random = new Random(4);
    int n = 40_000;
    double sum = 0;
    double squares = 0;
    int low = 0;
    for (int i = 0; i < n; i++) {
      double share = Mixing.beta(random, a);
      assertTrue(share >= 0 && share <= 1, "share " + share);
      sum += share;
      squares += (share - 0.5) * (share - 0.5);
      low += share < 0.25 ? 1 : 0;
    }
    assertEquals(0.5, sum / n, 0.01);
    assertEquals(1 / (4 * (2 * a + 1)), squares / n, 0.003);
    if (a == 1) {
      assertEquals(0.25, (double) low / n, 0.01); // even
    }
  }

  private static final double[] WEIGHTS = {1, 3, 2};
  private static final float[] LOGITS = {1, -2, 0.5f, 3, 0, -1, 0.25f, 2, 1};

  private static Tensor logits() {
    TensorOptions options = new TensorOptions(ScalarType.Float);
    return torch.from_blob(new FloatPointer(LOGITS), new long[] {3, 3}, options).clone();
  }

  /** The target of a class of a picture: smoothed, of two by their shares. */
  private static double soft(Targets.Mixed m, int i, int c, double smoothing) {
    double one = m.one().classes()[i] == c ? m.share() : 0;
    double other = m.other().classes()[i] == c ? 1 - m.share() : 0;
    return (1 - smoothing) * (one + other) + smoothing / 3;
  }

  @Test
  void crossEntropyIsThatOfSoftTargets() {
    Torch.load();
    Targets.Mixed mixed =
        new Targets.Mixed(Targets.Classes.of(0, 2, 1), Targets.Classes.of(1, 0, 2), 0.3);
    double sum = 0;
    double binary = 0;
    for (int i = 0; i < 3; i++) {
      double all = 0;
      for (int c = 0; c < 3; c++) {
        all += Math.exp(LOGITS[3 * i + c]);
      }
      for (int c = 0; c < 3; c++) {
        double x = LOGITS[3 * i + c];
        sum -= WEIGHTS[c] * soft(mixed, i, c, 0.1) * (x - Math.log(all));
        double yes = soft(mixed, i, c, 0);
        binary += yes * Math.log(1 + Math.exp(-x)) + (1 - yes) * Math.log(1 + Math.exp(x));
      }
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor met =
          Losses.of(Loss.CROSS_ENTROPY, 0.1, WEIGHTS, false, logits(), mixed, Guides.none());
      assertEquals(sum / (1 + 3 + 2), met.item_float(), 1e-5); // each class once on either side
      Tensor asked =
          Losses.of(Loss.CROSS_ENTROPY, 0, new double[0], true, logits(), mixed, Guides.none());
      assertEquals(binary / 9, asked.item_float(), 1e-5);
    }
  }

  @Test
  void answersAreRightWhereTheyNameTheLargerShare() {
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 4 * 3 * 256).order(ByteOrder.nativeOrder()).asFloatBuffer();
    Options options = Options.classes(4).withWidth(0.5);
    try (Learner learner =
        new Learner(Architectures.named("resnet8").model(options), Recipe.classification())) {
      long[] shape = {4, 3, 16, 16};
      learner.learn(pixels, shape, Targets.Classes.of(0, 1, 2, 3), 1, 0);
      assertEquals(1, learner.probe().right()); // four equal pictures have one answer
      int said = 0;
      for (int c = 0; c < 4; c++) {
        Targets.Classes all = Targets.Classes.of(c, c, c, c);
        learner.learn(pixels, shape, all, 1, 0);
        said = learner.probe().right() == 4 ? c : said;
      }
      Targets.Classes right = Targets.Classes.of(said, said, said, said);
      long wrong = (said + 1) % 4;
      Targets.Classes other = Targets.Classes.of(wrong, wrong, wrong, wrong);
      learner.learn(pixels, shape, new Targets.Mixed(right, other, 0.6), 1, 0);
      assertEquals(4, learner.probe().right());
      learner.learn(pixels, shape, new Targets.Mixed(right, other, 0.4), 1, 0);
      assertEquals(0, learner.probe().right());
    }
  }
}
