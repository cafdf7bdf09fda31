package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class GrowthTest {
  private static final Dataset DATA = new Stripes(16, 1);

  private static Model net() {
    return Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
  }

  private static double[] scales(double first, int epochs) {
    return IntStream.rangeClosed(1, epochs).mapToDouble(new Growth(first, epochs)::scale).toArray();
  }

  @Test
  void reachesTheOwnSizeByFourFifthsOfTheEpochsAndInTheLast() {
    double[] expected = {0.5, 0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375, 1, 1};
    assertArrayEquals(expected, scales(0.5, 10), 1e-9);
    assertArrayEquals(new double[] {0.4, 0.6, 0.8, 1}, scales(0.4, 4), 1e-9);
    assertArrayEquals(new double[] {1}, scales(0.5, 1));
    assertArrayEquals(new double[] {1, 1, 1}, scales(1, 3));
  }

  private static FloatBuffer direct(float[] values) {
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(values)
        .flip();
  }

  private static long[] scaled(double scale, long... shape) {
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      int size = (int) (shape[0] * shape[1] * shape[2] * shape[3]);
      return Torch.shape(Growth.scaled(Learner.tensor(direct(new float[size]), shape), scale));
    }
  }

  @Test
  void givesSidesOfWholeFours() {
    assertArrayEquals(new long[] {2, 3, 20, 20}, scaled(0.625, 2, 3, 32, 32));
    assertArrayEquals(new long[] {1, 1, 20, 152}, scaled(0.68, 1, 1, 28, 224));
    assertArrayEquals(new long[] {1, 1, 4, 3}, scaled(0.1, 1, 1, 8, 3));
    assertArrayEquals(new long[] {1, 1, 28, 28}, scaled(0.99, 1, 1, 30, 30));
  }

  /** A step on pictures whose pixels are means of those of others, four by four. */
  @Test
  void learnsFromMeansOfPixelsAndInfersFromAll() {
    long[] shape = {4, 3, 16, 16};
    long[] half = {4, 3, 8, 8};
    float[] whole = new float[4 * 3 * 16 * 16];
    float[] means = new float[whole.length / 4];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (i * 37 % 101 - 50) / 64f;
      int plane = i / 256;
      means[plane * 64 + i / 16 % 16 / 2 * 8 + i % 16 / 2] += whole[i] / 4;
    }
    Targets wanted = Targets.Classes.of(0, 1, 2, 3);
    try (Learner growing = new Learner(net(), Recipe.classification());
        Learner plain = new Learner(net(), Recipe.classification())) {
      growing.scale(0.5);
      assertArrayEquals(
          plain.infer(direct(whole), shape).floats(), growing.infer(direct(whole), shape).floats());
      double loss = growing.step(direct(whole), shape, wanted, 0.1);
      assertEquals(plain.step(direct(means), half, wanted, 0.1), loss, 1e-6);
      growing.scale(1);
      assertEquals(
          plain.step(direct(whole), shape, wanted, 0.1),
          growing.step(direct(whole), shape, wanted, 0.1),
          1e-5);
    }
  }

  @Test
  void hasTheTrainerBeginWithSmallPictures() {
    Recipe recipe =
        Recipe.classification().epochs(2).batch(8).augmentation(Augmentation.none()).seed(1);
    List<Trainer.Epoch> small = train(recipe.initialScale(0.5));
    assertNotEquals(train(recipe).get(0).loss(), small.get(0).loss());
    assertEquals(small.get(0).loss(), train(recipe.initialScale(0.5)).get(0).loss());
  }

  private static List<Trainer.Epoch> train(Recipe recipe) {
    return Trainer.of(net())
        .recipe(recipe)
        .preprocessing(Stripes.FED)
        .fit(DATA, new Stripes(8, 2))
        .history();
  }

  @Test
  void saysWhereANetWantsItsOwnSize() {
    Model fixed = Architectures.named("lenet5").model(Options.classes(4));
    try (Learner learner = new Learner(fixed, Recipe.classification())) {
      learner.scale(0.5);
      FloatBuffer pixels = direct(new float[2 * 28 * 28]);
      TrainException e =
          assertThrows(
              TrainException.class,
              () -> learner.step(pixels, new long[] {2, 1, 28, 28}, Targets.Classes.of(0, 1), 0.1));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("initial-scale: the net fails on pictures of 16x16"), message);
    }
  }

  @Test
  void refusesWhatIsAnsweredPixelByPixel() {
    Dataset pictures = DATA.alone();
    Recipe recipe = Recipe.pictures().initialScale(0.5);
    Trainer trainer = Trainer.of(net()).recipe(recipe).preprocessing(Stripes.FED);
    TrainException e = assertThrows(TrainException.class, () -> trainer.fit(pictures, pictures));
    assertEquals(
        "initial-scale does not fit the data: it is for classes and values of whole pictures",
        e.getMessage());
  }
}
