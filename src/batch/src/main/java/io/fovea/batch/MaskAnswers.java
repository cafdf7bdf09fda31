package io.fovea.batch;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Segmenter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Masks as indexed PNG beside one legend, and the area of each class. */
final class MaskAnswers implements Answers {
  private static final double OPACITY = 0.5;
  private static final System.Logger LOG = System.getLogger(MaskAnswers.class.getName());

  private final Segmenter segmenter;
  private final ResultFiles results;
  private final AtomicBoolean legend = new AtomicBoolean();

  MaskAnswers(Segmenter segmenter, ResultFiles results) {
    this.segmenter = segmenter;
    this.results = results;
  }

  @Override
  public ImageModel model() {
    return segmenter.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return segmenter.preprocessing();
  }

  @Override
  public ResultFiles files() {
    return results;
  }

  @Override
  public List<Column> columns() {
    List<Column> columns = new ArrayList<>(List.of(Column.of("mask", Column.Type.TEXT)));
    List<String> labels = segmenter.labels();
    labels.forEach(l -> columns.add(Column.of("share of " + l, Column.Type.DOUBLE)));
    labels.forEach(l -> columns.add(Column.of("pixels of " + l, Column.Type.INTEGER)));
    return columns;
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) throws IOException {
    List<Mask> found = segmenter.segment(pictures);
    if (!legend.getAndSet(true)) {
      writeLegend();
    }
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Mask mask = found.get(i);
      Path file = ResultFiles.made(files.get(i));
      mask.writePng(file, segmenter.labels());
      if (results.overlay()) {
        mask.overlay(pictures.get(i), OPACITY).writePng(results.overlay(file));
      }
      answers.add(answer(file, mask));
    }
    return answers;
  }

  private void writeLegend() throws IOException {
    if (segmenter.labels().isEmpty()) {
      return;
    }
    try {
      Mask.legend(segmenter.labels()).writePng(ResultFiles.made(results.legendFile()));
    } catch (PictureException e) {
      // The PNG of each mask names the classes as well.
      LOG.log(System.Logger.Level.WARNING, "no legend of the masks: {0}", e.getMessage());
    }
  }

  private Answer answer(Path file, Mask mask) {
    List<String> labels = segmenter.labels();
    long[] areas = mask.areas();
    List<Object> cells = new ArrayList<>(List.of(file.toString()));
    Map<String, Object> shares = new LinkedHashMap<>();
    for (int c = 0; c < labels.size(); c++) {
      double share = (double) areas[c] / mask.width() / mask.height();
      cells.add(share);
      shares.put(labels.get(c), share);
    }
    Map<String, Object> pixels = new LinkedHashMap<>();
    for (int c = 0; c < labels.size(); c++) {
      cells.add(areas[c]);
      pixels.put(labels.get(c), areas[c]);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mask", file.toString());
    json.put("shares", shares);
    json.put("pixels", pixels);
    return new Answer(cells, json);
  }

  @Override
  public void close() {
    segmenter.close();
  }
}
