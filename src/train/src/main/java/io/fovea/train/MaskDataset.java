package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures and masks of the same names in two folders.
 *
 * @param table the class of each of a mask's 256 levels; -1 for levels that no mask has
 */
record MaskDataset(List<String> labels, List<Path> pictures, List<Path> masks, int[] table)
    implements Dataset {
  private static final int MOST_INDICES = 64; // more levels than that are a lossy picture's
  private static final int UNKNOWN = -1;

  /**
   * Reads which levels the masks have.
   *
   * @param ignored a level whose pixels are not learned from; null for 255 where classes are
   *     indices
   */
  static MaskDataset of(Path pictures, Path masks, @Nullable Integer ignored) {
    List<String> names = names(masks);
    List<Path> files = DataFolder.pictures(pictures);
    List<Path> found = DataFolder.partners(pictures, files, masks, "mask");
    int[] table = table(masks, levels(found), names.size(), ignored);
    int classes = Arrays.stream(table).filter(c -> c != Mask.IGNORED).max().orElse(0) + 1;
    List<String> labels =
        names.isEmpty() ? IntStream.range(0, classes).mapToObj(Integer::toString).toList() : names;
    if (classes > labels.size()) {
      throw new TrainException(
          "%s: met %d classes, labels.txt has %d names".formatted(masks, classes, labels.size()));
    }
    return new MaskDataset(labels, files, found, table);
  }

  /** Other pictures and masks, whose levels mean the same. */
  MaskDataset like(Path pictures, Path masks) {
    List<Path> files = DataFolder.pictures(pictures);
    List<Path> found = DataFolder.partners(pictures, files, masks, "mask");
    return new MaskDataset(labels, files, found, table);
  }

  private static List<String> names(Path masks) {
    for (Path file : List.of(masks.resolve("labels.txt"), masks.resolveSibling("labels.txt"))) {
      List<String> names = DataFolder.names(file);
      if (!names.isEmpty()) {
        return names;
      }
    }
    return List.of();
  }

  /** Which levels occur in any of the masks. */
  private static boolean[] levels(List<Path> masks) {
    boolean[] seen = new boolean[256];
    masks.parallelStream()
        .map(m -> read(m).areas())
        .forEach(
            areas -> {
              for (int level = 0; level < seen.length; level++) {
                if (areas[level] > 0) {
                  seen[level] = true;
                }
              }
            });
    return seen;
  }

  private static int[] table(Path masks, boolean[] seen, int names, @Nullable Integer ignored) {
    int none = ignored == null ? Mask.IGNORED : ignored;
    int[] levels = IntStream.range(0, seen.length).filter(l -> seen[l]).toArray();
    int[] classes = Arrays.stream(levels).filter(l -> l != none).toArray();
    int largest = classes.length == 0 ? 0 : classes[classes.length - 1];
    int[] table = new int[seen.length];
    Arrays.fill(table, UNKNOWN);
    if (largest > 0 && largest < Math.max(MOST_INDICES, names)) {
      IntStream.rangeClosed(0, largest).forEach(l -> table[l] = l);
      table[none] = Mask.IGNORED;
      return table;
    }
    int[] ordered = ignored == null ? levels : classes;
    if (ordered.length > MOST_INDICES) {
      throw new TrainException(
          "%s: the masks have %d different levels, expected at most %d; were they stored lossily?"
              .formatted(masks, ordered.length, MOST_INDICES));
    }
    IntStream.range(0, ordered.length).forEach(i -> table[ordered[i]] = i);
    if (ignored != null) {
      table[none] = Mask.IGNORED;
    }
    return table;
  }

  private static Mask read(Path file) {
    try {
      return Mask.read(file);
    } catch (PictureException e) {
      throw new TrainException("data: " + e.getMessage(), e);
    }
  }

  @Override
  public Task.Kind task() {
    return Task.Kind.SEGMENTATION;
  }

  @Override
  public int size() {
    return pictures.size();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return reader.read(pictures.get(index));
  }

  @Override
  public Target target(int index) {
    Mask stored = read(masks.get(index));
    byte[] classes = new byte[stored.classes().length];
    for (int i = 0; i < classes.length; i++) {
      int c = table[stored.classes()[i] & 255];
      if (c == UNKNOWN) {
        throw new TrainException(
            "%s: level %d is no class of the masks that are trained on"
                .formatted(masks.get(index), stored.classes()[i] & 255));
      }
      classes[i] = (byte) c;
    }
    return new Target.Pixels(Mask.of(stored.width(), stored.height(), classes));
  }

  @Override
  public String name(int index) {
    return pictures.get(index).toString();
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(pictures.get(index), masks.get(index));
  }

  @Override
  public Stored stored(int index) {
    return Stored.file(pictures.get(index));
  }
}
