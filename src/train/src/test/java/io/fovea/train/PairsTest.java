package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures that are made of pictures: data, training, and the file that serves them. */
class PairsTest {
  private static final Step GREY = new Step.Color(Step.Channels.GREY);
  private static final Step LEVELS = new Step.Normalize(255, List.of(0f), List.of(1f));
  private static final Preprocessing FED = Preprocessing.of(GREY, LEVELS);

  /** Writes smooth pictures of a size, and what is half of them a side. */
  static Path folder(Path root, int count, int size) throws IOException {
    Files.createDirectories(root.resolve("inputs"));
    Files.createDirectories(root.resolve("targets"));
    Random random = new Random(size);
    for (int i = 0; i < count; i++) {
      byte[] few = new byte[25];
      random.nextBytes(few);
      Picture large = Picture.of(5, 5, 1, few).resize(2 * size, 2 * size, Resampling.BICUBIC);
      large.writePng(root.resolve("targets/p" + i + ".png"));
      large.resize(size, size, Resampling.BOX).writePng(root.resolve("inputs/p" + i + ".png"));
    }
    return root;
  }

  private static Model net() {
    return Architectures.named("espcn_x2").model(Options.defaults().withWidth(0.25));
  }

  private static final Recipe SHORT =
      Recipe.pictures().epochs(12).batch(4).optimizer(Optimizer.adamW(0.005));

  @Test
  void learnsToEnlargeAndWritesAFileThatDoes(@TempDir Path folder) throws IOException {
    DataFolder found = DataFolder.of(folder(folder.resolve("pairs"), 24, 16));
    List<Dataset> parts = found.training().split(0.25, 1);
    Dataset held = parts.get(1);
    Trained trained = Trainer.of(net()).recipe(SHORT).preprocessing(FED).fit(parts.get(0), held);
    Evaluation.Pictures last = pictures(trained, 11);
    assertTrue(last.psnr() > pictures(trained, 0).psnr() + 3, trained.history().toString());
    Path file = folder.resolve("x2.onnx");
    assertTrue(trained.write(file) < 1e-4);
    Specification said = Specification.of("x2", Model.read(file).metadata());
    Task.Range unit = new Task.Range(0, 1);
    assertEquals(new Task(Task.Kind.PICTURE, Task.Output.VALUES, unit), said.task());
    try (PictureTransformer x2 = PictureTransformer.load(file, Device.cpu())) {
      assertEquals("32x32 grey", x2.transform(held.picture(0)).toString());
      Evaluation.Pictures served = Evaluation.of(x2, held, done -> {});
      assertEquals(held.size(), served.count());
      assertEquals(last.psnr(), served.psnr(), 0.1, "but for rounding to levels");
    }
  }

  private static Evaluation.Pictures pictures(Trained trained, int epoch) {
    return (Evaluation.Pictures) trained.history().get(epoch).heldOut();
  }

  @Test
  void learnsFromWindowsOfPicturesOfAnySize(@TempDir Path folder) throws IOException {
    folder(folder, 3, 20);
    folder(folder.resolve("more"), 3, 33);
    for (String name : List.of("inputs", "targets")) {
      for (Path file : DataFolder.list(folder.resolve("more").resolve(name))) {
        Files.move(file, folder.resolve(name).resolve("more" + file.getFileName()));
      }
    }
    Dataset data = DataFolder.of(folder).training();
    assertEquals(6, data.size());
    Preprocessing windows = Preprocessing.of(GREY, new Step.Tiles(16, 12, 2), LEVELS);
    Loss loss = Loss.of("l1 + 0.1*ssim + 1e-3*total_variation");
    Trained trained =
        Trainer.of(net()).recipe(SHORT.epochs(2).loss(loss)).preprocessing(windows).fit(data, data);
    assertTrue(Double.isFinite(trained.history().get(1).loss()));
    Path file = folder.resolve("x2.onnx");
    trained.write(file);
    try (PictureTransformer x2 = PictureTransformer.load(file, Device.cpu())) {
      assertEquals("66x66 grey", x2.transform(data.picture(0)).toString());
    }
  }

  @Test
  void windowsAndFlipsOfATargetFollowItsPicture(@TempDir Path folder) throws IOException {
    folder(folder, 2, 24);
    Dataset data = DataFolder.of(folder).training();
    Preprocessing windows = Preprocessing.of(GREY, new Step.Tiles(16, 16, 2), LEVELS);
    Augmentation moves = new Augmentation(3, Augmentation.Flip.RANDOM);
    try (Loader loader = new Loader(data, windows, 1)) {
      for (int epoch = 1; epoch <= 8; epoch++) {
        loader.shuffled(
            2, 5, epoch, Order.shuffled(data.size()), moves, (batch, step) -> assertFollows(batch));
      }
    }
  }

  @Test
  void partsThatAreStretchedAreThoseOfTheTarget(@TempDir Path folder) throws IOException {
    folder(folder, 2, 40);
    Dataset data = DataFolder.of(folder).training();
    Preprocessing windows = Preprocessing.of(GREY, new Step.Tiles(16, 16, 2), LEVELS);
    Augmentation parts = Augmentation.none().withResizedCrop(0.3);
    try (Loader loader = new Loader(data, windows, 1)) {
      for (int epoch = 1; epoch <= 8; epoch++) {
        loader.shuffled(
            2, 5, epoch, Order.shuffled(2), parts, (batch, step) -> assertFollows(batch, 0.04));
      }
    }
  }

  private static void assertFollows(Loader.Batch batch) {
    assertFollows(batch, 1.01 / 255);
  }

  /** Each pixel that is fed is the mean of four of its target, but for rounding to levels. */
  private static void assertFollows(Loader.Batch batch, double tolerance) {
    Targets.Values wanted = (Targets.Values) batch.targets();
    assertArrayEquals(new long[] {2, 1, 32, 32}, wanted.shape());
    float[] levels = wanted.values();
    for (int i = 0; i < 2 * 16 * 16; i++) {
      int at = i / 16 * 64 + i % 16 * 2;
      float mean = (levels[at] + levels[at + 1] + levels[at + 32] + levels[at + 33]) / 4;
      assertEquals(mean, batch.pixels().get(i), tolerance);
    }
  }

  @Test
  void namesWhatDoesNotFit(@TempDir Path folder) throws IOException {
    folder(folder, 3, 16);
    Dataset data = DataFolder.of(folder).training();
    Trainer trainer = Trainer.of(net()).preprocessing(FED).recipe(SHORT);
    assertEquals(
        "loss cross_entropy does not fit the data: it is for classes",
        message(() -> trainer.recipe(Recipe.classification()).fit(data, data)));
    assertEquals(
        "loss total_variation looks at no target; add one that does",
        message(() -> trainer.recipe(SHORT.loss(Loss.of("total_variation"))).fit(data, data)));
    Step crop = new Step.CenterCrop(8, 8);
    String cropped =
        message(() -> trainer.preprocessing(Preprocessing.of(GREY, crop, LEVELS)).fit(data, data));
    assertTrue(cropped.startsWith("pairs of pictures take the steps color, resize"), cropped);
    String color = message(() -> trainer.preprocessing(Preprocessing.of()).fit(data, data));
    assertTrue(color.contains("gives 3 channels, the net wants 1"), color);
    Picture.of(33, 32, 1, new byte[33 * 32]).writePng(folder.resolve("targets/p1.png"));
    String odd = message(() -> trainer.fit(data, data));
    assertTrue(odd.contains("p1.png: the picture is 16x16, its target 33x32"), odd);
    Picture.of(16, 16, 1, new byte[256]).writePng(folder.resolve("targets/p1.png"));
    String mixed = message(() -> trainer.fit(data, data));
    assertTrue(mixed.contains("as the others of the batch"), mixed);
    Files.delete(folder.resolve("targets/p2.png"));
    String missing = message(() -> DataFolder.of(folder));
    assertTrue(missing.contains("p2.png: no target of that name in"), missing);
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
