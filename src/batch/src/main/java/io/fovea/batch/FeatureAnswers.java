package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.FeatureExtractor;
import io.fovea.runtime.ImageModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A vector a picture. */
record FeatureAnswers(FeatureExtractor extractor) implements Answers {
  @Override
  public ImageModel model() {
    return extractor.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return extractor.preprocessing();
  }

  @Override
  public List<Column> columns() {
    long[] shape = model().outputShape();
    long size = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a < 0 || b < 0 ? -1 : a * b);
    List<String> names =
        size < 0 || shape.length < 2
            ? List.of()
            : IntStream.range(0, Math.toIntExact(size)).mapToObj(i -> "feature" + i).toList();
    return List.of(Column.floats("features", names));
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) {
    return extractor.features(pictures).stream()
        .map(f -> new Answer(List.of(f), Map.of("features", f)))
        .toList();
  }

  @Override
  public void close() {
    extractor.close();
  }
}
