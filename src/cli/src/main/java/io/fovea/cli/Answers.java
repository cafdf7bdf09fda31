package io.fovea.cli;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Scores;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a model says of pictures, as rows of a table or as JSON. */
interface Answers extends AutoCloseable {
  /**
   * What it says of one picture.
   *
   * @param cells one a column
   * @param json the same by names
   */
  record Answer(List<Object> cells, Map<String, Object> json) {}

  /** Names of the columns between the file and the error. */
  List<String> columns();

  /** What it says of some pictures, in their order. */
  List<Answer> of(List<Path> files, List<Picture> pictures) throws IOException;

  @Override
  void close();

  /** The view that a model's task wants. */
  static Answers of(ImageModel model, @Nullable Preprocessing fed, int top, Masks masks) {
    Task task = model.specification().task();
    Task.Kind kind = task == null ? Task.Kind.CLASSIFICATION : task.kind();
    return switch (kind) {
      case SEGMENTATION -> new OfPixels(Segmenter.of(model, fed), masks);
      case REGRESSION -> new OfValues(Regressor.of(model, fed));
      case PICTURE, FEATURES -> {
        String what = kind.name().toLowerCase(Locale.ROOT);
        model.close();
        throw new Fovea.UserException(
            "%s is a model of %s; the command scores classes, masks and values"
                .formatted(model.name(), what));
      }
      case CLASSIFICATION -> new OfClasses(Classifier.of(model, fed), top);
    };
  }

  /** Classes and their probabilities, likeliest first. */
  record OfClasses(Classifier classifier, int top) implements Answers {
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

  /**
   * Where masks are written.
   *
   * @param file the mask's file for a picture's
   * @param overlay whether a picture under its mask is written beside it
   */
  record Masks(Function<Path, Path> file, boolean overlay) {}

  /** Masks as indexed PNG, and each class's share of the picture. */
  record OfPixels(Segmenter segmenter, Masks masks) implements Answers {
    private static final double OPACITY = 0.5;

    @Override
    public List<String> columns() {
      List<String> names = new ArrayList<>(List.of("mask"));
      segmenter.labels().forEach(l -> names.add("share of " + l));
      return names;
    }

    @Override
    public List<Answer> of(List<Path> files, List<Picture> pictures) throws IOException {
      List<Mask> found = segmenter.segment(pictures);
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < found.size(); i++) {
        Mask mask = found.get(i);
        Path file = masks.file.apply(files.get(i));
        Files.createDirectories(file.toAbsolutePath().getParent());
        mask.writePng(file, segmenter.labels());
        if (masks.overlay) {
          String name = file.getFileName().toString().replaceFirst("\\.png$", ".overlay.png");
          mask.overlay(pictures.get(i), OPACITY).writePng(file.resolveSibling(name));
        }
        List<Object> cells = new ArrayList<>(List.of(file));
        Map<String, Object> shares = new LinkedHashMap<>();
        long[] areas = mask.areas();
        for (int c = 0; c < segmenter.labels().size(); c++) {
          double share = (double) areas[c] / mask.width() / mask.height();
          cells.add(share);
          shares.put(segmenter.labels().get(c), share);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("mask", file.toString());
        json.put("shares", shares);
        answers.add(new Answer(cells, json));
      }
      return answers;
    }

    @Override
    public void close() {
      segmenter.close();
    }
  }
}
