package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.TensorType;
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

/** A graph, its loss and its optimizer: one step at a time. Not thread-safe. */
final class Learner implements AutoCloseable {
  private final Model model;
  private final Place place;
  private final TorchGraph graph;
  private final Auxiliary auxiliary;
  private final Updater updater;
  private final Loss loss;
  private final double labelSmoothing;
  private final double[] unit;

  /**
   * Makes a net ready to be trained on the CPU.
   *
   * @param unit of each value that is learned, in which the loss measures its error; empty for 1
   */
  Learner(Model model, Recipe recipe, double... unit) {
    this(model, recipe, Place.CPU, unit);
  }

  /** The same elsewhere. */
  Learner(Model model, Recipe recipe, Place place, double... unit) {
    this.model = model;
    this.place = place;
    this.auxiliary = Auxiliary.of(model);
    this.graph = new TorchGraph(model, recipe.selection(), place);
    List<String> names = graph.roles().parameters();
    try {
      if (graph.inputs().size() != 1) {
        throw new TrainException("expected one input, met " + graph.inputs());
      }
      checkInput();
      for (String name : names) {
        ScalarType type = graph.tensor(name).scalar_type().intern();
        if (type != ScalarType.Float) {
          throw new TrainException("parameter '%s': expected float, met %s".formatted(name, type));
        }
      }
      if (names.isEmpty()) {
        throw new TrainException("the graph has no parameters to train");
      }
      this.updater = Updater.of(recipe.optimizer(), parameters(names, recipe.selection()));
    } catch (TrainException e) {
      graph.close();
      throw e;
    }
    this.loss = recipe.loss();
    this.labelSmoothing = recipe.labelSmoothing();
    this.unit = unit;
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

  /** Brings parameters and running statistics back to what {@link TorchGraph#state} gave. */
  void restore(Map<String, io.fovea.onnx.Tensor> state) {
    try (NoGradGuard guard = new NoGradGuard()) {
      state.forEach(
          (name, values) -> {
            try (Tensor copy = Torch.copy(values)) {
              graph.tensor(name).copy_(copy);
            }
          });
    }
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
   * One step.
   *
   * @param pixels direct, {@code [N, C, H, W]}
   * @return the batch's loss before the step
   */
  double step(FloatBuffer pixels, long[] shape, Targets targets, double learningRate) {
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      List<String> seen = seen();
      List<Tensor> outputs = graph.train(place.move(tensor(pixels, shape)), seen);
      Tensor error = error(outputs.get(0), targets, isSigmoid());
      for (int i = 1; i < seen.size(); i++) {
        double weight = Objects.requireNonNull(auxiliary.weights().get(seen.get(i)));
        error = error.add(error(outputs.get(i), targets, false), new Scalar(weight));
      }
      double value = error.item_float();
      if (!Double.isFinite(value)) {
        String where =
            targets.isFinite()
                ? graph.firstNotFinite(place.move(tensor(pixels, shape)))
                : "the data's values are no numbers";
        throw new NotFiniteException("the loss is %s: %s".formatted(value, where));
      }
      error.backward();
      updater.step(learningRate);
      return value;
    }
  }

  private Tensor error(Tensor output, Targets targets, boolean sigmoid) {
    if (targets instanceof Targets.Judged judged) {
      return judged.error().apply(output);
    }
    return targets instanceof Targets.Classes classes
        ? Losses.of(loss, labelSmoothing, sigmoid, output, classes)
        : Losses.of(loss, unit, output, (Targets.Values) targets);
  }

  /**
   * The values that the loss looks at: logits for classes, else what the net gives; then the
   * auxiliary ones.
   */
  private List<String> seen() {
    String first = loss.isOfClasses() ? graph.ending().value() : graph.outputs().get(0);
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
    graph.close();
  }
}
