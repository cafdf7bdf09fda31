package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures alone, each its own target. */
class PlainPicturesTest {
  private static final Step COLOR = new Step.Color(Step.Channels.RGB);
  private static final Step LEVELS =
      new Step.Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
  private static final Preprocessing WINDOWS =
      Preprocessing.of(COLOR, new Step.Tiles(16, 12, 2), LEVELS);

  @TempDir Path folder;

  /** A smooth picture of many colours. */
  static Picture picture(int seed, int width, int height) {
    byte[] few = new byte[48];
    new Random(seed).nextBytes(few);
    return Picture.of(4, 4, 3, few).resize(width, height, Resampling.BICUBIC);
  }

  /** Writes pictures of sizes that differ; the first is smaller than a window. */
  static Path draw(Path to, int count) throws IOException {
    Files.createDirectories(to);
    for (int i = 0; i < count; i++) {
      picture(i, i == 0 ? 9 : 20 + i, i == 0 ? 30 : 40 - i)
          .writePng(to.resolve("%02d.png".formatted(i)));
    }
    return to;
  }

  private static List<String> names(Dataset data) {
    return IntStream.range(0, data.size())
        .mapToObj(i -> Path.of(data.name(i)).getFileName().toString())
        .toList();
  }

  @Test
  void areFoundInAFolderInTheOrderOfTheirNames() throws IOException {
    draw(folder, 10);
    Files.writeString(folder.resolve("notes.txt"), "no picture");
    DataFolder found = DataFolder.of(folder);
    Dataset all = found.training();
    assertEquals(Task.Kind.PICTURE, all.task());
    assertEquals(List.of(), all.labels());
    assertEquals(10, all.size());
    assertEquals("03.png", names(all).get(3));
    assertEquals(new Target.Itself(), all.target(3));
    assertEquals("23x37 RGB", all.picture(3).toString());
    List<Dataset> parts = all.split(0.2, 7);
    assertEquals(8, parts.get(0).size());
    List<String> both = new ArrayList<>(names(parts.get(0)));
    both.addAll(names(parts.get(1)));
    assertEquals(names(all), both.stream().sorted().toList());
    assertEquals(names(parts.get(1)), names(all.split(0.2, 7).get(1)));
    assertEquals(Task.Kind.PICTURE, parts.get(1).task());
  }

  @Test
  void areHeldOutByTheirFolder() throws IOException {
    draw(folder.resolve("train"), 4);
    draw(folder.resolve("val"), 3);
    DataFolder found = DataFolder.of(folder);
    assertNotNull(found.heldOut());
    assertEquals(4, found.training().size());
    assertEquals(3, found.measured().size());
    assertEquals(Task.Kind.PICTURE, found.measured().task());
  }

  @Test
  void areFoundInArchivesWithoutFolders() throws IOException {
    draw(folder.resolve("p"), 3);
    byte[][] files = new byte[3][];
    for (int i = 0; i < 3; i++) {
      files[i] = Files.readAllBytes(folder.resolve("p/0" + i + ".png"));
    }
    Path train = folder.resolve("t/a.tar");
    Files.createDirectories(train.getParent());
    Tars.write(train, "./b.png", files[1], "./a.png", files[2]);
    Tars.write(folder.resolve("t/a-test.tar.gz"), "c.png", files[1]);
    DataFolder found = DataFolder.of(folder.resolve("t"));
    assertEquals(Task.Kind.PICTURE, found.training().task());
    assertEquals(List.of("b.png", "a.png"), names(found.training()));
    assertEquals(new Target.Itself(), found.training().target(1));
    assertArrayEquals(picture(1, 21, 39).pixels(), found.measured().picture(0).pixels());
    Tars.write(folder.resolve("t/a-test.tar.gz"), "cat/c.png", files[1]);
    String mixed = message(() -> DataFolder.of(folder.resolve("t")));
    assertTrue(mixed.endsWith("is of class 'cat', which is none of the 0 known ones"), mixed);
    Tars.write(train, "cat/a.png", files[1]);
    Tars.write(folder.resolve("t/a-test.tar.gz"), "c.png", files[1]);
    String other = message(() -> DataFolder.of(folder.resolve("t")));
    assertTrue(
        other.endsWith("c.png: expected a class as what is trained on has, met none"), other);
  }

  @Test
  void areTheirTargetsWhateverIsChangedAtRandom() throws IOException {
    Dataset data = DataFolder.of(draw(folder, 6)).training();
    Augmentation moves =
        new Augmentation(2, Augmentation.Flip.RANDOM).withJitter(new Jitter(0.3, 0.3, 0.3, 0.1));
    List<Float> seen = new ArrayList<>();
    try (Loader loader = new Loader(data, WINDOWS, 2)) {
      for (Augmentation a : List.of(Augmentation.none(), moves, moves.withResizedCrop(0.2))) {
        for (int epoch = 1; epoch <= 3; epoch++) {
          loader.shuffled(
              3, 5, epoch, Order.shuffled(6), a, (batch, step) -> seen.add(assertAlike(batch, 3)));
        }
      }
      assertEquals(18, seen.stream().distinct().count(), "each step shows something else");
      loader.inOrder(6, 6, (batch, step) -> assertAlike(batch, 6));
    }
  }

  private static float assertAlike(Loader.Batch batch, int count) {
    Targets.Values wanted = (Targets.Values) batch.targets();
    assertArrayEquals(new long[] {count, 3, 16, 12}, batch.shape());
    assertArrayEquals(batch.shape(), wanted.shape());
    float[] met = new float[wanted.values().length];
    batch.pixels().get(0, met);
    assertArrayEquals(wanted.values(), met, 1e-6f);
    float sum = 0;
    for (float v : met) {
      sum += v;
    }
    return sum;
  }

  @Test
  void whatCannotBeReadIsNamedAndLeftOut() throws IOException {
    draw(folder, 6);
    Files.writeString(folder.resolve("02.png"), "no picture");
    List<String> told = new ArrayList<>();
    Unreadable unreadable = new Unreadable(1, told::add);
    Dataset data = unreadable.without(DataFolder.of(folder).training());
    int[] count = {0};
    try (Loader loader = new Loader(data, WINDOWS, 1)) {
      loader.inOrder(4, 6, (batch, step) -> count[0] += (int) batch.shape()[0]);
    }
    assertEquals(5, count[0]);
    assertEquals(1, unreadable.count());
    assertTrue(told.get(0).contains("02.png"), told.toString());
  }

  @Test
  void areNeededAndLearnNoClasses() throws IOException {
    assertTrue(message(() -> Dataset.pictures(folder)).endsWith(folder + ": no pictures"));
    Dataset data = DataFolder.of(draw(folder, 3)).training();
    String loss = message(() -> Loss.CROSS_ENTROPY.check(data.task()));
    assertEquals("loss cross_entropy does not fit the data: it is for classes", loss);
    assertTrue(message(() -> Order.balanced(data)).startsWith("balanced-sampling: expected"));
    Files.createDirectories(folder.resolve("cat"));
    String classes = message(() -> DataFolder.of(folder));
    assertTrue(classes.endsWith("cat: the class has no pictures"), classes);
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
