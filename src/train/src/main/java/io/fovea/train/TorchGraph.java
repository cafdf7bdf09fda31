package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX graph as a differentiable function over libtorch. The plan is compiled once: attributes
 * parsed, constants at hand, and for each node the values that nobody needs after it. Not
 * thread-safe.
 */
final class TorchGraph implements AutoCloseable {
  /**
   * A node with the slots of its values; {@code spent} are released after it, and its input {@code
   * free} may be overwritten. One that is {@code still} runs as in inference; {@code ofShapes}: its
   * values follow from the input's shape.
   */
  private record Step(
      Node node,
      boolean still,
      boolean ofShapes,
      Kernel kernel,
      int[] inputs,
      int[] outputs,
      int[] spent,
      int free) {
    Step with(Kernel other) {
      return new Step(node, still, ofShapes, other, inputs, outputs, spent, free);
    }
  }

  private final Roles roles;
  private final Ending ending;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Integer> slots = new HashMap<>();
  private final Map<String, Tensor> fixed = new LinkedHashMap<>(); // initializers and constants
  private final Place place;
  private ShapeCache shapes = ShapeCache.of(List.of(), Set.of());
  private final List<TorchGraph> branches = new ArrayList<>();
  private final List<String> inputs;
  private final List<String> outputs;
  private final Tensor[] start; // the fixed values at their slots
  private @Nullable Watcher watcher;
  private long pictures; // of the batch at hand

  /** Hears of every value as soon as it is there, before anything overwrites it. */
  interface Watcher {
    void value(Node node, String name, Tensor value);
  }

  /**
   * Compiles a model; functions of its own are taken for the nodes that they stand for.
   *
   * @throws TrainException listing every node that cannot be trained
   */
  TorchGraph(Model model, Selection selection, Place place) {
    this(model.inlined().graph(), model.opset(), Map.of(), selection, place);
  }

  /** The same on the CPU. */
  TorchGraph(Model model, Selection selection) {
    this(model, selection, Place.CPU);
  }

  private TorchGraph(
      Graph graph,
      int opset,
      Map<String, io.fovea.onnx.Tensor> outer,
      @Nullable Selection selection,
      Place place) {
    Torch.load();
    this.place = place;
    this.roles =
        selection == null
            ? new Roles(List.of(), List.of(), List.of()) // a branch learns nothing of its own
            : selection.of(Roles.of(graph), Roles.layers(graph), floats(graph));
    this.ending = Ending.of(graph);
    this.inputs =
        Stream.concat(graph.inputs().stream().map(ValueInfo::name), graph.captured().stream())
            .toList();
    this.outputs = graph.outputs().stream().map(ValueInfo::name).toList();
    Map<String, io.fovea.onnx.Tensor> constants = new LinkedHashMap<>(graph.initializers());
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      io.fovea.onnx.Tensor held = node.constant();
      if (held == null) {
        nodes.add(node);
      } else {
        constants.put(node.outputs().get(0), held.named(node.outputs().get(0)));
      }
    }
    Map<String, io.fovea.onnx.Tensor> known = new HashMap<>(outer);
    known.putAll(constants);
    roles.parameters().forEach(known::remove); // never folded into a kernel
    roles.state().forEach(known::remove);
    nodes = new ArrayList<>(Fusion.fuse(nodes, known, Set.copyOf(outputs)));
    List<Kernel> kernels = compile(nodes, opset, known);
    known.keySet().removeAll(outer.keySet());
    constants.putAll(known); // with what was folded
    Set<String> used = new HashSet<>(outputs);
    for (Node node : nodes) {
      used.addAll(Lifetimes.arguments(node));
    }
    constants.keySet().retainAll(used);
    constants.values().forEach(c -> fixed.put(c.name(), place.keep(Torch.copy(c))));
    inputs.forEach(this::slot);
    fixed.keySet().forEach(this::slot);
    this.shapes = ShapeCache.of(nodes, known.keySet()); // what is learned changes every step
    plan(nodes, kernels, selection);
    outputs.forEach(this::slot);
    this.start = new Tensor[slots.size()];
    fixed.forEach((name, tensor) -> start[slot(name)] = tensor);
    for (String name : roles.parameters()) {
      tensor(name).set_requires_grad(true);
    }
  }

  /** Kernels of the nodes; those that make constants of constants run now and are gone. */
  private List<Kernel> compile(
      List<Node> nodes, int opset, Map<String, io.fovea.onnx.Tensor> constants) {
    List<Kernel> kernels = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    Operation.Branches inner =
        graph -> {
          TorchGraph branch = new TorchGraph(graph, opset, constants, null, place);
          branches.add(branch);
          return branch;
        };
    int all = nodes.size();
    for (Node node : List.copyOf(nodes)) {
      try {
        Kernel kernel =
            Operators.of(node, Fusion.opset(node, opset))
                .compile(new Operation(node, opset, constants, inner));
        if (Folding.fold(node, kernel, constants)) {
          nodes.remove(node);
        } else {
          kernels.add(kernel);
        }
      } catch (RuntimeException e) {
        refused.add(e.getMessage());
      }
    }
    if (!refused.isEmpty()) {
      close();
      throw new TrainException(
          "%d of %d nodes cannot be trained:\n  %s"
              .formatted(refused.size(), all, String.join("\n  ", refused)));
    }
    return kernels;
  }

  private void plan(List<Node> nodes, List<Kernel> kernels, @Nullable Selection selection) {
    Set<String> kept = new HashSet<>(fixed.keySet());
    kept.addAll(inputs);
    kept.addAll(outputs);
    kept.add(ending.value());
    kept.add("");
    nodes.forEach(n -> n.outputs().stream().filter(shapes::holds).forEach(kept::add));
    Lifetimes lifetimes = new Lifetimes(nodes, kept);
    for (int n = 0; n < nodes.size(); n++) {
      Node node = nodes.get(n);
      boolean still = selection != null && isStill(node, selection);
      steps.add(
          new Step(
              node,
              still,
              node.outputs().stream().anyMatch(shapes::holds),
              kernels.get(n),
              slots(Lifetimes.arguments(node)),
              slots(node.outputs()),
              slots(lifetimes.spent(n)),
              lifetimes.free(n)));
    }
  }

  /** A batch normalization of a frozen layer moves with nothing, nor do its statistics. */
  private boolean isStill(Node node, Selection selection) {
    return node.operator().equals("BatchNormalization")
        && (selection.freezeStatistics() || !roles.parameters().contains(node.inputs().get(1)));
  }

  private static Set<String> floats(Graph graph) {
    return graph.initializers().values().stream()
        .filter(t -> t.type().isFloating())
        .map(io.fovea.onnx.Tensor::name)
        .collect(Collectors.toSet());
  }

  private int[] slots(List<String> names) {
    return names.stream().mapToInt(n -> n.isEmpty() ? -1 : slot(n)).toArray();
  }

  private int slot(String name) {
    return slots.computeIfAbsent(name, k -> slots.size());
  }

  /**
   * Has residual branches be left out at random while training.
   *
   * @throws TrainException where there are none
   */
  void dropBranches(double rate) {
    List<Node> nodes = steps.stream().map(Step::node).toList();
    Map<Node, Kernel> sums = new HashMap<>();
    steps.forEach(s -> sums.put(s.node, s.kernel));
    var branches = StochasticDepth.branches(nodes, fixed.keySet(), roles.parameters());
    sums.putAll(StochasticDepth.kernels(sums, branches, rate, () -> pictures));
    steps.replaceAll(s -> s.with(Objects.requireNonNull(sums.get(s.node))));
  }

  /** Has convolutions and matrix products compute in bfloat16 while training. */
  void narrow() {
    steps.replaceAll(s -> Bfloat16.takes(s.node) ? s.with(Bfloat16.kernel(s.kernel)) : s);
    branches.forEach(TorchGraph::narrow);
  }

  Roles roles() {
    return roles;
  }

  /** What the net ends in, and where the loss looks. */
  Ending ending() {
    return ending;
  }

  List<String> inputs() {
    return inputs;
  }

  List<String> outputs() {
    return outputs;
  }

  /** A parameter, a running statistic or a constant. */
  Tensor tensor(String name) {
    return Objects.requireNonNull(fixed.get(name), name);
  }

  /**
   * Values as training has them: normalizations use the batch's statistics, dropout is active.
   *
   * @param x {@code [N, C, H, W]}
   * @param wanted outputs, or what stands before the first one's softmax
   */
  List<Tensor> train(Tensor x, List<String> wanted) {
    @Nullable Tensor[] values = run(new Tensor[] {x}, true, wanted);
    return wanted.stream().map(name -> get(values, name)).toList();
  }

  /**
   * The first output in inference.
   *
   * @param x {@code [N, C, H, W]}
   */
  Tensor infer(Tensor x) {
    String first = outputs.get(0);
    return get(run(new Tensor[] {x}, false, List.of(first)), first);
  }

  /** Some of the outputs in inference; what comes after them is not computed. */
  Tensor[] infer(Tensor x, List<String> wanted) {
    @Nullable Tensor[] values = run(new Tensor[] {x}, false, wanted);
    return wanted.stream().map(name -> get(values, name)).toArray(Tensor[]::new);
  }

  /**
   * All outputs.
   *
   * @param in in the order of {@link #inputs}
   */
  Tensor[] run(Tensor[] in, boolean training) {
    @Nullable Tensor[] values = run(in, training, outputs);
    return outputs.stream().map(name -> get(values, name)).toArray(Tensor[]::new);
  }

  /** Where the first number that is none comes from in a training run: for messages. */
  String firstNotFinite(Tensor x) {
    if (!isFinite(x)) {
      return "the data has values that are no numbers";
    }
    String parameter = parameterNotFinite();
    if (!parameter.isEmpty()) {
      return parameter;
    }
    @Nullable Node[] first = new Node[1];
    watch((node, name, value) -> first[0] = first[0] != null || isFinite(value) ? first[0] : node);
    train(x, outputs);
    watch(null);
    Object where = first[0] == null ? "the loss itself" : first[0];
    return "first from " + where + "; lower the learning rate";
  }

  /** Has a watcher hear of the runs to come; none for null. */
  void watch(@Nullable Watcher w) {
    watcher = w;
  }

  /** What is wrong with the parameters; empty where all are finite. */
  String parameterNotFinite() {
    return roles.parameters().stream()
        .filter(name -> !isFinite(tensor(name)))
        .findFirst()
        .map(name -> "parameter '" + name + "' is no longer finite; lower the learning rate")
        .orElse("");
  }

  private static boolean isFinite(Tensor tensor) {
    return !tensor.is_floating_point() || torch.isfinite(tensor).all().item_bool();
  }

  private @Nullable Tensor[] arguments(Step step, @Nullable Tensor[] values) {
    @Nullable Tensor[] args = new Tensor[step.inputs.length];
    for (int i = 0; i < args.length; i++) {
      args[i] = step.inputs[i] < 0 ? null : values[step.inputs[i]];
    }
    return place.together(args, ShapeCache.readsSizes(step.node));
  }

  private Tensor get(@Nullable Tensor[] values, String name) {
    Tensor value = values[slot(name)];
    if (value == null) {
      throw new TrainException("output '" + name + "' was not produced");
    }
    return fixed.containsKey(name) ? new Tensor(value) : value; // whoever gets it may close it
  }

  /** All values that are kept, by slot; ends early once those that are wanted are there. */
  private @Nullable Tensor[] run(Tensor[] in, boolean training, List<String> wanted) {
    @Nullable Tensor[] values = start.clone();
    pictures = in.length == 0 || in[0].dim() == 0 ? 0 : in[0].size(0);
    for (int i = 0; i < in.length; i++) {
      values[slot(inputs.get(i))] = in[i];
    }
    int[] last = slots(wanted);
    Map<Integer, Tensor> found = shapes.find(in);
    Map<Integer, Tensor> kept = found == null ? shapes.begin(in) : null;
    if (found != null) {
      found.forEach((slot, value) -> values[slot] = value);
    }
    for (Step step : steps) {
      if (areThere(last, values)) {
        break;
      }
      if (step.ofShapes && found != null && areThere(step.outputs, values)) {
        continue;
      }
      @Nullable Tensor[] args = arguments(step, values);
      @Nullable Tensor[] results = run(step, new Frame(args, training && !step.still, step.free));
      for (int i = 0; i < step.outputs.length; i++) {
        if (step.outputs[i] >= 0 && i < results.length) {
          Tensor value = own(results[i], args);
          values[step.outputs[i]] = value;
          if (watcher != null && value != null) {
            watcher.value(step.node, step.node.outputs().get(i), value);
          }
          if (kept != null && step.ofShapes && value != null) {
            kept.put(step.outputs[i], value.retainReference());
          }
        }
      }
      for (int slot : step.spent) {
        Tensor value = values[slot];
        if (value != null) {
          value.close();
          values[slot] = null;
        }
      }
    }
    return values;
  }

  private static boolean areThere(int[] wanted, @Nullable Tensor[] values) {
    return Arrays.stream(wanted).allMatch(slot -> slot < 0 || values[slot] != null);
  }

  /** A handle of its own where a kernel passed its input on: each is closed once. */
  private static @Nullable Tensor own(@Nullable Tensor out, @Nullable Tensor[] args) {
    for (Tensor in : args) {
      if (in != null && in == out) {
        return new Tensor(in);
      }
    }
    return out;
  }

  private static @Nullable Tensor[] run(Step step, Frame frame) {
    try {
      return step.kernel.run(frame);
    } catch (TrainException e) {
      throw e;
    } catch (RuntimeException e) {
      List<String> shapes = new ArrayList<>();
      for (int i = 0; i < frame.inputs().length; i++) {
        shapes.add(frame.has(i) ? Arrays.toString(Torch.shape(frame.get(i))) : "none");
      }
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new TrainException(step.node + ": inputs " + shapes + ": " + why, e);
    }
  }

  /** Parameters and running statistics as they are now. */
  Map<String, io.fovea.onnx.Tensor> state() {
    Map<String, io.fovea.onnx.Tensor> values = new HashMap<>();
    for (List<String> names : List.of(roles.parameters(), roles.state())) {
      names.forEach(name -> values.put(name, Torch.copy(name, tensor(name))));
    }
    return values;
  }

  @Override
  public void close() {
    branches.forEach(TorchGraph::close);
    shapes.close();
    fixed.values().forEach(Tensor::close);
    fixed.clear();
  }
}
