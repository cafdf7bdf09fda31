package io.fovea.cli;

import io.fovea.batch.Answers;
import io.fovea.batch.ClassAnswers;
import io.fovea.batch.Column;
import io.fovea.batch.ResultFiles;
import io.fovea.image.HeatMap;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Scores;
import io.fovea.train.GradCam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Classes, and for each picture a heat map of where one of them is seen.
 *
 * @param index of the class that is shown, {@link GradCam#BEST} for the likeliest
 * @param files where the heat maps go
 */
record Explained(ClassAnswers classes, GradCam cam, int index, ResultFiles files)
    implements Answers {
  private static final double OPACITY = 0.6;

  @Override
  public ImageModel model() {
    return classes.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return classes.preprocessing();
  }

  @Override
  public List<Column> columns() {
    List<Column> columns = new ArrayList<>(classes.columns());
    columns.add(Column.of("explanation", Column.Type.TEXT));
    return columns;
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> written) throws IOException {
    List<Scores> scores = classes.classifier().score(pictures);
    int[] shown =
        scores.stream().mapToInt(s -> index == GradCam.BEST ? s.best().index() : index).toArray();
    List<HeatMap> maps = cam.explain(pictures, shown);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      Path file = ResultFiles.made(written.get(i));
      maps.get(i).overlay(pictures.get(i), OPACITY).writePng(file);
      answers.add(with(classes.answer(scores.get(i)), file.toString()));
    }
    return answers;
  }

  private static Answer with(Answer answer, String written) {
    List<Object> cells = new ArrayList<>(answer.cells());
    cells.add(written);
    Map<String, Object> json = new LinkedHashMap<>(answer.json());
    json.put("explanation", written);
    return new Answer(cells, json);
  }

  @Override
  public void close() {
    cam.close();
    classes.close();
  }
}
