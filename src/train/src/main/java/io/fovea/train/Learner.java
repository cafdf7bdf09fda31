package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.TensorType;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A graph, its loss and its optimizer: one step at a time. Not thread-safe. */
final class Learner implements AutoCloseable {
  /** The range of targets that are pictures. */
  static final Task.Range UNIT = new Task.Range(0, 1);

  private final Model model;
  private final Place place;
  private final TorchGraph graph;
  private final Auxiliary auxiliary;
  private final Updater updater;
  private final Probe probe;
  private final @Nullable Average average;
  private final Recipe recipe;
  private final double[] weights;
  private final Task.Range range;
  private final Guides guides;
  private final double[] unit;
  private long updateNanos;
  private double criticLoss = Double.NaN;
  private double scale = 1;

  /**
   * Makes a net ready to be trained on the CPU.
   *
   * @param unit of each value that is learned, in which the loss measures its error; empty for 1
   */
  Learner(Model model, Recipe recipe, double... unit) {
    this(model, recipe, Place.CPU, new double[0], UNIT, Guides.none(), unit);
  }

  /**
   * The same elsewhere.
   *
   * @param weights of the classes; empty for 1
   * @param range of a net that makes pictures, whose targets lie in [0, 1]
   * @param guides nets that the loss asks; whoever made them closes them
   */
  Learner(
      Model model,
      Recipe recipe,
      Place place,
      double[] weights,
      Task.Range range,
      Guides guides,
      double... unit) {
    this.model = model;
    this.place = place.laid(recipe.layout());
    this.auxiliary = Auxiliary.of(model);
    this.graph = new TorchGraph(model, recipe.selection(), this.place);
    List<String> names = graph.roles().parameters();
    try {
      if (graph.inputs().size() != 1) {
        throw new TrainException("expected one input, met " + graph.inputs());
      }
      checkInput();
      if (recipe.stochasticDepth() > 0) {
        graph.dropBranches(recipe.stochasticDepth());
      }
      if (recipe.precision() == Precision.BFLOAT16) {
        graph.narrow();
      }
      for (String name : names) {
        ScalarType type = graph.tensor(name).scalar_type().intern();
        if (type != ScalarType.Float) {
          throw new TrainException("parameter '%s': expected float, met %s".formatted(name, type));
        }
      }
      if (names.isEmpty()) {
        throw new TrainException("the graph has no parameters to train");
      }
      this.probe = new Probe(model, graph);
      this.updater = Updater.of(recipe.optimizer(), parameters(names, recipe.selection()));
    } catch (TrainException e) {
      graph.close();
      throw e;
    }
    this.average =
        recipe.average() == 0
            ? null
            : new Average(recipe.average(), changing().stream().map(graph::tensor).toList());
    this.recipe = recipe;
    this.weights = weights;
    this.range = range;
    this.guides = guides;
    this.unit = unit;
  }

  /** Names of what training changes: parameters, then running statistics. */
  private List<String> changing() {
    return Stream.concat(graph.roles().parameters().stream(), graph.roles().state().stream())
        .toList();
  }

  /** All that changes while it learns, and what changes of the critic. */
  List<Memory> memory() {
    Memory own = new Memory("", graph, changing(), updater, average, probe);
    Critic critic = critic();
    return critic == null ? List.of(own) : List.of(own, critic.memory());
  }

  private void checkInput() {
    TensorType type = model.graph().inputs().get(0).type();
    List<Dim> shape = type.shape();
    if (type.elements() != DataType.FLOAT || (shape != null && shape.size() != 4)) {
      throw new TrainException(
          "input '%s': expected pictures, float [N, C, H, W], met %s"
              .formatted(graph.inputs().get(0), type));
    }
  }

  /**
   * Has it learn from smaller pictures from now on.
   *
   * @param s of their width and height, in (0, 1]
   */
  void scale(double s) {
    scale = s;
  }

  /** Brings parameters and running statistics back to what {@link TorchGraph#state} gave. */
  void restore(Map<String, io.fovea.onnx.Tensor> state) {
    state.forEach((name, values) -> Memory.fill(graph.tensor(name), values));
  }

  private List<Updater.Parameter> parameters(List<String> names, Selection selection) {
    Graph served = auxiliary.dropped(model).graph();
    List<List<String>> layers = Roles.layers(served);
    Set<String> head = new HashSet<>(names); // and auxiliary ones
    head.removeAll(served.initializers().keySet());
    head.addAll(layers.isEmpty() ? List.of() : layers.get(layers.size() - 1));
    Set<String> shifts = new HashSet<>();
    for (Node node : model.graph().nodes()) {
      if (node.operator().endsWith("Normalization") && node.inputs().size() > 2) {
        shifts.add(node.inputs().get(2));
      }
    }
    return names.stream()
        .map(
            n ->
                new Updater.Parameter(
                    graph.tensor(n),
                    (head.contains(n) ? 1 : selection.bodyRate())
                        * (shifts.contains(n) ? selection.biasRate() : 1),
                    selection.decayNorms() || graph.tensor(n).dim() > 1))
        .toList();
  }

  /**
   * One step of one batch.
   *
   * @return the batch's loss before the step
   */
  double step(FloatBuffer pixels, long[] shape, Targets targets, double learningRate) {
    double value = learn(pixels, shape, targets, 1, learningRate);
    update(learningRate);
    return value;
  }

  /**
   * Adds a batch's gradients to those there are; a critic takes a step of its own before.
   *
   * @param pixels direct, {@code [N, C, H, W]}
   * @param share of the batch in the coming step, in (0, 1]
   * @param learningRate of the critic
   * @return the batch's loss
   */
  double learn(
      FloatBuffer pixels, long[] shape, Targets targets, double share, double learningRate) {
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      List<String> seen = seen();
      Tensor whole = place.move(tensor(pixels, shape));
      guides.see(whole);
      probe.begin();
      List<Tensor> outputs = answers(Growth.scaled(whole, scale), seen);
      probe.answered(outputs.get(0), targets);
      Critic critic = critic();
      if (critic != null && targets instanceof Targets.Values wanted) {
        Tensor made = levels(outputs.get(0));
        criticLoss = critic.learn(made, Losses.values(made, wanted), learningRate);
      }
      Tensor error = error(outputs.get(0), targets, isSigmoid());
      for (int i = 1; i < seen.size(); i++) {
        double weight = Objects.requireNonNull(auxiliary.weights().get(seen.get(i)));
        error = error.add(error(outputs.get(i), targets, false), new Scalar(weight));
      }
      double value = error.item_float();
      if (!Double.isFinite(value)) {
        String where =
            targets.isFinite()
                ? graph.firstNotFinite(Growth.scaled(place.move(tensor(pixels, shape)), scale))
                : "the data's values are no numbers";
        throw new NotFiniteException("the loss is %s: %s".formatted(value, where));
      }
      (share == 1 ? error : error.mul(new Scalar(share))).backward();
      return value;
    }
  }

  private List<Tensor> answers(Tensor x, List<String> seen) {
    try {
      return graph.train(x, seen);
    } catch (TrainException e) {
      if (scale == 1) {
        throw e;
      }
      throw new TrainException(
          "initial-scale: the net fails on pictures of %dx%d pixels: %s"
              .formatted(x.size(3), x.size(2), e.getMessage()),
          e);
    }
  }

  /** A step along the gradients, which are then gone. */
  void update(double learningRate) {
    try (Torch.Work work = Torch.work()) {
      probe.learned();
      long before = System.nanoTime();
      if (recipe.clipNorm() > 0) {
        updater.clip(recipe.clipNorm());
      }
      updater.step(learningRate);
      if (average != null) {
        average.follow();
      }
      updateNanos += System.nanoTime() - before;
    }
  }

  /** Has the net be what is measured and written until it is closed: the average, if any. */
  Torch.Work shown() {
    if (average == null) {
      return () -> {};
    }
    average.swap();
    return average::swap;
  }

  private Tensor error(Tensor output, Targets targets, boolean sigmoid) {
    if (targets instanceof Targets.Judged judged) {
      return judged.error().apply(output);
    }
    double smoothing = recipe.labelSmoothing();
    if (targets instanceof Targets.Mixed mixed) {
      return Losses.of(recipe.loss(), smoothing, weights, sigmoid, output, mixed, guides);
    }
    return targets instanceof Targets.Classes classes
        ? Losses.of(recipe.loss(), smoothing, weights, sigmoid, output, classes, guides)
        : Losses.of(recipe.loss(), unit, levels(output), (Targets.Values) targets, guides);
  }

  /** A net's own range as [0, 1]. */
  private Tensor levels(Tensor output) {
    return range.equals(UNIT)
        ? output
        : output
            .sub(new Scalar((double) range.low()))
            .div(new Scalar((double) range.high() - range.low()));
  }

  /**
   * The values that the loss looks at: logits for classes, else what the net gives; then the
   * auxiliary ones.
   */
  private List<String> seen() {
    String first = recipe.loss().isOfClasses() ? graph.ending().value() : graph.outputs().get(0);
    return Stream.concat(Stream.of(first), auxiliary.weights().keySet().stream()).toList();
  }

  private boolean isSigmoid() {
    return graph.ending().kind() == Ending.Kind.SIGMOID;
  }

  /** What the net gives in inference: its first output. */
  io.fovea.onnx.Tensor infer(FloatBuffer pixels, long[] shape) {
    try (Torch.Work work = Torch.work();
        Torch.Work exact = place.exact();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return Torch.copy("output", graph.infer(place.move(tensor(pixels, shape))));
    }
  }

  /** A direct buffer {@code [N, C, H, W]} as a tensor, which must not outlive it. */
  static Tensor tensor(FloatBuffer pixels, long[] shape) {
    // A direct buffer from its start: libtorch reads it where it is, while the step runs.
    return torch.from_blob(
        new FloatPointer(pixels.slice()), shape, new TensorOptions(ScalarType.Float));
  }

  TorchGraph graph() {
    return graph;
  }

  /** What the last step showed. */
  Probe probe() {
    return probe;
  }

  /** Seconds that the optimizer took since this was last asked. */
  double updateSeconds() {
    double seconds = updateNanos / 1e9;
    updateNanos = 0;
    return seconds;
  }

  /** The net that learns beside this one; null where there is none. */
  @Nullable Critic critic() {
    return guides.critic();
  }

  /** Its loss before its last step; NaN where there is none. */
  double criticLoss() {
    return criticLoss;
  }

  /** The outputs that serve training alone. */
  Auxiliary auxiliary() {
    return auxiliary;
  }

  /** The model as it is served, with the parameters and running statistics as they are now. */
  Model export() {
    Graph trained = model.graph().withInitializers(graph.state());
    return auxiliary.dropped(model.withGraph(trained));
  }

  @Override
  public void close() {
    updater.close();
    if (average != null) {
      average.close();
    }
    graph.close();
  }
}
