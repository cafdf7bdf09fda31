package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A model's output, flat: {@code [N, ...]} is a vector a picture, row-major. */
record FeatureAnswers(ImageModel model, Preprocessing preprocessing) implements Answers {
  @Override
  public List<Column> columns() {
    long[] shape = model.outputShape();
    long size = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a < 0 || b < 0 ? -1 : a * b);
    List<String> names =
        size < 0 || shape.length < 2
            ? List.of()
            : IntStream.range(0, Math.toIntExact(size)).mapToObj(i -> "feature" + i).toList();
    return List.of(Column.floats("features", names));
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) {
    List<Answer> answers = new ArrayList<>();
    for (int from = 0, to = 0; from < pictures.size(); from = to) {
      int[] shape = shape(pictures.get(from));
      while (to < pictures.size() && Arrays.equals(shape, shape(pictures.get(to)))) {
        to++;
      }
      Output batch = model.run(pictures.subList(from, to), preprocessing);
      for (int i = 0; i < to - from; i++) {
        float[] features = batch.item(i);
        answers.add(new Answer(List.of(features), Map.of("features", features)));
      }
    }
    return answers;
  }

  private int[] shape(Picture p) {
    return model.takesBytes()
        ? new int[] {p.height(), p.width()}
        : preprocessing.shape(p.width(), p.height());
  }

  @Override
  public void close() {
    model.close();
  }
}
