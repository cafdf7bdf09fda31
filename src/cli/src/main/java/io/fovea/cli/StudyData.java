package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.runtime.Task;
import io.fovea.train.DataFolder;
import io.fovea.train.Dataset;
import io.fovea.train.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Pictures in memory, and what should be said of them. Immutable, thread-safe. */
record StudyData(Task.Kind task, List<String> labels, List<Picture> pictures, List<Target> targets)
    implements Dataset {

  StudyData {
    labels = List.copyOf(labels);
    pictures = List.copyOf(pictures);
    targets = List.copyOf(targets);
  }

  /** What is trained on, and what is held out. */
  record Parts(StudyData training, StudyData held) {
    /** The same of other pictures. */
    Parts map(UnaryOperator<Picture> change) {
      return new Parts(training.map(change), held.map(change));
    }

    int classes() {
      return training.labels.size();
    }
  }

  /**
   * Some pictures of a folder of classes, drawn by seed.
   *
   * @param most pictures to train on, and held out
   */
  static Parts classes(Path data, int most, int mostHeld, long seed) {
    if (!Files.exists(data)) {
      throw new Fovea.UserException(
          data + ": no such folder; start fovea by its launcher, or give --data");
    }
    DataFolder folder = DataFolder.of(data);
    Dataset held = folder.heldOut();
    List<Dataset> parts =
        held == null ? folder.training().split(0.2, seed) : List.of(folder.training(), held);
    return new Parts(drawn(parts.get(0), most, seed), drawn(parts.get(1), mostHeld, seed));
  }

  private static StudyData drawn(Dataset all, int most, long seed) {
    if (all.task() != Task.Kind.CLASSIFICATION) {
      throw new Fovea.UserException("--data: expected pictures of classes, met " + all.task());
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    List<Picture> pictures = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    for (int i : order.subList(0, Math.min(most, order.size()))) {
      pictures.add(all.picture(i));
      targets.add(all.target(i));
    }
    return new StudyData(Task.Kind.CLASSIFICATION, all.labels(), pictures, targets);
  }

  /** The same of other pictures. */
  StudyData map(UnaryOperator<Picture> change) {
    return withPictures(pictures.stream().map(change).toList());
  }

  /** The same of these pictures, in the same order. */
  StudyData withPictures(List<Picture> others) {
    return new StudyData(task, labels, others, targets);
  }

  /** The class of each picture. */
  int[] classes() {
    return targets.stream().mapToInt(t -> ((Target.Label) t).index()).toArray();
  }

  /** Smaller pictures, of which these should be made. */
  StudyData enlarging(UnaryOperator<Picture> smaller) {
    List<Target> made = new ArrayList<>();
    pictures.forEach(p -> made.add(new Target.Made(p)));
    List<Picture> small = pictures.stream().map(smaller).toList();
    return new StudyData(Task.Kind.PICTURE, List.of(), small, made);
  }

  /** These and others. */
  StudyData and(StudyData more) {
    List<Picture> all = new ArrayList<>(pictures);
    List<Target> said = new ArrayList<>(targets);
    all.addAll(more.pictures);
    said.addAll(more.targets);
    return new StudyData(task, labels, all, said);
  }

  /**
   * A square picture turned about its centre, read bilinearly, black outside.
   *
   * @param angle in radians
   */
  static Picture turned(Picture p, double angle) {
    int side = p.width();
    int channels = p.channels();
    byte[] from = p.pixels();
    byte[] to = new byte[from.length];
    double cos = StrictMath.cos(angle); // the same on every machine
    double sin = StrictMath.sin(angle);
    double centre = (side - 1) / 2.0;
    for (int at = 0; at < to.length; at++) {
      int pixel = at / channels;
      double i = pixel / side - centre;
      double j = pixel % side - centre;
      double y = centre + cos * i + sin * j;
      double x = centre - sin * i + cos * j;
      int top = (int) Math.floor(y);
      int left = (int) Math.floor(x);
      double level = 0;
      for (int corner = 0; corner < 4; corner++) {
        int row = top + corner / 2;
        int column = left + corner % 2;
        if (row >= 0 && row < side && column >= 0 && column < side) {
          double weight = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
          level += weight * (from[(row * side + column) * channels + at % channels] & 255);
        }
      }
      to[at] = (byte) Math.round(level);
    }
    return Picture.of(side, side, channels, to);
  }

  /** A square picture turned by a quarter, to the pixel. */
  static Picture quarter(Picture p) {
    int side = p.width();
    int channels = p.channels();
    byte[] from = p.pixels();
    byte[] to = new byte[from.length];
    for (int at = 0; at < to.length; at++) {
      int pixel = at / channels;
      int row = pixel % side;
      int column = side - 1 - pixel / side;
      to[at] = from[(row * side + column) * channels + at % channels];
    }
    return Picture.of(side, side, channels, to);
  }

  /** A sample of a picture: the nearest of 0 to 255. */
  static byte level(double value) {
    return (byte) Math.round(Math.max(0, Math.min(255, value)));
  }

  @Override
  public int size() {
    return pictures.size();
  }

  @Override
  public Picture picture(int index) {
    return pictures.get(index);
  }

  @Override
  public Target target(int index) {
    return targets.get(index);
  }
}
