package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateCurveTest {
  /** Losses over the decimal logarithms of rates from 1e-6 to 10, with some noise. */
  private static RateCurve curve(DoubleUnaryOperator loss, double noise) {
    return curve(loss, noise, 1);
  }

  private static RateCurve curve(DoubleUnaryOperator loss, double noise, long seed) {
    Random random = new Random(seed);
    double[] rates =
        IntStream.range(0, 100).mapToDouble(i -> Math.pow(10, -6 + i * 0.07)).toArray();
    double[] losses = new double[rates.length];
    for (int i = 0; i < rates.length; i++) {
      losses[i] = loss.applyAsDouble(Math.log10(rates[i])) + noise * random.nextGaussian();
    }
    return RateCurve.of(rates, losses);
  }

  /** Falls by 2 around 1e-3, is lowest at 0.1 and rises again. */
  private static double valley(double log) {
    return 1
        + 2 / (1 + Math.exp(6 * (log + 3)))
        + (log > -1 ? (log + 1) * (log + 1) : 0)
        - 0.01 * Math.min(0, log + 1);
  }

  @Test
  void suggestsATenthOfTheLowestAndKnowsWhereItFallsFastest() {
    for (double noise : new double[] {0, 0.02}) {
      RateCurve curve = curve(RateCurveTest::valley, noise);
      double lowest = Math.log10(curve.lowest().orElseThrow()); // where it is nearly flat
      assertEquals(valley(-1), valley(lowest), 0.05, "at " + lowest);
      assertEquals(curve.lowest().orElseThrow() / 10, curve.suggestion().orElseThrow());
      double steepest = Math.log10(curve.steepest().orElseThrow());
      assertEquals(-3, steepest, 0.15, "within two steps");
    }
  }

  @Test
  void suggestsNothingWhereTheLossNeverFalls() {
    for (RateCurve curve :
        List.of(
            curve(log -> 2.3, 0),
            curve(log -> 2.3, 0.3),
            curve(log -> log < -2 ? 2.3 : 2.3 + (log + 2), 0.05),
            curve(log -> 2.3 - 0.0001 * log, 0))) {
      assertTrue(curve.suggestion().isEmpty(), curve.toString());
      assertTrue(curve.steepest().isEmpty(), curve.toString());
    }
    assertTrue(RateCurve.of(new double[] {1e-6}, new double[] {3}).suggestion().isEmpty());
    assertTrue(RateCurve.of(new double[0], new double[0]).suggestion().isEmpty());
  }

  @Test
  void rarelyTakesChanceForAFall() {
    int taken = 0;
    for (int seed = 0; seed < 1000; seed++) {
      taken += curve(log -> 2.3, 0.3, seed).suggestion().isPresent() ? 1 : 0;
    }
    assertTrue(taken <= 10, taken + " of 1000");
  }

  @Test
  void findsARateThatTrainsAndLeavesNoTrace() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    Dataset data = new Stripes(64, 1);
    Recipe recipe =
        Recipe.classification().epochs(2).batch(8).accumulate(2).augmentation(Augmentation.none());
    Trainer trainer = Trainer.of(net).recipe(recipe).preprocessing(Stripes.FED);
    byte[] before = trainer.fit(data, data).model().toBytes();
    List<Integer> heard = new ArrayList<>();
    Trainer.Listener listener =
        new Trainer.Listener() {
          @Override
          public void tried(int step, double rate, double loss) {
            heard.add(step);
          }
        };
    RateCurve curve = trainer.listener(listener).findLearningRate(data);
    assertEquals(curve.points().size(), heard.size());
    assertEquals(1e-6, curve.points().get(0).rate(), 1e-12);
    assertArrayEquals(before, trainer.fit(data, data).model().toBytes());

    double rate = curve.suggestion().orElseThrow();
    Recipe used = recipe.epochs(6).optimizer(Optimizer.sgd(rate));
    Trained trained = trainer.recipe(used).fit(data, data);
    double first = curve.points().get(0).loss();
    assertTrue(trained.kept().loss() < first / 4, trained.kept() + " from " + first);
  }

  @Test
  void endsOnceTheLossRunsAway() {
    Model net = Architectures.named("lenet5").model(Options.classes(4).withChannels(3));
    Recipe recipe = Recipe.classification().batch(16).augmentation(Augmentation.none());
    RateCurve curve =
        Trainer.of(net)
            .recipe(recipe)
            .preprocessing(
                Preprocessing.of(
                    new Step.Color(Step.Channels.RGB),
                    new Step.Resize(32, 32, Resampling.BILINEAR),
                    new Step.Normalize(1, List.of(128f, 128f, 128f), List.of(1f, 1f, 1f))))
            .findLearningRate(new Stripes(64, 1));
    assertTrue(curve.points().size() < RateCurve.STEPS, "at " + curve.points().size());
    assertTrue(curve.points().stream().allMatch(p -> Double.isFinite(p.smoothed())));
  }
}
