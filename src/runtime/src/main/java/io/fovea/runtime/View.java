package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.util.List;

/**
 * A model by what it answers for a picture: {@link Classifier}, {@link Regressor}, {@link
 * Segmenter}, {@link PictureTransformer} or {@link FeatureExtractor}. Thread-safe; closing waits
 * for runs under way.
 *
 * @param <T> an answer
 */
public sealed interface View<T> extends AutoCloseable
    permits Classifier, Regressor, Segmenter, PictureTransformer, FeatureExtractor {

  /**
   * Answers in the order of the pictures; those of equal tensor shape run in batches.
   *
   * @throws ScoringException where the model cannot run on a picture
   */
  List<T> answers(List<Picture> pictures);

  /** The shape {@code [C, H, W]} of what the model is fed of a picture. */
  List<Integer> fed(Picture picture);

  ImageModel model();

  Preprocessing preprocessing();

  /** Closes the model. */
  @Override
  default void close() {
    model().close();
  }
}
