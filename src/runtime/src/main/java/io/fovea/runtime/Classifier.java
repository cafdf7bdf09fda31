package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model that says which class a picture is of. Pictures of any format and size are fed to it as
 * it was trained. Thread-safe; closing waits for runs under way.
 */
public final class Classifier implements AutoCloseable {
  private final ImageModel model;
  private final Preprocessing preprocessing;
  private final Task.Output output;
  private final List<String> labels;

  private Classifier(ImageModel model, Preprocessing preprocessing) {
    this.model = model;
    this.preprocessing = preprocessing;
    Specification s = model.specification();
    Task task = s.task();
    if (task != null && task.kind() != Task.Kind.CLASSIFICATION) {
      throw new ScoringException(model.name(), "expected a classifier, met a model of " + task);
    }
    this.output = task == null ? Task.Output.LOGITS : task.output();
    long[] input = model.inputShape();
    if (input[1] >= 0 && input[1] != preprocessing.channels()) {
      throw new ScoringException(
          model.name(),
          "the preprocessing gives %d channels, the model wants %d"
              .formatted(preprocessing.channels(), input[1]));
    }
    long classes = Arrays.stream(model.outputShape()).skip(1).reduce(1, (a, b) -> a * b);
    this.labels =
        s.labels().isEmpty() && classes > 0
            ? IntStream.range(0, (int) classes).mapToObj(Integer::toString).toList()
            : s.labels();
    if (classes > 0 && labels.size() != classes) {
      throw new ScoringException(
          model.name(), "%d labels for %d outputs".formatted(labels.size(), classes));
    }
  }

  /** Loads a file that says how pictures are fed to it. */
  public static Classifier load(Path file, Device device) {
    return load(file, device, null);
  }

  /**
   * Loads a file.
   *
   * @param otherwise how pictures are fed to it where the file does not say; null if it must
   * @throws ScoringException where the file is no classifier or the device is not usable
   */
  public static Classifier load(Path file, Device device, @Nullable Preprocessing otherwise) {
    return of(ImageModel.load(file, device), otherwise);
  }

  /** A loaded model as a classifier, which closes it. */
  public static Classifier of(ImageModel model, @Nullable Preprocessing otherwise) {
    try {
      Preprocessing own = model.specification().preprocessing();
      Preprocessing used = own == null ? otherwise : own;
      if (used == null) {
        throw new ScoringException(
            model.name(),
            "the file does not say how pictures are fed to it; name a preprocessing, such as"
                + " imagenet");
      }
      return new Classifier(model, used);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Names of the classes in the order of the output: their numbers where the file has none. */
  public List<String> labels() {
    return labels;
  }

  public ImageModel model() {
    return model;
  }

  public Preprocessing preprocessing() {
    return preprocessing;
  }

  /** Scores of one picture. */
  public Scores score(Picture picture) {
    return score(List.of(picture)).get(0);
  }

  /** Scores in the order of the pictures; those of equal tensor shape run as one batch. */
  public List<Scores> score(List<Picture> pictures) {
    Map<List<Integer>, List<Integer>> buckets = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      int[] shape = preprocessing.shape(pictures.get(i).width(), pictures.get(i).height());
      buckets.computeIfAbsent(Arrays.stream(shape).boxed().toList(), k -> new ArrayList<>()).add(i);
    }
    Scores[] scores = new Scores[pictures.size()];
    long fixed = model.inputShape()[0];
    for (List<Integer> bucket : buckets.values()) {
      int step = fixed > 0 ? (int) fixed : bucket.size();
      for (int from = 0; from < bucket.size(); from += step) {
        run(pictures, bucket.subList(from, Math.min(bucket.size(), from + step)), step, scores);
      }
    }
    return List.of(scores);
  }

  /** Runs one batch; one that is smaller than a fixed batch is filled up with its first picture. */
  private void run(List<Picture> pictures, List<Integer> which, int size, Scores[] scores) {
    List<Picture> batch = new ArrayList<>(which.stream().map(pictures::get).toList());
    while (batch.size() < size) {
      batch.add(batch.get(0));
    }
    Output out = model.run(batch, preprocessing);
    for (int k = 0; k < which.size(); k++) {
      scores[which.get(k)] = Scores.of(labels, out.item(k), output);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
