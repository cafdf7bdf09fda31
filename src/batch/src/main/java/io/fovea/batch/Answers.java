package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.FeatureExtractor;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model says of pictures, as cells of a row and as JSON. Thread-safe; closing closes the
 * model.
 */
public interface Answers extends AutoCloseable {
  /**
   * What it says of one picture.
   *
   * @param cells one a column
   * @param json the same by names
   */
  record Answer(List<Object> cells, Map<String, Object> json) {}

  /** The model that is asked. */
  ImageModel model();

  /** How pictures are fed. */
  Preprocessing preprocessing();

  /** The columns between the picture and the error. */
  List<Column> columns();

  /** Where files that are made of pictures go; null where none are. */
  default @Nullable ResultFiles files() {
    return null;
  }

  /**
   * What it says of some pictures, in their order.
   *
   * @param files where the file that is made of each goes; empty where none are
   */
  List<Answer> of(List<Picture> pictures, List<Path> files) throws IOException;

  @Override
  void close();

  /** The likeliest class and its probability. */
  static Answers of(Classifier classifier) {
    return new ClassAnswers(classifier, 1, false);
  }

  /** The numbers of a regressor. */
  static Answers of(Regressor regressor) {
    return new NumberAnswers(regressor);
  }

  /** Masks as indexed PNG beside one legend, and the area of each class. */
  static Answers of(Segmenter segmenter, Path folder, boolean overlay) {
    return new MaskAnswers(segmenter, new ResultFiles(folder, ".png", true, overlay));
  }

  /** Pictures that a model makes of pictures, as PNG, or as JPEG of quality 0.95. */
  static Answers of(PictureTransformer transformer, Path folder, boolean jpeg) {
    ResultFiles files = new ResultFiles(folder, jpeg ? ".jpg" : ".png", false, false);
    return new PictureAnswers(transformer, files, jpeg);
  }

  /** One vector a picture, such as an embedding. */
  static Answers of(FeatureExtractor extractor) {
    return new FeatureAnswers(extractor);
  }
}
