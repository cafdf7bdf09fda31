package io.fovea.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The data sets of a folder or file, found by the names that public data sets use:
 *
 * <ul>
 *   <li>MNIST's {@code train-*} and {@code t10k-*} IDX files;
 *   <li>CIFAR-10's {@code data_batch_*.bin} and {@code test_batch.bin};
 *   <li>tar archives of class folders or WebDataset's samples ({@link Dataset#tar}): those with
 *       {@code test} or {@code val} as a word of their names are held out, the others are trained
 *       on;
 *   <li>a CSV file of files and values, or {@code train.csv} and {@code test.csv} or {@code
 *       val.csv};
 *   <li>pictures and masks: {@code images/} and {@code masks/}, {@code image/} and {@code label/},
 *       {@code JPEGImages/} and {@code SegmentationClass/};
 *   <li>pictures and those that should be made of them: {@code inputs/} and {@code targets/};
 *   <li>a folder of pictures for each class; these three, and tar archives, also in {@code train/}
 *       and {@code test/}, {@code val/} or {@code validation/}.
 * </ul>
 *
 * <p>{@code shards/pets-{000000..000009}.tar} stands for ten archives.
 *
 * @param training all that is not held out
 * @param heldOut null where the folder has no such part
 */
public record DataFolder(Dataset training, @Nullable Dataset heldOut) {
  private static final List<String> PICTURES =
      List.of("images", "image", "pictures", "imgs", "img", "JPEGImages");
  private static final List<String> MASKS =
      List.of("masks", "mask", "labels", "label", "annotations", "SegmentationClass");
  private static final List<String> INPUTS = List.of("inputs", "input");
  private static final List<String> TARGETS = List.of("targets", "target");
  private static final Pattern PICTURE =
      Pattern.compile(".*\\.(jpe?g|png|gif|bmp|tiff?|webp|p[bgpn]m|ico)");
  private static final Pattern COUNTED = Pattern.compile("\\{(\\d{1,9})\\.\\.(\\d{1,9})\\}");
  private static final int MOST_ARCHIVES = 100_000;
  private static final List<String> HELD_OUT = List.of("test", "val", "validation");

  /** A word of its own: neither {@code latest} nor {@code trainval}. */
  private static final Pattern HELD_OUT_NAME =
      Pattern.compile("(?i)(?<![a-z])(test|testing|val|valid|validation)(?![a-z])");

  /**
   * Finds the data sets.
   *
   * @throws TrainException where nothing is there, or a file is not what its name promises
   */
  public static DataFolder of(Path data) {
    return of(data, null);
  }

  /**
   * Finds the data sets.
   *
   * @param ignored level of the masks whose pixels are not learned from, in [0, 255]; null for 255
   *     where classes are indices
   */
  public static DataFolder of(Path data, @Nullable Integer ignored) {
    if (Files.isRegularFile(data)) {
      boolean csv = data.toString().endsWith(".csv");
      return of(csv ? ValuesDataset.of(data) : Dataset.tar(data));
    }
    if (COUNTED.matcher(data.toString()).find()) {
      return of(Dataset.tar(counted(data.toString()).map(Path::of).toArray(Path[]::new)));
    }
    if (!Files.isDirectory(data)) {
      throw new TrainException(data + ": no such file or folder");
    }
    List<Path> files = list(data);
    DataFolder found = idx(data);
    found = found != null ? found : cifar(data);
    found = found != null ? found : archives(data, files);
    found = found != null ? found : tables(files);
    return found != null ? found : folders(data, ignored);
  }

  /** What is measured on: the held-out part where there is one. */
  public Dataset measured() {
    return heldOut == null ? training : heldOut;
  }

  private static @Nullable DataFolder idx(Path folder) {
    Dataset train = idx(folder, "train-");
    Dataset test = idx(folder, "t10k-");
    return train != null ? new DataFolder(train, test) : test == null ? null : of(test);
  }

  private static DataFolder of(Dataset only) {
    return new DataFolder(only, null);
  }

  private static @Nullable Dataset idx(Path folder, String part) {
    Path images = file(folder, part + "images-idx3-ubyte");
    Path labels = file(folder, part + "labels-idx1-ubyte");
    return images == null || labels == null ? null : IdxDataset.of(images, labels);
  }

  private static @Nullable Path file(Path folder, String name) {
    return Stream.of(name, name + ".gz")
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable DataFolder cifar(Path data) {
    Path inner = data.resolve("cifar-10-batches-bin");
    Path folder = Files.isDirectory(inner) ? inner : data;
    List<Path> train =
        list(folder).stream()
            .filter(f -> f.getFileName().toString().matches("data_batch_\\d+\\.bin"))
            .toList();
    Path test = folder.resolve("test_batch.bin");
    if (train.isEmpty()) {
      return Files.exists(test) ? of(CifarDataset.of(List.of(test), List.of())) : null;
    }
    Dataset held = Files.exists(test) ? CifarDataset.of(List.of(test), List.of()) : null;
    return new DataFolder(CifarDataset.of(train, List.of()), held);
  }

  /** The names that a pattern such as {@code a-{00..11}.tar} stands for. */
  private static Stream<String> counted(String pattern) {
    Matcher range = COUNTED.matcher(pattern);
    if (!range.find()) {
      return Stream.of(pattern);
    }
    int from = Integer.parseInt(range.group(1));
    int to = Integer.parseInt(range.group(2));
    if (to < from || to - from >= MOST_ARCHIVES) {
      throw new TrainException(
          "%s: expected a range of at most %,d numbers, met %s"
              .formatted(pattern, MOST_ARCHIVES, range.group()));
    }
    String form = "%0" + range.group(1).length() + "d";
    return IntStream.rangeClosed(from, to)
        .mapToObj(n -> pattern.substring(0, range.start()) + form.formatted(n))
        .flatMap(head -> counted(pattern.substring(range.end())).map(head::concat));
  }

  private static @Nullable DataFolder archives(Path data, List<Path> files) {
    List<Path> held = new ArrayList<>();
    List<Path> train = new ArrayList<>();
    tars(files).forEach(f -> (isHeldOut(f) ? held : train).add(f));
    if (train.isEmpty() && held.isEmpty()) {
      train.addAll(tars(inner(data, List.of("train"))));
      held.addAll(tars(inner(data, HELD_OUT)));
    }
    if (train.isEmpty()) {
      return held.isEmpty() ? null : of(TarDataset.of(held, null));
    }
    Dataset training = TarDataset.of(train, null);
    return new DataFolder(training, held.isEmpty() ? null : TarDataset.of(held, training.labels()));
  }

  private static List<Path> tars(List<Path> files) {
    return ending(files, ".*\\.(tar|tar\\.gz|tgz)");
  }

  /** What lies in the first of some folders that is there. */
  private static List<Path> inner(Path data, List<String> names) {
    Path folder = first(data, names);
    return folder == null ? List.of() : list(folder);
  }

  private static @Nullable DataFolder tables(List<Path> files) {
    List<Path> tables = ending(files, ".*\\.csv");
    Path held = heldOut(tables);
    Path train = tables.stream().filter(f -> !f.equals(held)).findFirst().orElse(held);
    if (train == null) {
      return null;
    }
    if (tables.size() > 2) {
      throw new TrainException("name the CSV file of the values; there are " + tables);
    }
    Dataset second = held == null || held.equals(train) ? null : ValuesDataset.of(held);
    return new DataFolder(ValuesDataset.of(train), second);
  }

  private static List<Path> ending(List<Path> files, String pattern) {
    return files.stream()
        .filter(Files::isRegularFile)
        .filter(f -> f.getFileName().toString().matches(pattern))
        .toList();
  }

  private static @Nullable Path heldOut(List<Path> files) {
    return files.stream().filter(DataFolder::isHeldOut).findFirst().orElse(null);
  }

  private static boolean isHeldOut(Path file) {
    return HELD_OUT_NAME.matcher(file.getFileName().toString()).find();
  }

  private static DataFolder folders(Path data, @Nullable Integer ignored) {
    Path inner = data.resolve("train");
    Path root = Files.isDirectory(inner) ? inner : data;
    Path held =
        HELD_OUT.stream().map(data::resolve).filter(Files::isDirectory).findFirst().orElse(null);
    Path pictures = first(root, PICTURES);
    Path masks = first(root, MASKS);
    if (pictures != null && masks != null) {
      MaskDataset train = MaskDataset.of(pictures, masks, ignored);
      Path heldPictures = held == null ? null : first(held, PICTURES);
      Path heldMasks = held == null ? null : first(held, MASKS);
      return new DataFolder(
          train,
          heldPictures == null || heldMasks == null ? null : train.like(heldPictures, heldMasks));
    }
    Path inputs = first(root, INPUTS);
    Path targets = first(root, TARGETS);
    if (inputs != null && targets != null) {
      Path heldInputs = held == null ? null : first(held, INPUTS);
      Path heldTargets = held == null ? null : first(held, TARGETS);
      return new DataFolder(
          PairDataset.of(inputs, targets),
          heldInputs == null || heldTargets == null
              ? null
              : PairDataset.of(heldInputs, heldTargets));
    }
    if (held != null && root == data && !data.equals(held)) {
      return of(Dataset.folder(held)); // a held-out part alone
    }
    Dataset training = Dataset.folder(root);
    return new DataFolder(
        training, held == null ? null : FolderDataset.of(held, training.labels()));
  }

  private static @Nullable Path first(Path folder, List<String> names) {
    return names.stream().map(folder::resolve).filter(Files::isDirectory).findFirst().orElse(null);
  }

  /** Whether a file's name ends as a picture's; others, such as Thumbs.db, are left out. */
  static boolean isPicture(Path file) {
    return Files.isRegularFile(file) && isPicture(file.getFileName().toString());
  }

  /** Whether a name ends as a picture's. */
  static boolean isPicture(String name) {
    return PICTURE.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  /** The lines of a file of names; none where it is not there. */
  static List<String> names(Path file) {
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(l -> !l.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new TrainException(file + ": cannot be read: " + e, e);
    }
  }

  /** The pictures of a folder, by name. */
  static List<Path> pictures(Path folder) {
    return list(folder).stream().filter(DataFolder::isPicture).toList();
  }

  /** The files of another folder that have the pictures' names, but for the ending. */
  static List<Path> partners(Path folder, List<Path> pictures, Path others, String what) {
    Map<String, Path> byStem = new HashMap<>();
    list(others).forEach(m -> byStem.put(stem(m), m));
    List<Path> found = new ArrayList<>();
    for (Path picture : pictures) {
      Path other = byStem.get(stem(picture));
      if (other == null) {
        throw new TrainException("%s: no %s of that name in %s".formatted(picture, what, others));
      }
      found.add(other);
    }
    if (found.isEmpty()) {
      throw new TrainException(folder + ": no pictures");
    }
    return found;
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  /** What lies in a folder, by name; hidden files left out. */
  static List<Path> list(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw new TrainException(folder + ": no such folder", e);
    }
  }
}
