package io.fovea.runtime;

import io.fovea.image.Mapping;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that says which class each pixel is of: its output is {@code [N, classes, h, w]}, of
 * which the largest counts, or {@code [N, 1, h, w]} for the second of two classes. Masks come back
 * at the size of the picture, whatever the size of the tensor. Thread-safe; closing waits for runs
 * under way.
 */
public final class Segmenter implements AutoCloseable {
  private final PictureFeed feed;
  private final float threshold;
  private final List<String> labels;

  private Segmenter(PictureFeed feed) {
    this.feed = feed;
    this.threshold = feed.model().output() == Task.Output.PROBABILITIES ? 0.5f : 0;
    long[] shape = feed.model().outputShape();
    this.labels = feed.labels(shape.length == 0 ? -1 : classes(shape));
  }

  /** Classes of an output; -1 where the file leaves that open. */
  private long classes(long[] shape) {
    if (shape.length != 4) {
      throw feed.misfit("[N, classes, h, w]", shape);
    }
    if (shape[1] > Mask.IGNORED) {
      throw feed.misfit("at most " + Mask.IGNORED + " classes", shape);
    }
    return shape[1] == 1 ? 2 : shape[1];
  }

  /** Loads a file that says how pictures are fed to it. */
  public static Segmenter load(Path file, Device device) {
    return load(file, device, null);
  }

  /**
   * Loads a file.
   *
   * @param otherwise how pictures are fed to it where the file does not say; null if it must
   * @throws ScoringException where the file is no segmenter or the device is not usable
   */
  public static Segmenter load(Path file, Device device, @Nullable Preprocessing otherwise) {
    return of(ImageModel.load(file, device), otherwise);
  }

  /** A loaded model as a segmenter, which closes it. */
  public static Segmenter of(ImageModel model, @Nullable Preprocessing otherwise) {
    return PictureFeed.view(model, Task.Kind.SEGMENTATION, otherwise, Segmenter::new);
  }

  /**
   * Names of the classes in the order of a mask's values: their numbers where the file has none,
   * empty where it does not even say how many there are.
   */
  public List<String> labels() {
    return labels;
  }

  public ImageModel model() {
    return feed.model();
  }

  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  /**
   * The mask of one picture, of its size; {@link Mask#IGNORED} where the preprocessing cuts pixels
   * away.
   */
  public Mask segment(Picture picture) {
    return segment(List.of(picture)).get(0);
  }

  /** Masks in the order of the pictures; those of equal tensor shape run as one batch. */
  public List<Mask> segment(List<Picture> pictures) {
    return feed.run(pictures, this::mask);
  }

  private Mask mask(Picture picture, Output batch, int item) {
    feed.labels(classes(batch.shape())); // a file may leave its shape open
    int width = picture.width();
    int height = picture.height();
    long[] shape = batch.shape();
    int h = (int) shape[2];
    int w = (int) shape[3];
    int[] tensor = preprocessing().shape(width, height);
    Mapping mapping = preprocessing().mapping(width, height);
    return new ScoreMap(batch.values(), item, (int) shape[1], h, w)
        .mask(
            GridLine.of(mapping.x(), width, tensor[2], w),
            GridLine.of(mapping.y(), height, tensor[1], h),
            threshold);
  }

  @Override
  public void close() {
    feed.model().close();
  }
}
