package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that gives numbers for a picture, such as an age or the corners of a page: its output is
 * {@code [N, K]} or {@code [N]}, handed over as it is. Thread-safe; closing waits for runs under
 * way.
 */
public final class Regressor implements View<float[]> {
  private final PictureFeed feed;
  private final List<String> names;

  private Regressor(PictureFeed feed) {
    this.feed = feed.untiled();
    this.names = feed.labels(feed.columns(feed.model().outputShape()));
  }

  /** Loads a file that says how pictures are fed to it. */
  public static Regressor load(Path file, Device device) {
    return load(file, device, null);
  }

  /**
   * Loads a file.
   *
   * @param otherwise how pictures are fed to it where the file does not say; null if it must
   * @throws ScoringException where the file is no regressor or the device is not usable
   */
  public static Regressor load(Path file, Device device, @Nullable Preprocessing otherwise) {
    return of(ImageModel.load(file, device), otherwise);
  }

  /** A loaded model as a regressor, which closes it. */
  public static Regressor of(ImageModel model, @Nullable Preprocessing otherwise) {
    return PictureFeed.view(model, Task.Kind.REGRESSION, otherwise, Regressor::new);
  }

  /**
   * Names of the numbers in their order: the file's labels, else 0, 1, 2, empty where it does not
   * say how many there are.
   */
  public List<String> names() {
    return names;
  }

  @Override
  public ImageModel model() {
    return feed.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  /** The numbers {@code [K]} of one picture. */
  public float[] predict(Picture picture) {
    return predict(List.of(picture)).get(0);
  }

  /**
   * Numbers in the order of the pictures; those of equal tensor shape run in batches of at most 32
   * pictures and 2^24 numbers.
   */
  public List<float[]> predict(List<Picture> pictures) {
    return feed.run(pictures, (picture, batch, item) -> numbers(batch, item));
  }

  private float[] numbers(Output batch, int item) {
    feed.labels(feed.columns(batch.shape())); // a file may leave its shape open
    return batch.item(item);
  }

  @Override
  public List<float[]> answers(List<Picture> pictures) {
    return predict(pictures);
  }

  @Override
  public List<Integer> fed(Picture picture) {
    return feed.fed(picture);
  }
}
