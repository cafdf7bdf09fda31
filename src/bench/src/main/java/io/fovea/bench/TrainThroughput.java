package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.train.Augmentation;
import io.fovea.train.Dataset;
import io.fovea.train.Libtorch;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Target;
import io.fovea.train.Trainer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Steps a second of training resnet18 (10 classes, 64x64, batch 32): the whole trainer, with its
 * loader, against the same loop written directly against {@code org.bytedeco.pytorch} with data in
 * memory. The two take turns in one process, so that a noisy machine disturbs both.
 */
public final class TrainThroughput {
  private static final int BATCH = 32;
  private static final int SIZE = 64;
  private static final int WARM = 3;

  private TrainThroughput() {}

  /** Arguments: rounds (5), steps a round (20). */
  public static void main(String[] args) {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    System.out.println("libtorch " + Libtorch.version() + ", " + Libtorch.threads() + " threads");
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      double fovea = trainer(steps);
      double direct = DirectResNet18.stepsPerSecond(BATCH, SIZE, WARM, steps);
      ratios.add(fovea / direct);
      System.out.printf(
          "round %d: fovea %.3f steps/s, direct %.3f steps/s, ratio %.3f%n",
          round + 1, fovea, direct, fovea / direct);
    }
    Collections.sort(ratios);
    System.out.printf("median ratio %.3f%n", ratios.get(rounds / 2));
  }

  private static double trainer(int steps) {
    long[] from = new long[1];
    long[] to = new long[1];
    Trainer.of(Architectures.named("resnet18").model(Options.classes(10)))
        .recipe(
            Recipe.classification()
                .epochs(1)
                .batch(BATCH)
                .optimizer(new Optimizer.Sgd(0.01, 0.9, 5e-4, false))
                .augmentation(Augmentation.none()))
        .preprocessing(Preprocessing.named("zero-one"))
        .listener(
            new Trainer.Listener() {
              @Override
              public void step(int epoch, int step, int all, double loss) {
                if (step == WARM) {
                  from[0] = System.nanoTime();
                }
                to[0] = System.nanoTime();
              }
            })
        .fit(new Noise((WARM + steps) * BATCH), new Noise(2));
    return steps / ((to[0] - from[0]) / 1e9);
  }

  /** Pictures of noise, drawn when asked for. */
  private record Noise(int size) implements Dataset {
    @Override
    public List<String> labels() {
      return IntStream.range(0, 10).mapToObj(Integer::toString).toList();
    }

    @Override
    public Picture picture(int index) {
      byte[] pixels = new byte[SIZE * SIZE * 3];
      new Random(index).nextBytes(pixels);
      return Picture.of(SIZE, SIZE, 3, pixels);
    }

    @Override
    public Target target(int index) {
      return new Target.Label(index % 10);
    }
  }
}
