package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    for (Dataset d : List.of(Dataset.idx(images, labels), Dataset.training(folder))) {
      assertEquals(2, d.size());
      assertEquals(6, d.labels().size());
      assertEquals(5, d.label(0));
      assertEquals("2x1 grey", d.get(1).picture().toString());
      assertArrayEquals(new byte[] {3, 4}, d.get(1).picture().pixels());
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
    Dataset train = Dataset.training(TestData.own("shapes"));
    Dataset held = Dataset.heldOut(TestData.own("shapes"));
    assertNotNull(held);
    assertEquals(1000, train.size());
    assertEquals(250, held.size());
    assertEquals("arrow", train.labels().get(0));
    assertEquals(train.labels(), held.labels());
  }

  @Test
  void readsEveryDrawnShape() {
    Dataset held = Dataset.heldOut(TestData.own("shapes"));
    for (int i = 0; i < held.size(); i++) {
      assertTrue(held.get(i).picture().width() >= 28, held.name(i));
    }
  }

  @Test
  void splitsEveryClassAlike() {
    List<Dataset> parts = Dataset.training(TestData.own("shapes")).split(0.1, 3);
    assertEquals(900, parts.get(0).size());
    int[] each = new int[10];
    for (int i = 0; i < parts.get(1).size(); i++) {
      each[parts.get(1).label(i)]++;
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
}
