package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.onnx.Safetensors;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a training starts from once its data is known.
 *
 * @param model before the first step
 * @param range of a net that makes pictures
 * @param unit of each value that is learned, in which the loss measures its error; empty for 1
 * @param weights of the classes; empty for 1
 * @param labels of the data
 * @param kind of task that it learns
 * @param noise that the net is fed; null where it is fed pictures
 * @param still tensors that are made of the data once
 */
record Start(
    Model model,
    Recipe recipe,
    Preprocessing fed,
    Task.Range range,
    double[] unit,
    double[] weights,
    List<String> labels,
    Task.Kind kind,
    @Nullable Noise noise,
    Order order,
    Place place,
    List<Safetensors.Part> still) {
  private static final String WHITENED = "whitened";

  /**
   * Looks at the data.
   *
   * @param saved tensors of a training that goes on; empty for a new one
   */
  static Start of(
      Model model,
      Recipe recipe,
      Specification known,
      Preprocessing fed,
      Dataset training,
      Device device,
      Map<String, Tensor> saved) {
    Model start = model;
    double[] unit = {};
    if (training.task() == Task.Kind.REGRESSION) {
      double[][] spread = ValueHead.spread(training);
      unit = spread[1];
      start = known.task() == null ? ValueHead.startingAt(model, spread[0], spread[1]) : model;
    }
    Recipe used = recipe;
    List<Safetensors.Part> still = List.of();
    if (recipe.whiten()) {
      Tensor then = saved.get(WHITENED);
      start =
          then == null
              ? Whitening.of(start, training, fed, recipe.seed())
              : Whitening.with(start, then);
      used = recipe.selection(recipe.selection().freezing(Whitening.weight(start)));
      still = List.of(Safetensors.Part.of(Whitening.tensor(start).named(WHITENED)));
    }
    Noise noise = Noise.of(model);
    Task.Kind kind = noise == null ? training.task() : Task.Kind.GENERATION;
    Task.Range range = paints(kind) ? Pairs.range(model, known, fed) : Learner.UNIT;
    double[] weights = recipe.classWeights().of(training);
    Order order = recipe.balancedSampling() ? Order.balanced(training) : Order.shuffled(training);
    return new Start(
        start,
        used,
        fed,
        range,
        unit,
        weights,
        training.labels(),
        kind,
        noise,
        order,
        Place.of(device),
        still);
  }

  private static boolean paints(Task.Kind kind) {
    return kind == Task.Kind.PICTURE || kind == Task.Kind.GENERATION;
  }

  /** What the file of the net that has learned says of it, beside what was known. */
  Specification specification(Specification known, Ending ending) {
    Task task =
        paints(kind)
            ? new Task(kind, Task.Output.VALUES, range)
            : new Task(kind, output(ending.kind()));
    Specification said = known.withTask(task).withLabels(labels);
    return switch (kind) {
      case GENERATION -> said; // is fed no pictures
      case PICTURE -> said.withPreprocessing(Pairs.served(model, fed));
      default -> said.withPreprocessing(fed);
    };
  }

  private Task.Output output(Ending.Kind ending) {
    if (kind == Task.Kind.REGRESSION) {
      return Task.Output.VALUES;
    }
    boolean logits = ending == Ending.Kind.OTHER || ending == Ending.Kind.LOG_SOFTMAX;
    return logits ? Task.Output.LOGITS : Task.Output.PROBABILITIES;
  }

  /** An empty tally of how well the net does on a part of the data. */
  Tally tally(Dataset part) {
    return noise == null ? Tally.of(part, range) : new Tally.OfGenerated(range);
  }

  /** Nets that the loss asks; whoever asks for them closes them. */
  Guides guides() {
    return Guides.of(recipe, fed, labels, place);
  }

  /** A part of the data as it is fed; whoever asks for it closes it. */
  Loader loader(Dataset data) {
    return new Loader(data, fed, noise, Loader.threads());
  }

  /** The net, ready to learn; whoever asks for it closes it. */
  Learner learner(Guides guides, Precision precision) {
    return new Learner(model, recipe.precision(precision), place, weights, range, guides, unit);
  }

  /** An epoch's batches from one on, as they are trained on. */
  void shuffled(Loader data, int epoch, int first, Loader.Use use) {
    data.shuffled(recipe.batch(), recipe.seed(), epoch, order, first, recipe.augmentation(), use);
  }

  /** How an epoch's batches make steps. */
  Pace pace() {
    return new Pace(order.size(), recipe.batch(), recipe.accumulate());
  }

  /** Batches of an epoch. */
  int batches() {
    return Loader.steps(order.size(), recipe.batch(), true);
  }
}
