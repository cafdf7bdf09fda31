package io.fovea.cli;

import io.fovea.image.HeatMap;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
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
 * @param heatMaps where the heat maps go
 */
record Explained(Answers.OfClasses classes, GradCam cam, int index, ResultFiles heatMaps)
    implements Answers {
  private static final double OPACITY = 0.6;
  private static final int BATCH = 8; // maps that are held at once, at their pictures' sizes

  @Override
  public Preprocessing preprocessing() {
    return classes.preprocessing();
  }

  @Override
  public List<String> columns() {
    List<String> names = new ArrayList<>(classes.columns());
    names.add("explanation");
    return names;
  }

  @Override
  public List<Answer> of(List<Path> files, List<Picture> pictures) throws IOException {
    List<Scores> scores = classes.classifier().score(pictures);
    List<Answer> answers = new ArrayList<>();
    for (int from = 0; from < pictures.size(); from += BATCH) {
      int to = Math.min(pictures.size(), from + BATCH);
      int[] shown =
          scores.subList(from, to).stream()
              .mapToInt(s -> index == GradCam.BEST ? s.best().index() : index)
              .toArray();
      List<HeatMap> maps = cam.explain(pictures.subList(from, to), shown);
      for (int i = from; i < to; i++) {
        Path written = ResultFiles.made(heatMaps.of(files.get(i)));
        maps.get(i - from).overlay(pictures.get(i), OPACITY).writePng(written);
        answers.add(with(classes.answer(scores.get(i)), written));
      }
    }
    return answers;
  }

  private static Answer with(Answer answer, Path written) {
    List<Object> cells = new ArrayList<>(answer.cells());
    cells.add(written);
    Map<String, Object> json = new LinkedHashMap<>(answer.json());
    json.put("explanation", written.toString());
    return new Answer(cells, json);
  }

  @Override
  public void close() {
    cam.close();
    classes.close();
  }
}
