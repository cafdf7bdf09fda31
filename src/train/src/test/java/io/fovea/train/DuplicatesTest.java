package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures that are held out and trained on; what lies in the files need not be pictures. */
class DuplicatesTest {
  @TempDir Path folder;

  private Path file(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static byte[] bytes(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void findsFilesOfEqualBytesWhateverTheirNamesAndClasses() throws IOException {
    for (int i = 0; i < 5; i++) {
      file("train/cat/" + i + ".jpg", bytes(i, 9000));
      file("train/dog/" + i + ".jpg", bytes(10 + i, 5000 + i));
      file("val/cat/" + i + ".jpg", bytes(20 + i, 9000)); // of a size that occurs
    }
    byte[] head = bytes(0, 9000);
    head[0] ^= 1; // the same end
    file("val/cat/almost.jpg", head);
    assertEquals(new Duplicates(0, "", ""), between());
    Path copy = file("val/dog/copy.jpg", bytes(3, 9000));
    file("val/dog/small.jpg", bytes(14, 5004));
    Path twin = folder.resolve("train/cat/3.jpg");
    assertEquals(new Duplicates(2, copy.toString(), twin.toString()), between());
    file("train/dog/0.tmp", new byte[0]);
  }

  private Duplicates between() {
    DataFolder data = DataFolder.of(folder);
    return Duplicates.between(data.training(), data.measured());
  }

  @Test
  void findsThemInArchivesAndBesideFolders() throws IOException {
    Path plain =
        Tars.write(
            folder.resolve("a.tar"),
            "0.jpg",
            bytes(1, 700),
            "0.cls",
            0,
            "1.jpg",
            bytes(2, 700),
            "1.cls",
            0);
    Path packed = Tars.write(folder.resolve("b.tgz"), "a/0.jpg", bytes(2, 700));
    file("tree/a/same.jpg", bytes(2, 700));
    String twin = plain + "/1.jpg";
    assertEquals(
        new Duplicates(1, packed + "/a/0.jpg", twin),
        Duplicates.between(Dataset.tar(plain), Dataset.tar(packed)));
    assertEquals(
        new Duplicates(1, folder.resolve("tree/a/same.jpg").toString(), twin),
        Duplicates.between(Dataset.tar(plain), Dataset.folder(folder.resolve("tree"))));
  }

  @Test
  void comparesPixelsWhereThereAreNoFiles() {
    Dataset train = new Stripes(40, 1);
    assertEquals(0, Duplicates.between(train, new Stripes(10, 2)).count());
    assertEquals(
        new Duplicates(10, "picture 0", "picture 0"),
        Duplicates.between(train, new Stripes(10, 1)));
  }
}
