package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that says which class a picture is of: its output is {@code [N, classes]}, or {@code [N,
 * 1]} for the second of two classes. Pictures of any format and size are fed to it as it was
 * trained. Thread-safe; closing waits for runs under way.
 */
public final class Classifier implements View<Scores> {
  private final PictureFeed feed;
  private final Task.Output output;
  private final List<String> labels;

  private Classifier(PictureFeed feed) {
    this.feed = feed.untiled();
    this.output = feed.model().output();
    this.labels = feed.labels(classes(feed.model().outputShape()));
  }

  private long classes(long[] shape) {
    long columns = feed.columns(shape);
    return columns == 1 ? 2 : columns;
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
    return PictureFeed.view(model, Task.Kind.CLASSIFICATION, otherwise, Classifier::new);
  }

  /**
   * Names of the classes in the order of the output: their numbers where the file has none, empty
   * where it does not even say how many there are.
   */
  public List<String> labels() {
    return labels;
  }

  @Override
  public ImageModel model() {
    return feed.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  /**
   * The same model with the probabilities of several views averaged; closing either closes it.
   *
   * @throws ScoringException where its preprocessing does not allow for the views
   */
  public Classifier averaging(Averaging views) {
    return new Classifier(feed.averaging(views));
  }

  /** Scores of one picture. */
  public Scores score(Picture picture) {
    return score(List.of(picture)).get(0);
  }

  /**
   * Scores in the order of the pictures; those of equal tensor shape run in batches of at most 32
   * pictures and 2^24 numbers.
   */
  public List<Scores> score(List<Picture> pictures) {
    if (feed.averaging().isNone()) {
      return feed.run(pictures, (picture, batch, item) -> scores(batch, item));
    }
    return pictures.stream().map(p -> Scores.mean(feed.views(p, this::scores))).toList();
  }

  /**
   * The likeliest classes of each picture, likeliest first: what {@link Scores#top} gives, without
   * the probabilities of all others being handed over.
   */
  public List<List<Scores.Score>> top(List<Picture> pictures, int count) {
    if (!feed.averaging().isNone()) {
      return score(pictures).stream().map(s -> s.top(count)).toList();
    }
    return feed.run(pictures, (picture, batch, item) -> top(batch, item, count));
  }

  private Scores scores(Output batch, int item) {
    return Scores.of(names(batch), batch.item(item), output);
  }

  private List<Scores.Score> top(Output batch, int item, int count) {
    List<String> names = names(batch);
    if (feed.columns(batch.shape()) == 1) {
      return scores(batch, item).top(count);
    }
    int from = item * names.size();
    if (output == Task.Output.LOGITS) {
      Scores.toProbabilities(batch.values(), from, from + names.size());
    }
    return Scores.top(names, batch.values(), from, count);
  }

  private List<String> names(Output batch) {
    long classes = classes(batch.shape());
    return labels.size() == classes ? labels : feed.labels(classes);
  }

  @Override
  public List<Scores> answers(List<Picture> pictures) {
    return score(pictures);
  }

  @Override
  public List<Integer> fed(Picture picture) {
    return feed.fed(picture);
  }
}
