package io.fovea.train;

import io.fovea.image.Picture;
import java.nio.file.Path;
import java.util.List;

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

  /** What messages call the sample at a position: its file where it has one. */
  default String name(int index) {
    return "picture " + index;
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

  /**
   * One part of a folder: {@code train} or {@code test} of a folder with MNIST's four IDX files, or
   * of a folder with a folder of that name; for {@code train} else the folder itself.
   */
  static Dataset part(Path folder, String part) {
    return DatasetFolders.part(folder, part);
  }
}
