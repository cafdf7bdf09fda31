package io.fovea.runtime;

import io.fovea.image.Mapping;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A model that says which class each pixel is of: its output is {@code [N, classes, h, w]}, of
 * which the largest counts, or {@code [N, 1, h, w]} for the second of two classes. Masks come back
 * at the size of the picture, whatever the size of the tensor. Thread-safe; closing waits for runs
 * under way.
 */
public final class Segmenter implements View<Mask> {
  private final PictureFeed feed;
  private final UnaryOperator<SampleGrid> values;
  private final float threshold;
  private final List<String> labels;

  private Segmenter(PictureFeed feed) {
    this.feed = feed;
    boolean logits = feed.model().output() != Task.Output.PROBABILITIES;
    boolean averages = !feed.averaging().isNone();
    this.values = logits && averages ? SampleGrid::probabilities : UnaryOperator.identity();
    this.threshold = logits && !averages ? 0 : 0.5f;
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

  @Override
  public ImageModel model() {
    return feed.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  /**
   * The same model fed by overlapping windows of pictures, whose scores are blended, as if its
   * preprocessing said so; closing either closes it. Of a picture, the scores are held as a whole.
   */
  public Segmenter tiled(Step.Tiles tiles) {
    return new Segmenter(feed.tiled(tiles));
  }

  /**
   * The same model with the probabilities that it gives for a picture and its mirror image
   * averaged; closing either closes it.
   *
   * @throws ScoringException where five crops are asked for, which do not show all of a picture
   */
  public Segmenter averaging(Averaging views) {
    return new Segmenter(feed.averagingFlips(views));
  }

  /**
   * The mask of one picture, of its size; {@link Mask#IGNORED} where the preprocessing cuts pixels
   * away.
   */
  public Mask segment(Picture picture) {
    return segment(List.of(picture)).get(0);
  }

  /**
   * Masks in the order of the pictures; those of equal tensor shape run in batches of at most 32
   * pictures and 2^24 numbers.
   */
  public List<Mask> segment(List<Picture> pictures) {
    return feed.grids(pictures, values, this::mask);
  }

  private Mask mask(Picture picture, SampleGrid grid) {
    feed.labels(classes(new long[] {1, grid.channels(), 1, 1})); // a file may leave its shape open
    Mapping mapping = preprocessing().mapping(picture.width(), picture.height());
    return grid.mask(
        GridLine.of(mapping.x(), picture.width(), grid.tensorWidth(), grid.width()),
        GridLine.of(mapping.y(), picture.height(), grid.tensorHeight(), grid.height()),
        threshold);
  }

  @Override
  public List<Mask> answers(List<Picture> pictures) {
    return segment(pictures);
  }

  @Override
  public List<Integer> fed(Picture picture) {
    return feed.fed(picture);
  }
}
