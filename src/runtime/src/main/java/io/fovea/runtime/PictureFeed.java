package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model and how pictures are fed to it: what every view of a model checks when it is made, and
 * how it runs pictures of many sizes. A batch has at most {@link #LARGEST_BATCH} pictures, and as
 * many as make {@link #MOST_VALUES} numbers, but at least one. Thread-safe.
 */
record PictureFeed(
    ImageModel model, Preprocessing preprocessing, boolean asTheyAre, Averaging averaging) {
  /** Pictures in a batch at most, unless the model wants more. */
  static final int LARGEST_BATCH = 32;

  /** Numbers in the tensor of a batch at most: 64 MiB, unless one picture has more. */
  static final long MOST_VALUES = 1 << 24;

  /** What a view makes of one item of a batch's output, which is valid until it returns. */
  @FunctionalInterface
  interface Answer<T> {
    T of(Picture picture, Output batch, int item);
  }

  /** What a view makes of an output that lies in the plane of a picture. */
  @FunctionalInterface
  interface GridAnswer<T> {
    T of(Picture picture, SampleGrid grid);
  }

  @FunctionalInterface
  private interface Each {
    void of(int which, Output batch, int item);
  }

  /** Takes what the network says of one of some pictures, which is valid until it returns. */
  @FunctionalInterface
  interface EachGrid {
    void of(int which, SampleGrid grid);
  }

  /**
   * A view of a model, which closes it; where it cannot be made, the model is closed. A view of
   * pictures is also one of a model that makes them of noise, which nothing is fed to.
   *
   * @param kind of task that the view is for; features are of every model
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
      boolean generates = task != null && task.kind() == Task.Kind.GENERATION;
      if (generates && kind == Task.Kind.PICTURE) {
        return view.apply(new PictureFeed(model, Preprocessing.of(), false, Averaging.none()));
      }
      if (task != null && task.kind() != kind && kind != Task.Kind.FEATURES) {
        String expected = kind.name().toLowerCase(Locale.ROOT);
        throw new ScoringException(
            model.name(), "expected a model of %s, met one of %s".formatted(expected, task));
      }
      Preprocessing own = model.specification().preprocessing();
      Preprocessing used = own == null ? otherwise : own;
      boolean inThePlane = kind == Task.Kind.SEGMENTATION || kind == Task.Kind.PICTURE;
      if (inThePlane
          && used != null
          && used.steps().stream().anyMatch(s -> s instanceof Step.Decode d && d.reduced())) {
        throw new ScoringException(
            model.name(),
            "the preprocessing decodes files at reduced size: results would not have the pixels of"
                + " the file; expected decode without reduced");
      }
      if (model.takesBytes() && (own != null || used == null)) {
        Preprocessing within = own == null ? Preprocessing.of() : own;
        return view.apply(new PictureFeed(model, within, true, Averaging.none()));
      }
      if (used == null) {
        throw new ScoringException(
            model.name(),
            "the file does not say how pictures are fed to it; name a preprocessing, such as"
                + " imagenet");
      }
      long[] shape = model.inputShape();
      if (own == null) {
        used = used.fitting(shape[1], shape[2], shape[3]);
      }
      long channels = shape[1];
      if (channels >= 0 && channels != used.channels()) {
        throw new ScoringException(
            model.name(),
            "the preprocessing gives %d channels, the model wants %d"
                .formatted(used.channels(), channels));
      }
      return view.apply(new PictureFeed(model, used, false, Averaging.none()));
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
    for (int i = 2; i < shape.length; i++) {
      if (shape[i] != 1) {
        throw misfit("[N, K]", shape);
      }
    }
    return shape.length == 0 ? -1 : shape.length == 1 ? 1 : shape[1];
  }

  /** An output of a shape that a view has no use for. */
  ScoringException misfit(String expected, long[] shape) {
    return problem("output: expected %s, met %s".formatted(expected, ImageModel.text(shape)));
  }

  ScoringException problem(String what) {
    return new ScoringException(model.name(), what);
  }

  /**
   * The same for one answer a picture, for which there are no tiles.
   *
   * @throws ScoringException where the preprocessing has tiles
   */
  PictureFeed untiled() {
    if (preprocessing.tiles() != null) {
      throw problem("the preprocessing has tiles, which are for masks and pictures");
    }
    return this;
  }

  /** The same model fed by windows of pictures, in place of those of its preprocessing. */
  PictureFeed tiled(Step.Tiles tiles) {
    List<Step> steps = new ArrayList<>(preprocessing.steps());
    steps.removeIf(Step.Tiles.class::isInstance);
    boolean normalizes = steps.stream().anyMatch(Step.Normalize.class::isInstance);
    steps.add(normalizes ? steps.size() - 1 : steps.size(), tiles);
    return new PictureFeed(model, new Preprocessing(steps), asTheyAre, averaging).checked();
  }

  /** The same model with other views averaged. */
  PictureFeed averaging(Averaging other) {
    return new PictureFeed(model, preprocessing, asTheyAre, other).checked();
  }

  /** The same of a model whose answers lie in the plane: crops do not show all of it. */
  PictureFeed averagingFlips(Averaging other) {
    if (other.crops() > 1) {
      throw problem("crops are for classes; masks and pictures take flips and tiles");
    }
    return averaging(other);
  }

  private PictureFeed checked() {
    if (asTheyAre && preprocessing.tiles() != null) {
      throw problem("the model takes whole pictures as bytes, not tiles of them");
    }
    averaging.check(this);
    return this;
  }

  /** Answers in the order of the pictures; those of equal tensor shape run in batches. */
  <T> List<T> run(List<Picture> pictures, Answer<T> answer) {
    if (pictures.isEmpty()) {
      return List.of();
    }
    int[] shape = shape(pictures.get(0));
    if (areAlike(pictures, shape)) {
      return runAlike(pictures, shape, answer);
    }
    Map<List<Integer>, List<Integer>> buckets = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      buckets.computeIfAbsent(fed(pictures.get(i)), k -> new ArrayList<>()).add(i);
    }
    Map<Integer, T> answers = new HashMap<>();
    for (List<Integer> bucket : buckets.values()) {
      List<Picture> alike = bucket.stream().map(pictures::get).toList();
      Iterator<T> some = runAlike(alike, shape(alike.get(0)), answer).iterator();
      bucket.forEach(i -> answers.put(i, some.next()));
    }
    return IntStream.range(0, pictures.size()).mapToObj(answers::get).toList();
  }

  private boolean areAlike(List<Picture> pictures, int[] shape) {
    Picture last = pictures.get(0);
    for (Picture p : pictures) {
      boolean same = p.width() == last.width() && p.height() == last.height();
      if (!same && !Arrays.equals(shape, shape(p))) {
        return false;
      }
      last = p;
    }
    return true;
  }

  private <T> List<T> runAlike(List<Picture> alike, int[] shape, Answer<T> answer) {
    List<T> answers = new ArrayList<>(alike.size());
    batches(
        alike,
        preprocessing,
        largestBatch(0, shape),
        (k, out, item) -> answers.add(answer.of(alike.get(k), out, item)));
    return answers;
  }

  /** The same of outputs that lie in the plane, blended of tiles and averaged over views. */
  <T> List<T> grids(
      List<Picture> pictures, UnaryOperator<SampleGrid> values, GridAnswer<T> answer) {
    if (preprocessing.tiles() == null && !averaging.flip()) {
      return run(
          pictures,
          (p, out, item) -> {
            int[] tensor = preprocessing.shape(p.width(), p.height());
            return answer.of(p, values.apply(grid(out, item, tensor[1], tensor[2])));
          });
    }
    return pictures.stream().map(p -> answer.of(p, grid(p, values))).toList();
  }

  private SampleGrid grid(Picture picture, UnaryOperator<SampleGrid> values) {
    Picture prepared = preprocessing.picture(picture);
    SampleGrid grid = values.apply(grid(prepared, false));
    return averaging.flip() ? grid.meanWithMirrored(values.apply(grid(prepared, true))) : grid;
  }

  private SampleGrid grid(Picture prepared, boolean mirrored) {
    Step.Tiles tiles = preprocessing.tiles();
    if (tiles != null) {
      return new Tiling(this, tiles).run(prepared, mirrored);
    }
    SampleGrid[] only = new SampleGrid[1];
    Picture fed = mirrored ? prepared.flipHorizontally() : prepared;
    prepared(List.of(fed), 1, (which, grid) -> only[0] = grid.copy());
    return only[0];
  }

  private SampleGrid grid(Output out, int item, int tensorHeight, int tensorWidth) {
    long[] shape = out.shape();
    if (shape.length != 4) {
      throw misfit("[N, C, h, w]", shape);
    }
    int[] s = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
    return new SampleGrid(out.values(), item, s[1], s[2], s[3], tensorHeight, tensorWidth);
  }

  /**
   * Runs pictures of one size after the geometry of the preprocessing, in batches.
   *
   * @param most pictures in a batch
   */
  void prepared(List<Picture> pictures, int most, EachGrid each) {
    batches(
        pictures,
        values(),
        most,
        (which, out, item) -> {
          Picture p = pictures.get(which);
          each.of(which, grid(out, item, p.height(), p.width()));
        });
  }

  /** Views of one picture, as a batch or more. */
  <T> List<T> views(Picture picture, BiFunction<Output, Integer, T> answer) {
    List<Picture> views = averaging.views(this, picture);
    List<T> answers = new ArrayList<>();
    Preprocessing how = asTheyAre ? preprocessing : values();
    batches(
        views,
        how,
        largestBatch(0, views.get(0)),
        (which, out, item) -> answers.add(answer.apply(out, item)));
    return answers;
  }

  /** The steps that are about values: what is left to do for a picture after the geometry. */
  private Preprocessing values() {
    return new Preprocessing(
        preprocessing.steps().stream()
            .filter(s -> s instanceof Step.Color || s instanceof Step.Normalize)
            .toList());
  }

  /** The shape {@code [C, H, W]} of what the model is fed of a picture. */
  List<Integer> fed(Picture p) {
    int[] shape = shape(p);
    return List.of(shape[0], shape[1], shape[2]);
  }

  private int[] shape(Picture p) {
    return ImageModel.shape(p, asTheyAre ? null : preprocessing);
  }

  /**
   * Pictures in a batch at most.
   *
   * @param out numbers that the model gives for one; 0 where unknown
   */
  int largestBatch(long out, Picture prepared) {
    return largestBatch(out, preprocessing.channels(), prepared.height(), prepared.width());
  }

  private static int largestBatch(long out, int... shape) {
    long in = (long) shape[0] * shape[1] * shape[2];
    return (int) Math.min(LARGEST_BATCH, Math.max(1, MOST_VALUES / Math.max(in, out)));
  }

  /** Runs pictures of one shape; the last batch of a model of fixed batch is filled up. */
  private void batches(List<Picture> alike, Preprocessing how, int most, Each each) {
    long fixed = model.inputShape()[0];
    int step = fixed > 0 ? (int) fixed : most;
    for (int from = 0; from < alike.size(); from += step) {
      int first = from;
      List<Picture> some = alike.subList(from, Math.min(alike.size(), from + step));
      batch(
          some,
          how,
          fixed > 0 ? step : some.size(),
          out -> {
            for (int k = 0; k < some.size(); k++) {
              each.of(first + k, out, k);
            }
          });
    }
  }

  /** Runs one batch; one that is smaller than a fixed batch is filled up with its first picture. */
  private void batch(List<Picture> pictures, Preprocessing how, int size, Consumer<Output> use) {
    List<Picture> full = pictures;
    if (size > pictures.size()) {
      full = new ArrayList<>(pictures);
      full.addAll(Collections.nCopies(size - pictures.size(), pictures.get(0)));
    }
    model.run(
        full,
        asTheyAre ? null : how,
        out -> {
          if (out.shape().length == 0 || out.shape()[0] != size) {
            throw misfit("one item for each of " + size + " pictures", out.shape());
          }
          use.accept(out);
          return out;
        });
  }
}
