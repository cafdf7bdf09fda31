package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Class folders and WebDataset's samples in tar archives. */
class TarDatasetTest {
  @TempDir Path folder;

  /** A picture of one grey level, as a file. */
  private byte[] png(int level) throws IOException {
    Path file = folder.resolve("level.png");
    byte[] pixels = new byte[6];
    Arrays.fill(pixels, (byte) level);
    Picture.of(3, 2, 1, pixels).writePng(file);
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static List<Integer> classes(Dataset data) {
    return IntStream.range(0, data.size())
        .mapToObj(i -> ((Target.Label) data.target(i)).index())
        .toList();
  }

  private static List<Integer> levels(Dataset data) {
    return IntStream.range(0, data.size())
        .mapToObj(i -> data.picture(i).pixels()[5] & 255)
        .toList();
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }

  @Test
  void readsNumberedClassesOfManyShardsByTheirPattern() throws IOException {
    Path a = folder.resolve("pets-08.tar");
    Tars.write(a, "000.png", png(10), "000.cls", "2", "x/001.cls", "0\n", "x/001.PNG", png(20));
    Path b = folder.resolve("pets-10.tar");
    Tars.write(
        folder.resolve("pets-09.tar"),
        "000.json",
        "{\"label\": 1, \"by\": \"me\"}",
        "000.png",
        png(30),
        "000.seg.png",
        png(31));
    Tars.write(b, "000.json", "{}", "000.cls", "2", "000.png", png(40), ".hidden.png", png(50));
    DataFolder found = DataFolder.of(folder.resolve("pets-{08..10}.tar"));
    assertNull(found.heldOut());
    Dataset d = found.training();
    assertEquals(List.of("0", "1", "2"), d.labels());
    assertEquals(List.of(2, 0, 1, 2), classes(d));
    assertEquals(List.of(10, 20, 30, 40), levels(d));
    assertEquals(a + "/x/001.PNG", d.name(1));
    Files.writeString(folder.resolve("labels.txt"), "cat\ndog\nhen\nowl\n");
    assertEquals(List.of("cat", "dog", "hen", "owl"), DataFolder.of(folder).training().labels());
    Files.writeString(folder.resolve("labels.txt"), "cat\ndog\n");
    String m = message(() -> DataFolder.of(folder));
    assertTrue(m.contains("000.png: is of class '2', which is none of the 2 known ones"), m);
    Path missing = folder.resolve("pets-11.tar");
    assertEquals(
        missing + ": no such file",
        message(() -> DataFolder.of(folder.resolve("pets-{08..11}.tar"))));
  }

  @Test
  void readsNamedClasses() throws IOException {
    Path file = folder.resolve("a.tar");
    Tars.write(
        file,
        "0.json",
        "{\"label\":\"owl\"}",
        "0.png",
        png(1),
        "1.png",
        png(2),
        "1.txt",
        "cat\n",
        "2.txt",
        "owl",
        "2.png",
        png(3),
        "3.png",
        png(4),
        "3.txt",
        "cat");
    Dataset d = Dataset.tar(file);
    assertEquals(List.of("cat", "owl"), d.labels());
    assertEquals(List.of(1, 0, 1, 0), classes(d));
    Tars.write(
        file,
        "0.png",
        png(1),
        "0.txt",
        "a cat",
        "1.png",
        png(2),
        "1.txt",
        "two dogs",
        "2.png",
        png(2),
        "2.txt",
        "an owl");
    assertTrue(message(() -> Dataset.tar(file)).endsWith("are the .txt files captions?"));
  }

  @Test
  void readsClassFoldersAsTheFoldersThemselves() throws IOException {
    String deep = "deep".repeat(30) + "/cat/";
    Object[] members = {
      deep + "b.1.png",
      png(1),
      deep + "a.2.png",
      png(2),
      "README.txt",
      "pets",
      "all.json",
      "of no picture: " + "{".repeat(2 << 20),
      "ant/z.png",
      png(3),
      deep + "b.2.png",
      png(4),
      "overview.png",
      png(5)
    };
    List<Dataset> all = new ArrayList<>();
    for (String name : List.of("plain.tar", "packed.tgz")) {
      all.add(Dataset.tar(Tars.write(folder.resolve(name), members)));
    }
    for (int i = 0; i < members.length; i += 2) {
      Path file = folder.resolve("tree").resolve(members[i].toString().replace(deep, "cat/"));
      Files.createDirectories(file.getParent());
      Files.write(file, members[i + 1] instanceof byte[] b ? b : new byte[0]);
    }
    all.add(Dataset.folder(folder.resolve("tree")));
    for (Dataset d : all) {
      assertEquals(List.of("ant", "cat"), d.labels());
      assertEquals(List.of(0, 1, 1, 1), classes(d));
      assertEquals(List.of(3, 2, 1, 4), levels(d));
    }
  }

  @Test
  void givesTheHeldOutPartTheNumbersOfTheTrainingPart() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    Tars.write(data.resolve("train-0.tar"), "a/0.png", png(1), "b/0.png", png(2));
    Tars.write(data.resolve("train-1.tar"), "c/0.png", png(3), "a/1.png", png(4));
    Path held = Tars.write(data.resolve("val-0.tar"), "c/9.png", png(9));
    DataFolder found = DataFolder.of(data);
    assertEquals(List.of(0, 0, 1, 2), classes(found.training()));
    assertEquals(List.of(1, 4, 2, 3), levels(found.training()));
    assertEquals(List.of("a", "b", "c"), found.measured().labels());
    assertEquals(List.of(2), classes(found.measured()));
    Tars.write(held, "d/9.png", png(9));
    String m = message(() -> DataFolder.of(data));
    assertEquals(held + "/d/9.png: is of class 'd', which is none of the 3 known ones", m);

    Path tree = folder.resolve("tree");
    for (String file : List.of("train/a/0.png", "train/b/0.png", "train/c/0.png", "val/c/0.png")) {
      Files.createDirectories(tree.resolve(file).getParent());
      Files.write(tree.resolve(file), png(7));
    }
    assertEquals(List.of(2), classes(DataFolder.of(tree).measured()));
    Files.createDirectories(tree.resolve("val/d"));
    assertTrue(
        message(() -> DataFolder.of(tree)).endsWith("d: the class is not in what is trained on"));
  }

  @Test
  void holdsOutWhatAWordOfItsNameSays() throws IOException {
    for (String name : List.of("trainval-0.tar", "latest-0.tar", "carnival.tar", "pets_VAL1.tar")) {
      Tars.write(folder.resolve(name), "a/0.png", png(1), "b/0.png", png(2));
    }
    DataFolder found = DataFolder.of(folder);
    assertEquals(6, found.training().size());
    assertEquals(2, found.measured().size());
  }

  @Test
  void readsShardsInTrainAndVal() throws IOException {
    Files.writeString(folder.resolve("labels.txt"), "cat\ndog\n");
    Files.createDirectories(folder.resolve("train"));
    Files.createDirectories(folder.resolve("val"));
    Tars.write(folder.resolve("train/0.tar"), "0.png", png(1), "0.cls", 1);
    Tars.write(folder.resolve("val/0.tar"), "0.png", png(2), "0.cls", 0);
    DataFolder found = DataFolder.of(folder);
    assertEquals(List.of("cat", "dog"), found.training().labels());
    assertNotNull(found.heldOut());
    assertEquals(List.of(2), levels(found.measured()));
  }

  @Test
  void namesTheArchiveAndTheFileWhereOneIsDamagedOrCutShort() throws IOException {
    Path file = folder.resolve("shard-3.tar");
    Tars.write(file, "000.png", png(1), "000.cls", "0", "001.png", png(2), "001.cls", "1");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, 4 * 512 + 512 + 20)); // header, picture, header, class
    String cut = message(() -> Dataset.tar(file));
    assertTrue(cut.startsWith(file + ": cut short in 001.png: expected "), cut);
    assertTrue(cut.endsWith(" bytes, met 20"), cut);
    Files.write(file, Arrays.copyOf(whole, 8 * 512));
    String ends = message(() -> Dataset.tar(file));
    assertTrue(
        ends.startsWith(file + ": no tar archive, damaged or cut short in or after 001.cls"), ends);
    byte[] damaged = whole.clone();
    damaged[4 * 512 + 3] ^= 1; // the name of 001.png
    Files.write(file, damaged);
    String sum = message(() -> Dataset.tar(file));
    assertTrue(sum.contains("in or after 000.cls: the header's sum is wrong"), sum);
    Path packed = folder.resolve("p.tar.gz");
    Tars.write(packed, "a/0.png", png(1), "a/1.png", png(2));
    byte[] gz = Files.readAllBytes(packed);
    Files.write(packed, Arrays.copyOf(gz, gz.length - 30));
    assertTrue(message(() -> Dataset.tar(packed)).startsWith(packed + ": "));

    byte[] picture = whole.clone();
    Arrays.fill(picture, 5 * 512 + 20, 5 * 512 + 40, (byte) 0);
    Files.write(file, picture);
    Dataset d = Dataset.tar(file);
    try (Loader loader = new Loader(d, Preprocessing.named("raw"), 1)) {
      String m = message(() -> loader.inOrder(1, 2, (batch, step) -> {}));
      assertTrue(m.contains(file + "/001.png: "), m);
    }
    Files.write(file, Arrays.copyOf(whole, 1000)); // while it is in use
    assertTrue(message(() -> d.picture(1)).startsWith(file + "/001.png: cannot be read: "));
  }

  @Test
  void namesTheSampleThatDoesNotFit() throws IOException {
    Path file = folder.resolve("s.tar");
    Tars.write(file, "0.png", png(1), "0.cls", "0", "1.png", png(2));
    assertEquals(
        "%s/1.png: expected class numbers as %s/0.png has, met none".formatted(file, file),
        message(() -> Dataset.tar(file)));
    Tars.write(file, "0.png", png(1), "0.cls", "0", "cat/1.png", png(2));
    assertTrue(message(() -> Dataset.tar(file)).endsWith("met folders as classes"));
    Tars.write(file, "0.png", png(1), "0.cls", "dog");
    assertTrue(
        message(() -> Dataset.tar(file))
            .startsWith(file + "/0: expected a class number from 0 to 999999, met 'dog'"));
    Tars.write(file, "0.png", png(1), "0.cls", "-1");
    assertTrue(message(() -> Dataset.tar(file)).endsWith("met '-1'"));
    Tars.write(file, "0.cls", "1");
    assertTrue(message(() -> Dataset.tar(file)).endsWith("/0: expected one picture, met []"));
    Tars.write(file, "0.png", png(1), "0.jpg", png(2), "0.cls", "1");
    assertTrue(
        message(() -> Dataset.tar(file)).contains("expected one picture, met [0.png, 0.jpg]"));
    Tars.write(file, "0.png", png(1), "0.json", "{\"label\": [1]}");
    assertTrue(message(() -> Dataset.tar(file)).endsWith("expected a number or a name, met [1]"));
    Tars.write(file, "0.png", png(1), "0.json", "{\"label\"");
    assertTrue(message(() -> Dataset.tar(file)).startsWith(file + "/0.json: no JSON: "));
    Tars.write(file, "0.png", png(1));
    assertTrue(message(() -> Dataset.tar(file)).endsWith("met neither for " + file + "/0.png"));
    assertTrue(message(() -> DataFolder.of(folder.resolve("s-{9..1}.tar"))).contains("met {9..1}"));
  }

  /** Pictures in archives of a thousand each, which are never read. */
  private record InShards(int size) implements Dataset {
    @Override
    public List<String> labels() {
      return List.of("a", "b");
    }

    @Override
    public Picture picture(int index) {
      throw new IllegalStateException("not read");
    }

    @Override
    public Target target(int index) {
      return new Target.Label(index & 1);
    }

    @Override
    public Stored stored(int index) {
      return Stored.part(Path.of(index / 1000 + ".tar"), index % 1000, 1);
    }
  }

  @Test
  void readsFewShardsAtATimeInAnOrderOfTheSeedAndTheEpoch() {
    Dataset d = new InShards(40_000).split(0.25, 1).get(0);
    Order order = Order.shuffled(d);
    long[] first = order.of(3, 1);
    assertArrayEquals(
        IntStream.range(0, 30_000).asLongStream().toArray(),
        Arrays.stream(first).sorted().toArray());
    assertArrayEquals(first, Order.shuffled(d).of(3, 1));
    for (long[] other : List.of(order.of(3, 2), order.of(4, 1))) {
      assertTrue(shards(d, first, 0, 1000) >= 10, "drawn from a buffer of many shards");
      assertTrue(shards(d, first, 0, 3000) <= 1 + 13_000 / 750, "but not from all");
      long same = IntStream.range(0, 30_000).filter(i -> first[i] == other[i]).count();
      assertTrue(same < 100, same + " at the same place");
    }
  }

  private static long shards(Dataset d, long[] order, int from, int to) {
    return Arrays.stream(order, from, to)
        .mapToObj(i -> String.valueOf(stored(d, (int) i).archive()))
        .distinct()
        .count();
  }

  private static Stored stored(Dataset d, int index) {
    Stored stored = d.stored(index);
    assertNotNull(stored);
    return stored;
  }
}
