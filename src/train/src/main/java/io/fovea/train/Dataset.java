package io.fovea.train;

import io.fovea.image.Picture;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Pictures and their classes. Thread-safe: pictures are decoded on several threads. */
public interface Dataset {
  /**
   * A picture and the class that it is of.
   *
   * @param label position in {@link #labels()}
   */
  record Sample(Picture picture, int label) {}

  int size();

  /** Names of the classes. */
  List<String> labels();

  /** The sample at a position from 0. */
  Sample get(int index);

  /** The class of the sample at a position, without decoding its picture. */
  int label(int index);

  /** What messages call the sample at a position: its file where it has one. */
  default String name(int index) {
    return "picture " + index;
  }

  /**
   * Holds out a share of each class, drawn by a seed.
   *
   * @param share of the pictures held out, in (0, 1)
   * @return what is left, and what is held out
   */
  default List<Dataset> split(double share, long seed) {
    if (!(share > 0 && share < 1)) {
      throw new TrainException("split: expected a share between 0 and 1, met " + share);
    }
    int[] classes = IntStream.range(0, size()).map(this::label).toArray();
    return Subset.stratified(this, classes, share, seed);
  }

  /**
   * A folder that has a folder of pictures for each class; classes and pictures in the order of
   * their names, pictures decoded when asked for.
   *
   * @throws TrainException where there are no classes or a class has no pictures
   */
  static Dataset folder(Path folder) {
    return FolderDataset.of(folder);
  }

  /**
   * A pair of IDX files as MNIST has them, gzipped or not, read into memory.
   *
   * @throws TrainException where a file is not IDX, is cut short, or the counts differ
   */
  static Dataset idx(Path images, Path labels) {
    return IdxDataset.of(images, labels);
  }

  /** The part of a folder that is trained on; see {@link #heldOut}. */
  static Dataset training(Path folder) {
    return DatasetFolders.training(folder);
  }

  /**
   * The part of a folder that is held out: MNIST's {@code t10k} files, or class folders in {@code
   * test}, {@code val} or {@code validation}; null where there is none.
   */
  static @Nullable Dataset heldOut(Path folder) {
    return DatasetFolders.heldOut(folder);
  }
}
