package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Scores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a model says of pictures, as rows of a table or as JSON. */
interface Answers extends AutoCloseable {
  /**
   * What it says of one picture.
   *
   * @param cells one a column
   * @param json the same by names
   */
  record Answer(List<Object> cells, Map<String, Object> json) {}

  /** How pictures are fed. */
  Preprocessing preprocessing();

  /** Names of the columns between the file and the error. */
  List<String> columns();

  /** What it says of some pictures, in their order. */
  List<Answer> of(List<Path> files, List<Picture> pictures) throws IOException;

  @Override
  void close();

  /** Classes and their probabilities, likeliest first. */
  record OfClasses(Classifier classifier, int top) implements Answers {
    @Override
    public Preprocessing preprocessing() {
      return classifier.preprocessing();
    }

    @Override
    public List<String> columns() {
      int count = Math.min(top, Math.max(1, classifier.labels().size()));
      List<String> names = new ArrayList<>();
      for (int k = 1; k <= count; k++) {
        names.add(count == 1 ? "label" : "label" + k);
        names.add(count == 1 ? "probability" : "probability" + k);
      }
      return names;
    }

    @Override
    public List<Answer> of(List<Path> files, List<Picture> pictures) {
      return classifier.score(pictures).stream().map(this::answer).toList();
    }

    Answer answer(Scores scores) {
      List<Scores.Score> best = scores.top(top);
      List<Object> cells = new ArrayList<>();
      best.forEach(s -> cells.addAll(List.of(s.label(), s.probability())));
      return new Answer(cells, Map.of("scores", best));
    }

    @Override
    public void close() {
      classifier.close();
    }
  }

  /** Real numbers. */
  record OfValues(Regressor regressor) implements Answers {
    @Override
    public Preprocessing preprocessing() {
      return regressor.preprocessing();
    }

    @Override
    public List<String> columns() {
      return regressor.names();
    }

    @Override
    public List<Answer> of(List<Path> files, List<Picture> pictures) {
      List<Answer> answers = new ArrayList<>();
      for (float[] values : regressor.predict(pictures)) {
        List<Object> cells = new ArrayList<>();
        Map<String, Object> named = new LinkedHashMap<>();
        for (int k = 0; k < values.length; k++) {
          cells.add(values[k]);
          named.put(regressor.names().get(k), values[k]);
        }
        answers.add(new Answer(cells, Map.of("values", named)));
      }
      return answers;
    }

    @Override
    public void close() {
      regressor.close();
    }
  }
}
