package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures, and what a net should say of them. Thread-safe: pictures are decoded on several
 * threads.
 */
public interface Dataset {
  int size();

  /** What is learned from the data: classes of pictures or of pixels, values, or pictures. */
  default Task.Kind task() {
    return Task.Kind.CLASSIFICATION;
  }

  /** Names of the classes, or of the values; none of pictures that are made. */
  List<String> labels();

  /** The picture at a position from 0. */
  Picture picture(int index);

  /**
   * The picture at a position, as a preprocessing's {@link io.fovea.image.Preprocessing#reader}
   * reads it; a data set that does not read files gives what it has.
   */
  default Picture picture(int index, PictureReader reader) {
    return picture(index);
  }

  /** What should be said of the picture at a position, without decoding it. */
  Target target(int index);

  /** What messages call the sample at a position: its file where it has one. */
  default String name(int index) {
    return "picture " + index;
  }

  /** Where the file of the picture at a position lies; null where it has none. */
  default @Nullable Stored stored(int index) {
    return null;
  }

  /**
   * A number that changes where the sample at a position does: made of the sizes of its files, or
   * of its bytes where they are in memory. Quick, since every sample is asked for it.
   */
  default long stamp(int index) {
    Stored stored = stored(index);
    return stored == null ? 0 : stored.stamp();
  }

  /**
   * Whether {@link Unreadable} has left the sample at a position out, so that it does not count
   * where the data is measured on. Known once its picture was asked for.
   */
  default boolean isLeftOut(int index) {
    return false;
  }

  /** The pictures alone, each its own target, whatever else is known of them. */
  default Dataset alone() {
    return new Alone(this);
  }

  /**
   * Holds out a share, drawn by a seed; of each class alike where pictures are of classes.
   *
   * @param share of the pictures held out, in (0, 1)
   * @return what is left, and what is held out
   */
  default List<Dataset> split(double share, long seed) {
    if (!(share > 0 && share < 1)) {
      throw new TrainException("split: expected a share between 0 and 1, met " + share);
    }
    boolean classes = task() == Task.Kind.CLASSIFICATION;
    int[] strata =
        IntStream.range(0, size())
            .map(i -> classes ? ((Target.Label) target(i)).index() : 0)
            .toArray();
    return Subset.stratified(this, strata, share, seed);
  }

  /**
   * Holds out the pictures whose file's name matches a pattern.
   *
   * @param glob such as {@code 2[4-9].png}
   * @return what is left, and what is held out
   * @throws TrainException where all or none match
   */
  default List<Dataset> split(String glob) {
    return Subset.named(this, glob);
  }

  /**
   * A folder that has a folder of pictures for each class; classes and pictures in the order of
   * their names, pictures decoded when asked for.
   *
   * @throws TrainException where there are no classes or a class has no pictures
   */
  static Dataset folder(Path folder) {
    return FolderDataset.of(folder, null);
  }

  /**
   * The pictures that lie in a folder, in the order of their names, each its own target: for nets
   * that make pictures of them which the loss judges, as in style transfer, or make such of noise.
   *
   * @throws TrainException where there are none
   */
  static Dataset pictures(Path folder) {
    return FolderDataset.plain(folder);
  }

  /**
   * Tar archives of what {@link #folder} reads, or WebDataset's shards: files of one name up to the
   * first dot are a sample, a picture and its class in {@code .cls} (a number from 0, whose names
   * stand in {@code labels.txt} beside the archives, one a line), in {@code .json} under {@code
   * "label"} (a number or a name) or in {@code .txt} (a name). Pictures that lie in no folder and
   * have nothing beside them are read as {@link #pictures} reads them. Plain archives are read
   * where they lie; the pictures of gzipped ones are held in memory as they are.
   *
   * <p>A training reads several plain archives one after another: each epoch draws an order of the
   * archives by its seed, and lets their pictures, in that order, pass through a buffer of 10,000
   * from which the next is drawn. One archive alone is shuffled whole.
   *
   * @throws TrainException naming the archive and the file in it that does not fit
   */
  static Dataset tar(Path... archives) {
    return TarDataset.of(List.of(archives), null);
  }

  /**
   * A pair of IDX files as MNIST has them, gzipped or not, read into memory.
   *
   * @throws TrainException where a file is not IDX, is cut short, or the counts differ
   */
  static Dataset idx(Path images, Path labels) {
    return IdxDataset.of(images, labels);
  }

  /**
   * <a href="https://www.cs.toronto.edu/~kriz/cifar.html">CIFAR-10's</a> binary files, read into
   * memory: records of a class and 32x32 RGB planes.
   *
   * @throws TrainException where a file is not made of whole records
   */
  static Dataset cifar(List<Path> files, List<String> labels) {
    return CifarDataset.of(files, labels);
  }

  /**
   * Pictures and their masks: files of one name, but for the ending, in two folders. A mask's
   * palette indices are its classes, and so are grey levels that count 0, 1, 2, ...; other grey
   * levels are classes in their order. Beside indices, pixels of 255 are not learned from. Names of
   * the classes stand in {@code labels.txt} beside the masks' folder or in it, one a line.
   *
   * @throws TrainException where a picture has no mask, or a mask is none
   */
  static Dataset masks(Path pictures, Path masks) {
    return MaskDataset.of(pictures, masks, null);
  }

  /**
   * Pictures and those that should be made of them: files of one name, but for the ending, in two
   * folders. A target is as large as its picture, or a whole number of times as large.
   *
   * @throws TrainException where a picture has no target
   */
  static Dataset pairs(Path inputs, Path targets) {
    return PairDataset.of(inputs, targets);
  }

  /**
   * A CSV file of a picture's file (relative to the CSV's own folder) and values; the first line
   * names them.
   *
   * @throws TrainException naming the line that does not fit
   */
  static Dataset values(Path csv) {
    return ValuesDataset.of(csv);
  }
}
