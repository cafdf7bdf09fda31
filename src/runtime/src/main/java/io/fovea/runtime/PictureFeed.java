package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step.Decode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model and how pictures are fed to it: what every view of a model checks when it is made, and
 * how it runs pictures of many sizes. Thread-safe.
 */
record PictureFeed(ImageModel model, Preprocessing preprocessing) {
  /** What a view makes of one item of a batch's output. */
  @FunctionalInterface
  interface Answer<T> {
    T of(Picture picture, Output batch, int item);
  }

  /**
   * A view of a model, which closes it; where it cannot be made, the model is closed.
   *
   * @param kind of task that the view is for
   * @param otherwise how pictures are fed where the file does not say
   * @throws ScoringException where the file is for another task, or nothing says how pictures are
   *     fed
   */
  static <V> V view(
      ImageModel model,
      Task.Kind kind,
      @Nullable Preprocessing otherwise,
      Function<PictureFeed, V> view) {
    try {
      Task task = model.specification().task();
      if (task != null && task.kind() != kind) {
        String expected = kind.name().toLowerCase(Locale.ROOT);
        throw new ScoringException(
            model.name(), "expected a model of %s, met one of %s".formatted(expected, task));
      }
      Preprocessing own = model.specification().preprocessing();
      Preprocessing used = own == null ? otherwise : own;
      if (used == null) {
        throw new ScoringException(
            model.name(),
            "the file does not say how pictures are fed to it; name a preprocessing, such as"
                + " imagenet");
      }
      long channels = model.inputShape()[1];
      if (channels >= 0 && channels != used.channels()) {
        throw new ScoringException(
            model.name(),
            "the preprocessing gives %d channels, the model wants %d"
                .formatted(used.channels(), channels));
      }
      boolean inThePlane = kind == Task.Kind.SEGMENTATION || kind == Task.Kind.PICTURE;
      if (inThePlane && used.steps().stream().anyMatch(s -> s instanceof Decode d && d.reduced())) {
        throw new ScoringException(
            model.name(),
            "the preprocessing decodes files at reduced size: results would not have the pixels of"
                + " the file; expected decode without reduced");
      }
      return view.apply(new PictureFeed(model, used));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Names of what the model tells apart: the file's labels, else numbers.
   *
   * @param count how many there are; -1 where the file leaves that open
   * @throws ScoringException where the file has labels, but not as many
   */
  List<String> labels(long count) {
    List<String> labels = model.specification().labels();
    if (labels.isEmpty() && count > 0) {
      return IntStream.range(0, (int) count).mapToObj(Integer::toString).toList();
    }
    if (count >= 0 && labels.size() != count) {
      throw new ScoringException(
          model.name(), "%d labels for %d outputs".formatted(labels.size(), count));
    }
    return labels;
  }

  /**
   * Numbers that an output {@code [N]}, {@code [N, K]} or {@code [N, K, 1, 1]} has of a picture; -1
   * where the file leaves that open.
   *
   * @throws ScoringException where the output has another shape
   */
  long columns(long[] shape) {
    if (Arrays.stream(shape).skip(2).anyMatch(d -> d != 1)) {
      throw misfit("[N, K]", shape);
    }
    return shape.length == 0 ? -1 : shape.length == 1 ? 1 : shape[1];
  }

  /** An output of a shape that a view has no use for. */
  ScoringException misfit(String expected, long[] shape) {
    return new ScoringException(
        model.name(), "output: expected %s, met %s".formatted(expected, ImageModel.text(shape)));
  }

  /** Answers in the order of the pictures; those of equal tensor shape run as one batch. */
  <T> List<T> run(List<Picture> pictures, Answer<T> answer) {
    Map<List<Integer>, List<Integer>> buckets = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      int[] shape = preprocessing.shape(pictures.get(i).width(), pictures.get(i).height());
      buckets.computeIfAbsent(Arrays.stream(shape).boxed().toList(), k -> new ArrayList<>()).add(i);
    }
    Map<Integer, T> answers = new HashMap<>();
    long fixed = model.inputShape()[0];
    for (List<Integer> bucket : buckets.values()) {
      int step = fixed > 0 ? (int) fixed : bucket.size();
      for (int from = 0; from < bucket.size(); from += step) {
        List<Integer> which = bucket.subList(from, Math.min(bucket.size(), from + step));
        Output out = batch(which.stream().map(pictures::get).toList(), step);
        for (int k = 0; k < which.size(); k++) {
          answers.put(which.get(k), answer.of(pictures.get(which.get(k)), out, k));
        }
      }
    }
    return IntStream.range(0, pictures.size()).mapToObj(answers::get).toList();
  }

  /** Runs one batch; one that is smaller than a fixed batch is filled up with its first picture. */
  private Output batch(List<Picture> pictures, int size) {
    List<Picture> full = new ArrayList<>(pictures);
    while (full.size() < size) {
      full.add(full.get(0));
    }
    Output out = model.run(full, preprocessing);
    if (out.shape().length == 0 || out.shape()[0] != size) {
      throw misfit("one item for each of " + size + " pictures", out.shape());
    }
    return out;
  }
}
