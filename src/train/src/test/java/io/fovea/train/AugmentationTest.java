package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is drawn, how often, and what it does to the data. */
class AugmentationTest {
  private static final int DRAWS = 20_000;
  private static final Augmentation NONE = Augmentation.none();
  private static final Operations TRIVIAL = new Operations.TrivialAugment();

  @Test
  void cutsEvenSharesOfTheAreaAndAspectsThatAreEvenByTheirLogarithm() {
    Random random = new Random(1);
    double areas = 0;
    double aspects = 0;
    for (int i = 0; i < DRAWS; i++) {
      Box box = Box.cut(random, 0.08, 4 / 3.0, 1000, 1000);
      assertTrue(box.x() >= 0 && box.x() + box.width() <= 1000, box.toString());
      assertTrue(box.y() >= 0 && box.y() + box.height() <= 1000, box.toString());
      double area = box.area() / 1e6;
      assertTrue(area > 0.079 && area <= 1, box.toString());
      double aspect = (double) box.width() / box.height();
      assertTrue(aspect > 0.74 && aspect < 1.35, box.toString());
      areas += area < 0.3 ? 1 : 0; // of these all aspects fit
      aspects += Math.log(aspect);
    }
    // Of 0.67 of 0.92 all fit; of the rest, from 3/4 to 1, a share of -ln(area) / ln(4/3).
    double large = (1 - 0.75 * (1 - Math.log(0.75))) / Math.log(4 / 3.0);
    assertEquals(0.22 / (0.67 + large), areas / DRAWS, 0.01);
    assertEquals(0, aspects / DRAWS, 0.005);
  }

  @Test
  void cutsTheMiddleWhereNothingFits() {
    Random random = new Random(2);
    Box wide = Box.cut(random, 0.9, 4 / 3.0, 100, 9);
    assertEquals(new Box(44, 0, 12, 9), wide);
    assertEquals(new Box(0, 44, 9, 12), Box.cut(random, 0.9, 4 / 3.0, 9, 100));
  }

  @Test
  void erasesARectangleOfTheWantedSizes() {
    Random random = new Random(3);
    double areas = 0;
    for (int i = 0; i < DRAWS; i++) {
      Box box = Box.erased(random, 500, 500);
      assertNotNull(box);
      assertTrue(box.area() > 0.018 * 250_000 && box.area() < 0.34 * 250_000, box.toString());
      double aspect = (double) box.height() / box.width();
      assertTrue(aspect > 0.29 && aspect < 3.4, box.toString());
      areas += box.area() / 250_000.0;
    }
    assertEquals(0.175, areas / DRAWS, 0.005);
    float[] values = new float[2 * 3 * 4];
    Arrays.fill(values, 5);
    new Box(1, 2, 1, 1).erase(FloatBuffer.wrap(values), 12, 1, 3, 4);
    for (int i = 0; i < values.length; i++) {
      assertEquals(i == 12 + 2 * 4 + 1 ? 0 : 5, values[i], "value " + i);
    }
  }

  @Test
  void erasesSoManyPictures() {
    Augmentation erasing = NONE.withErasing(0.3);
    Random random = new Random(4);
    int erased = 0;
    for (int i = 0; i < DRAWS; i++) {
      erased += erasing.draw(random, false, 32, 32).erased() == null ? 0 : 1;
    }
    assertEquals(0.3, (double) erased / DRAWS, 0.015);
  }

  @Test
  void drawsAllOperationsAndStrengthsEquallyOften() {
    Map<Effect, Integer> counts = new EnumMap<>(Effect.class);
    Random random = new Random(5);
    for (int i = 0; i < DRAWS; i++) {
      counts.merge(Effect.draw(random), 1, Integer::sum);
    }
    assertEquals(14, counts.size());
    counts.forEach((effect, n) -> assertEquals(1 / 14.0, (double) n / DRAWS, 0.01, "" + effect));
    Set<Affine> moves = new HashSet<>();
    int left = 0;
    int translations = 0;
    for (int i = 0; i < DRAWS; i++) {
      Change change = Effect.draw(TRIVIAL, random, 1000, 1000).get(0);
      if (change instanceof Affine a && a.a() == 1 && a.e() == 1 && a.b() == 0 && a.d() == 0) {
        moves.add(a);
        translations++;
        left += a.c() < 0 || a.f() < 0 ? 1 : 0;
      }
    }
    assertEquals(0.46, (double) left / translations, 0.03); // a few are by nothing
    assertTrue(moves.size() > 115, moves.size() + " of 121 moves");
  }

  @Test
  void strengthsAreTorchvisions() {
    Random up =
        new Random(0) {
          @Override
          public boolean nextBoolean() {
            return false;
          }
        };
    Random down =
        new Random(0) {
          @Override
          public boolean nextBoolean() {
            return true;
          }
        };
    assertEquals(Affine.shearX(0.09), Effect.SHEAR_X.change(up, 9, false, 50, 40));
    assertEquals(Affine.shearY(-0.99), Effect.SHEAR_Y.change(down, 30, true, 50, 40));
    int right = (int) (150.0 / 331 * 50 * 9 / 30);
    assertEquals(Affine.translate(right, 0), Effect.TRANSLATE_X.change(up, 9, false, 50, 40));
    assertEquals(Affine.translate(0, -32), Effect.TRANSLATE_Y.change(down, 30, true, 50, 40));
    assertEquals(Affine.rotate(9, 50, 40), Effect.ROTATE.change(up, 9, false, 50, 40));
    assertEquals(Affine.rotate(135, 50, 40), Effect.ROTATE.change(up, 30, true, 50, 40));
    Picture p = Levels.picture(16, 15);
    assertSame(Tones.brightness(p, 1.27), Effect.BRIGHTNESS, up, 9, false, p);
    assertSame(Tones.contrast(p, 0.01), Effect.CONTRAST, down, 30, true, p);
    assertSame(Tones.sharpness(p, 1.9), Effect.SHARPNESS, up, 30, false, p);
    assertSame(Tones.posterize(p, 7), Effect.POSTERIZE, up, 9, false, p);
    assertSame(Tones.posterize(p, 2), Effect.POSTERIZE, up, 30, true, p);
    assertSame(Tones.solarize(p, 127.5), Effect.SOLARIZE, up, 15, true, p);
    assertSame(p, Effect.IDENTITY, up, 30, true, p);
  }

  private static void assertSame(
      Picture wanted, Effect effect, Random random, int strength, boolean wide, Picture p) {
    Change change = effect.change(random, strength, wide, p.width(), p.height());
    assertArrayEquals(wanted.pixels(), change.apply(p).pixels(), effect.toString());
  }

  @Test
  void drawsSoManyOperations() {
    Random random = new Random(6);
    Operations three = new Operations.RandAugment(3, 9);
    assertEquals(3, Effect.draw(three, random, 9, 9).size());
    assertEquals(1, Effect.draw(TRIVIAL, random, 9, 9).size());
    assertEquals(0, Effect.draw(new Operations.None(), random, 9, 9).size());
  }

  @Test
  void jittersWithinItsBoundsInAnyOrder() {
    Picture two = Picture.of(2, 1, 3, new byte[] {100, 100, 100, 40, 60, 80});
    Random random = new Random(7);
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
      int level = new Jitter(0.4, 0, 0, 0).draw(random).get(0).apply(two).pixels()[0] & 255;
      assertTrue(level >= 59 && level <= 140, "level " + level);
      sum += level;
    }
    assertEquals(99.5, sum / DRAWS, 0.6); // levels lose their fraction
    Set<List<Byte>> results = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      Picture p = two;
      List<Change> drawn = new Jitter(3, 0.9, 0.9, 0.5).draw(random);
      assertEquals(4, drawn.size());
      for (Change change : drawn) {
        p = change.apply(p);
      }
      List<Byte> levels = new ArrayList<>();
      for (byte level : p.pixels()) {
        levels.add(level);
      }
      results.add(levels);
    }
    assertTrue(results.size() > 150, results.size() + " different results");
    assertEquals(List.of(), Jitter.none().draw(random));
  }

  /** By nearest: each level that is left is that of a pixel, and of its mask. */
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.GREY),
          new Step.ResizeShorter(18, Resampling.NEAREST),
          new Step.CenterCrop(16, 16));

  private interface Check {
    void accept(float[] pixels, long[] classes);
  }

  private static void load(Augmentation augmentation, Check check) {
    try (Loader loader = new Loader(new Levels(12, 20), FED, 2)) {
      for (int epoch = 1; epoch <= 6; epoch++) {
        loader.shuffled(
            4,
            3,
            epoch,
            Order.shuffled(12),
            augmentation,
            (batch, step) -> {
              float[] pixels = new float[batch.pixels().remaining()];
              batch.pixels().duplicate().get(pixels);
              assertArrayEquals(new long[] {4, 1, 16, 16}, batch.shape());
              check.accept(pixels, ((Targets.Classes) batch.targets()).classes());
            });
      }
    }
  }

  @Test
  void masksFollowWhatMovesPixelsAndNothingElse() {
    int[] seen = new int[2];
    Augmentation moves =
        new Augmentation(2, Augmentation.Flip.RANDOM).withResizedCrop(0.3).withCutmix(1);
    load(
        moves,
        (pixels, classes) -> {
          for (int i = 0; i < pixels.length; i++) {
            boolean outside = classes[i] == Targets.IGNORED;
            seen[outside ? 1 : 0]++;
            assertEquals(outside ? 0 : classes[i], pixels[i]);
          }
        });
    assertTrue(seen[0] > 3 * seen[1] && seen[1] > 0, seen[0] + " in, " + seen[1] + " outside");
  }

  @Test
  void masksFollowOperations() {
    int[] counts = new int[3];
    load(
        NONE.withOperations(TRIVIAL),
        (pixels, classes) -> {
          for (int i = 0; i < 4; i++) {
            int same = 0;
            int outside = 0;
            for (int k = i * 256; k < (i + 1) * 256; k++) {
              same += classes[k] == pixels[k] ? 1 : 0;
              outside += classes[k] == Targets.IGNORED ? 1 : 0;
              assertTrue(classes[k] != Targets.IGNORED || pixels[k] == 0);
            }
            counts[0]++;
            counts[1] += outside > 0 ? 1 : 0;
            counts[2] += same + outside == 256 ? 1 : 0; // no levels changed
          }
        });
    assertEquals(72, counts[0]);
    assertTrue(counts[1] > 12 && counts[1] < 45, counts[1] + " of some 5/14 of 72 have moved");
    assertTrue(counts[2] > counts[1] && counts[2] < 60, counts[2] + " keep their levels");
  }

  @Test
  void sameSeedGivesTheSamePictures() {
    Augmentation all =
        new Augmentation(2, Augmentation.Flip.RANDOM)
            .withResizedCrop(0.3)
            .withOperations(new Operations.RandAugment(2, 9))
            .withJitter(new Jitter(0.4, 0.4, 0.4, 0.1))
            .withErasing(0.5)
            .withCutmix(1);
    List<float[]> first = new ArrayList<>();
    load(all, (pixels, classes) -> first.add(pixels));
    List<float[]> again = new ArrayList<>();
    load(all, (pixels, classes) -> again.add(pixels));
    for (int i = 0; i < first.size(); i++) {
      assertArrayEquals(first.get(i), again.get(i));
    }
  }

  private static final Augmentation ALL =
      new Augmentation(2, Augmentation.Flip.RANDOM)
          .withResizedCrop(0.5)
          .withOperations(TRIVIAL)
          .withJitter(new Jitter(0.2, 0.2, 0.2, 0.05))
          .withErasing(0.3)
          .withMixup(0.2)
          .withCutmix(1);

  private static Trained train(Recipe recipe, Dataset data) {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.5));
    return Trainer.of(net).recipe(recipe).preprocessing(Stripes.FED).fit(data, new Stripes(16, 2));
  }

  @Test
  void trainsWithAllOfItAndTheSameSeedGivesTheSameFile() {
    Recipe recipe =
        Recipe.classification()
            .epochs(2)
            .batch(16)
            .optimizer(Optimizer.adamW(0.01))
            .augmentation(ALL)
            .labelSmoothing(0.1)
            .stochasticDepth(0.4)
            .classWeights(ClassWeights.of(List.of(1.0, 2.0, 1.0, 1.0)));
    Trained one = train(recipe, new Stripes(48, 1));
    assertTrue(one.history().get(1).loss() < 5, one.history().toString());
    Trained other = train(recipe, new Stripes(48, 1));
    assertArrayEquals(one.model().toBytes(), other.model().toBytes());
    String provenance = one.model().metadata().get("fovea.provenance");
    assertTrue(provenance.contains("\"auto-augment\":\"trivialaugment\""), provenance);
  }

  @Test
  void refusesWhatMakesNoSenseOfTheData() {
    Task.Kind masks = Task.Kind.SEGMENTATION;
    assertEquals(
        "mixup does not fit the data: it is for classes and values",
        message(() -> NONE.withMixup(0.2).check(masks, false)));
    NONE.withMixup(0.2).check(Task.Kind.REGRESSION, false);
    NONE.withCutmix(1).check(masks, false);
    assertEquals(
        "cutmix does not fit the data: it is for classes and masks",
        message(() -> NONE.withCutmix(1).check(Task.Kind.REGRESSION, false)));
    for (Augmentation a :
        List.of(NONE.withResizedCrop(0.5), NONE.withOperations(TRIVIAL), NONE.withErasing(0.1))) {
      String met = message(() -> a.check(Task.Kind.PICTURE, false));
      assertTrue(met.endsWith("it is for classes, values and masks"), met);
    }
    assertEquals(
        "resized-crop: tiles are cut out of pictures already",
        message(() -> NONE.withResizedCrop(0.5).check(masks, true)));
    ALL.check(Task.Kind.CLASSIFICATION, false);
    Recipe recipe = Recipe.segmentation().augmentation(NONE.withMixup(1));
    assertEquals(
        "mixup does not fit the data: it is for classes and values",
        message(() -> train(recipe, new Levels(12, 20))));
    assertEquals(
        "hue: expected a number in [0, 0.5], met 0.6", message(() -> new Jitter(0, 0, 0, 0.6)));
    assertEquals(
        "magnitude: expected a whole number of 0 to 30, met 31",
        message(() -> new Operations.RandAugment(2, 31)));
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
