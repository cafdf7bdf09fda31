package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Regressor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Numbers by their names. */
record NumberAnswers(Regressor regressor) implements Answers {
  @Override
  public ImageModel model() {
    return regressor.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return regressor.preprocessing();
  }

  @Override
  public List<Column> columns() {
    return regressor.names().stream().map(n -> Column.of(n, Column.Type.FLOAT)).toList();
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) {
    return regressor.predict(pictures).stream().map(this::answer).toList();
  }

  private Answer answer(float[] values) {
    List<String> names = regressor.names();
    List<Object> cells = new ArrayList<>();
    Map<String, Object> named = new LinkedHashMap<>();
    for (int k = 0; k < values.length; k++) {
      cells.add(values[k]);
      named.put(k < names.size() ? names.get(k) : "" + k, values[k]);
    }
    return new Answer(cells, Map.of("values", named));
  }

  @Override
  public void close() {
    regressor.close();
  }
}
