package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
  private static final byte[] IMAGES = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4};
  private static final byte[] LABELS = {0, 0, 8, 1, 0, 0, 0, 2, 5, 0};

  @Test
  void readsIdxPlainAndZipped(@TempDir Path folder) throws IOException {
    Path images = Files.write(folder.resolve("train-images-idx3-ubyte"), IMAGES);
    Path labels = folder.resolve("train-labels-idx1-ubyte.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(labels))) {
      out.write(LABELS);
    }
    for (Dataset d : List.of(Dataset.idx(images, labels), DataFolder.of(folder).training())) {
      assertEquals(2, d.size());
      assertEquals(6, d.labels().size());
      assertEquals(new Target.Label(5), d.target(0));
      assertEquals("2x1 grey", d.picture(1).toString());
      assertArrayEquals(new byte[] {3, 4}, d.picture(1).pixels());
    }
  }

  @Test
  void namesIdxFilesThatAreNotWhatTheyClaim(@TempDir Path folder) throws IOException {
    Path labels = Files.write(folder.resolve("labels"), LABELS);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(IMAGES, 18));
    assertTrue(message(cut, labels).startsWith(cut + ": cut short: the header claims [2, 1, 2]"));
    Path header = Files.write(folder.resolve("header"), Arrays.copyOf(IMAGES, 6));
    assertTrue(message(header, labels).startsWith(header + ": cut short in its header"));
    byte[] huge = IMAGES.clone();
    Arrays.fill(huge, 4, 16, (byte) 0x7f);
    Path lie = Files.write(folder.resolve("lie"), huge);
    assertTrue(message(lie, labels).contains("the header claims ["));
    assertTrue(message(labels, labels).contains("met header 0x00000801"));
    assertTrue(message(folder.resolve("none"), labels).endsWith("no such file"));
    byte[] one = LABELS.clone();
    one[7] = 1;
    Path fewer = Files.write(folder.resolve("fewer"), one);
    Path images = Files.write(folder.resolve("images"), IMAGES);
    assertTrue(message(images, fewer).contains("has 2 pictures"));
  }

  private static String message(Path images, Path labels) {
    return assertThrows(TrainException.class, () -> Dataset.idx(images, labels)).getMessage();
  }

  @Test
  void readsClassFoldersAndTheirHeldOutPart() {
    Dataset train = DataFolder.of(TestData.own("shapes")).training();
    Dataset held = DataFolder.of(TestData.own("shapes")).heldOut();
    assertNotNull(held);
    assertEquals(1000, train.size());
    assertEquals(250, held.size());
    assertEquals("arrow", train.labels().get(0));
    assertEquals(train.labels(), held.labels());
  }

  @Test
  void readsEveryDrawnShape() {
    Dataset held = DataFolder.of(TestData.own("shapes")).heldOut();
    for (int i = 0; i < held.size(); i++) {
      assertTrue(held.picture(i).width() >= 28, held.name(i));
    }
  }

  @Test
  void splitsEveryClassAlike() {
    List<Dataset> parts = DataFolder.of(TestData.own("shapes")).training().split(0.1, 3);
    assertEquals(900, parts.get(0).size());
    int[] each = new int[10];
    for (int i = 0; i < parts.get(1).size(); i++) {
      each[((Target.Label) parts.get(1).target(i)).index()]++;
    }
    assertArrayEquals(new int[] {10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, each);
  }

  @Test
  void saysWhenThereAreNoClasses(@TempDir Path folder) throws IOException {
    assertTrue(
        assertThrows(TrainException.class, () -> Dataset.folder(folder))
            .getMessage()
            .contains("expected a folder of pictures for each class"));
    Files.createDirectories(folder.resolve("empty"));
    assertTrue(
        assertThrows(TrainException.class, () -> Dataset.folder(folder))
            .getMessage()
            .endsWith("the class has no pictures"));
  }

  @Test
  void readsCifarsBinaryRecordsAndTheirNames(@TempDir Path folder) throws IOException {
    byte[] two = new byte[2 * 3073];
    two[0] = 1;
    two[1] = 10; // red of the first pixel
    two[1 + 1024] = 20;
    two[1 + 2048 + 1] = 30; // blue of the second
    Files.write(folder.resolve("data_batch_1.bin"), two);
    Files.write(folder.resolve("test_batch.bin"), Arrays.copyOf(two, 3073));
    Files.writeString(folder.resolve("batches.meta.txt"), "airplane\nautomobile\n\n");
    DataFolder found = DataFolder.of(folder);
    assertEquals(List.of("airplane", "automobile"), found.training().labels());
    assertEquals(2, found.training().size());
    assertEquals(1, found.measured().size());
    assertEquals(new Target.Label(1), found.training().target(0));
    byte[] pixels = found.training().picture(0).pixels();
    assertArrayEquals(new byte[] {10, 20, 0, 0, 0, 30}, Arrays.copyOf(pixels, 6));
    Path cut = Files.write(folder.resolve("test_batch.bin"), Arrays.copyOf(two, 3000));
    String m = message(() -> Dataset.cifar(List.of(cut), List.of()));
    assertTrue(m.endsWith("expected records of 3073 bytes, met 3000 bytes"), m);
  }

  @Test
  void readsATarOfClassFolders() {
    Dataset test = DataFolder.of(TestData.shared("data/cifar10_jpg")).measured();
    assertEquals(10_000, test.size());
    assertEquals(10, test.labels().size());
    assertEquals("32x32 RGB", test.picture(9_999).toString());
    assertEquals(new Target.Label(9), test.target(9_999));
  }

  @Test
  void saysWhatIsNoTar(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("train.tar"), new byte[700]);
    assertTrue(message(() -> Dataset.tar(file)).startsWith(file + ": "));
    Path text = Files.writeString(folder.resolve("a.tgz"), "no archive".repeat(100));
    assertTrue(message(() -> Dataset.tar(text)).startsWith(text + ": "));
  }

  private static Path masks(Path folder, byte[]... masks) throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("masks"));
    for (int i = 0; i < masks.length; i++) {
      Picture.of(2, 2, 1, masks[i]).writePng(folder.resolve("masks/" + i + ".png"));
      Picture.of(2, 2, 3, new byte[12]).writePng(folder.resolve("images/" + i + ".png"));
    }
    return folder;
  }

  private static byte[] classes(Dataset data, int index) {
    return ((Target.Pixels) data.target(index)).mask().classes();
  }

  @Test
  void takesGreyLevelsOfMasksForClassesInTheirOrder(@TempDir Path folder) throws IOException {
    Dataset d =
        DataFolder.of(masks(folder, new byte[] {0, (byte) 255, 0, 0}, new byte[4])).training();
    assertEquals(List.of("0", "1"), d.labels());
    assertArrayEquals(new byte[] {0, 1, 0, 0}, classes(d, 0));
  }

  @Test
  void takesSmallLevelsOfMasksForClassesAndIgnores255(@TempDir Path folder) throws IOException {
    masks(folder, new byte[] {0, 3, 1, (byte) 255});
    Files.writeString(folder.resolve("labels.txt"), "sky\nroad\ncar\nman\ntree\n");
    Dataset d = DataFolder.of(folder).training();
    assertEquals(5, d.labels().size());
    assertArrayEquals(new byte[] {0, 3, 1, (byte) Mask.IGNORED}, classes(d, 0));
    Dataset other = DataFolder.of(folder, 3).training();
    assertEquals(Mask.IGNORED, classes(other, 0)[1] & 255);
  }

  @Test
  void readsPaletteMasksByTheirIndices(@TempDir Path folder) throws IOException {
    masks(folder, new byte[4]);
    Mask.of(2, 2, new byte[] {2, 0, 1, 2})
        .writePng(folder.resolve("masks/0.png"), List.of("a", "b", "c"));
    Dataset d = DataFolder.of(folder).training();
    assertArrayEquals(new byte[] {2, 0, 1, 2}, classes(d, 0));
  }

  @Test
  void namesThePictureWithoutAMaskAndTheMaskOfAnotherSize(@TempDir Path folder) throws IOException {
    masks(folder, new byte[] {0, 1, 0, 1}, new byte[] {0, 1, 0, 1});
    Picture.of(3, 2, 3, new byte[18]).writePng(folder.resolve("images/0.png"));
    Dataset d = DataFolder.of(folder).training();
    Preprocessing raw = Preprocessing.named("raw");
    try (Loader loader = new Loader(d, raw, 1)) {
      String m = message(() -> loader.inOrder(1, 2, (batch, step) -> {}));
      assertTrue(m.endsWith("0.png: the picture is 3x2, its mask 2x2"), m);
    }
    Files.delete(folder.resolve("masks/1.png"));
    String m = message(() -> DataFolder.of(folder));
    assertTrue(m.contains("1.png: no mask of that name in"), m);
  }

  @Test
  void movesAMaskWithItsPicture(@TempDir Path folder) throws IOException {
    byte[] levels = {0, 1, 2, 3};
    masks(folder, levels);
    Picture.of(2, 2, 1, levels).writePng(folder.resolve("images/0.png"));
    Dataset d = DataFolder.of(folder).training();
    Preprocessing grey =
        Preprocessing.of(
            new Step.Color(Step.Channels.GREY), new Step.Resize(4, 4, Resampling.NEAREST));
    Augmentation moves = new Augmentation(1, Augmentation.Flip.RANDOM);
    try (Loader loader = new Loader(d, grey, 1)) {
      for (int epoch = 0; epoch < 20; epoch++) {
        loader.shuffled(
            1,
            7,
            epoch,
            Order.shuffled(d.size()),
            moves,
            (batch, step) -> {
              long[] wanted = ((Targets.Classes) batch.targets()).classes();
              for (int i = 0; i < wanted.length; i++) {
                long met = (long) batch.pixels().get(i);
                assertEquals(wanted[i] == Targets.IGNORED ? 0 : wanted[i], met);
              }
            });
      }
    }
  }

  @Test
  void readsValuesAndNamesTheLineThatDoesNotFit(@TempDir Path folder) throws IOException {
    masks(folder, new byte[4]);
    Path csv = folder.resolve("values.csv");
    Files.writeString(csv, "file,age,height\nimages/0.png,3.5,-1e2\n");
    Dataset d = DataFolder.of(csv).training();
    assertEquals(List.of("age", "height"), d.labels());
    assertArrayEquals(new float[] {3.5f, -100}, ((Target.Values) d.target(0)).values());
    assertEquals("2x2 RGB", d.picture(0).toString());
    Files.writeString(csv, "file,age\nimages/0.png,old\n");
    String m = message(() -> Dataset.values(csv));
    assertTrue(m.endsWith("line 2, age: expected a number, met 'old'"), m);
    Files.writeString(csv, "file,age\nimages/9.png,1\n");
    assertTrue(message(() -> Dataset.values(csv)).endsWith("line 2: no such file: images/9.png"));
    Files.writeString(csv, "images/0.png,3\nimages/0.png,4\n");
    assertTrue(message(() -> Dataset.values(csv)).contains("expected a first line of names"));
    Files.writeString(csv, "file,age\nimages/0.png\n");
    String columns = message(() -> Dataset.values(csv));
    assertTrue(columns.endsWith("line 2: expected 2 columns, met 1"), columns);
  }

  @Test
  void holdsOutTheFilesThatAPatternNames() {
    Dataset all = DataFolder.of(TestData.own("shapes")).training();
    List<Dataset> parts = all.split("02[4-9].*");
    assertEquals(all.size(), parts.get(0).size() + parts.get(1).size());
    assertTrue(parts.get(1).name(0).matches(".*/02[4-9]\\.\\w+"), parts.get(1).name(0));
    assertTrue(message(() -> all.split("none*")).contains("holds out 0 of 1000 files"));
    assertTrue(message(() -> all.split("[")).startsWith("pattern '['"));
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
