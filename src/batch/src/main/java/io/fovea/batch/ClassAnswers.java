package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Scores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Classes and their probabilities, likeliest first.
 *
 * @param top how many, 1 or more
 * @param all whether all probabilities follow, in the order of the model's classes
 */
public record ClassAnswers(Classifier classifier, int top, boolean all) implements Answers {
  @Override
  public ImageModel model() {
    return classifier.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return classifier.preprocessing();
  }

  @Override
  public List<Column> columns() {
    List<String> labels = classifier.labels();
    int count = Math.min(top, Math.max(1, labels.size()));
    List<Column> columns = new ArrayList<>();
    for (int k = 1; k <= count; k++) {
      String number = count == 1 ? "" : "" + k;
      columns.add(Column.of("label" + number, Column.Type.TEXT));
      columns.add(Column.of("probability" + number, Column.Type.FLOAT));
    }
    if (all) {
      List<String> names = labels.stream().map(l -> "probability of " + l).toList();
      columns.add(Column.floats("probabilities", names));
    }
    return columns;
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) {
    return all
        ? classifier.score(pictures).stream().map(this::answer).toList()
        : classifier.top(pictures, top).stream().map(ClassAnswers::answer).toList();
  }

  private static Answer answer(List<Scores.Score> best) {
    List<Object> cells = new ArrayList<>();
    best.forEach(s -> cells.addAll(List.of(s.label(), s.probability())));
    return new Answer(cells, Map.of("scores", best));
  }

  /** The row of some scores. */
  public Answer answer(Scores scores) {
    Answer best = answer(scores.top(top));
    if (!all) {
      return best;
    }
    List<Object> cells = new ArrayList<>(best.cells());
    cells.add(scores.probabilities());
    Map<String, Object> json = new LinkedHashMap<>(best.json());
    json.put("probabilities", scores.probabilities());
    return new Answer(cells, json);
  }

  @Override
  public void close() {
    classifier.close();
  }
}
