package io.fovea.cli;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Segmenter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers that are files: masks and pictures, of which few are held at once. */
abstract class AnswersInPlane implements Answers {
  private static final long MOST_PIXELS = 1 << 24;

  @Override
  public List<Answer> of(List<Path> files, List<Picture> pictures) throws IOException {
    List<Answer> answers = new ArrayList<>();
    for (int from = 0, to = 0; from < pictures.size(); from = to) {
      long pixels = 0;
      while (to < pictures.size()
          && (to == from || pixels + size(pictures.get(to)) < MOST_PIXELS)) {
        pixels += size(pictures.get(to++));
      }
      answers.addAll(few(files.subList(from, to), pictures.subList(from, to)));
    }
    return answers;
  }

  private static long size(Picture p) {
    return (long) p.width() * p.height();
  }

  abstract List<Answer> few(List<Path> files, List<Picture> pictures) throws IOException;

  /** Masks as indexed PNG beside one legend, and the area of each class. */
  static final class Masks extends AnswersInPlane {
    private static final double OPACITY = 0.5;

    private final Segmenter segmenter;
    private final ResultFiles results;
    private boolean legend;

    Masks(Segmenter segmenter, ResultFiles results) {
      this.segmenter = segmenter;
      this.results = results;
    }

    @Override
    public Preprocessing preprocessing() {
      return segmenter.preprocessing();
    }

    @Override
    public List<String> columns() {
      List<String> names = new ArrayList<>(List.of("mask"));
      segmenter.labels().forEach(l -> names.add("share of " + l));
      segmenter.labels().forEach(l -> names.add("pixels of " + l));
      return names;
    }

    @Override
    List<Answer> few(List<Path> files, List<Picture> pictures) throws IOException {
      List<Mask> found = segmenter.segment(pictures);
      if (!legend) {
        legend = true;
        writeLegend();
      }
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < found.size(); i++) {
        Mask mask = found.get(i);
        Path file = ResultFiles.made(results.of(files.get(i)));
        mask.writePng(file, segmenter.labels());
        if (results.hasOverlays()) {
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
        Mask.legend(segmenter.labels()).writePng(ResultFiles.made(results.legend()));
      } catch (PictureException e) {
        // The PNG of each mask names the classes as well.
        Terminal.note("no legend of the masks: %s", String.valueOf(e.getMessage()));
      }
    }

    private Answer answer(Path file, Mask mask) {
      List<String> labels = segmenter.labels();
      long[] areas = mask.areas();
      List<Object> cells = new ArrayList<>(List.of(file));
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

  /** Pictures that a model makes of pictures. */
  static final class Pictures extends AnswersInPlane {
    private static final double QUALITY = 0.95;

    private final PictureTransformer transformer;
    private final ResultFiles results;
    private final boolean jpeg;

    Pictures(PictureTransformer transformer, ResultFiles results, boolean jpeg) {
      this.transformer = transformer;
      this.results = results;
      this.jpeg = jpeg;
    }

    @Override
    public Preprocessing preprocessing() {
      return transformer.preprocessing();
    }

    @Override
    public List<String> columns() {
      return List.of("picture", "width", "height");
    }

    @Override
    List<Answer> few(List<Path> files, List<Picture> pictures) throws IOException {
      List<Picture> made = transformer.transform(pictures);
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < made.size(); i++) {
        Picture p = made.get(i);
        Path file = ResultFiles.made(results.of(files.get(i)));
        if (jpeg) {
          p.writeJpeg(file, QUALITY);
        } else {
          p.writePng(file);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("picture", file.toString());
        json.put("width", p.width());
        json.put("height", p.height());
        answers.add(new Answer(List.of(file, p.width(), p.height()), json));
      }
      return answers;
    }

    @Override
    public void close() {
      transformer.close();
    }
  }
}
