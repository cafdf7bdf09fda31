package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a model's first output, whatever they mean, such as an embedding: {@code [N, ...]}
 * is a vector a picture, row-major. Any model of pictures has this view, also those that have
 * another. Thread-safe; closing waits for runs under way.
 */
public final class FeatureExtractor implements View<float[]> {
  private final PictureFeed feed;

  private FeatureExtractor(PictureFeed feed) {
    this.feed = feed.untiled();
  }

  /** Loads a file that says how pictures are fed to it. */
  public static FeatureExtractor load(Path file, Device device) {
    return load(file, device, null);
  }

  /**
   * Loads a file.
   *
   * @param otherwise how pictures are fed to it where the file does not say; null if it must
   * @throws ScoringException where the device is not usable, or nothing says how pictures are fed
   */
  public static FeatureExtractor load(Path file, Device device, @Nullable Preprocessing otherwise) {
    return of(ImageModel.load(file, device), otherwise);
  }

  /** The features of a loaded model, which closes it. */
  public static FeatureExtractor of(ImageModel model, @Nullable Preprocessing otherwise) {
    return PictureFeed.view(model, Task.Kind.FEATURES, otherwise, FeatureExtractor::new);
  }

  /** The vector of one picture. */
  public float[] features(Picture picture) {
    return features(List.of(picture)).get(0);
  }

  /**
   * Vectors in the order of the pictures; those of equal tensor shape run in batches of at most 32
   * pictures and 2^24 numbers.
   */
  public List<float[]> features(List<Picture> pictures) {
    return feed.run(pictures, (picture, batch, item) -> batch.item(item));
  }

  @Override
  public ImageModel model() {
    return feed.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  @Override
  public List<float[]> answers(List<Picture> pictures) {
    return features(pictures);
  }

  @Override
  public List<Integer> fed(Picture picture) {
    return feed.fed(picture);
  }
}
