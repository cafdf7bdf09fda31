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
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * An ONNX graph as a differentiable function over libtorch. The plan is compiled once: attributes
 * parsed, constants at hand, and for each node the values that nobody needs after it. Not
 * thread-safe.
 */
final class TorchGraph implements AutoCloseable {
  /** A node with the slots of its values; {@code spent} are released after it. */
  private record Step(Node node, Kernel kernel, int[] inputs, int[] outputs, int[] spent) {}

  private final Model model;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Integer> slots = new HashMap<>();
  private final Map<String, Tensor> fixed = new LinkedHashMap<>(); // initializers and constants
  private final Roles roles;
  private final int input;
  private final int output;

  /**
   * Compiles a model with one input; its first output is what is trained.
   *
   * @throws TrainException listing every node that cannot be trained
   */
  TorchGraph(Model model) {
    Torch.load();
    this.model = model;
    Graph graph = model.graph();
    this.roles = Roles.of(graph);
    List<ValueInfo> inputs = graph.inputs();
    if (inputs.size() != 1) {
      throw new TrainException(
          "expected one input, met " + inputs.stream().map(ValueInfo::name).toList());
    }
    Map<String, io.fovea.onnx.Tensor> constants = new HashMap<>(graph.initializers());
    roles.parameters().forEach(constants::remove); // never folded into a kernel
    List<Node> nodes = graph.nodes();
    List<Kernel> kernels = compile(nodes, constants);
    graph.initializers().values().forEach(this::fix);
    this.input = slot(inputs.get(0).name());
    for (Node node : nodes) {
      io.fovea.onnx.Tensor held = node.constant();
      if (held != null) {
        fix(held.named(node.outputs().get(0)));
      }
    }
    String first = graph.outputs().get(0).name();
    plan(nodes, kernels, first);
    this.output = slot(first);
    for (String name : roles.parameters()) {
      tensor(name).set_requires_grad(true);
    }
  }

  private List<Kernel> compile(List<Node> nodes, Map<String, io.fovea.onnx.Tensor> constants) {
    List<Kernel> kernels = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    int opset = model.opset();
    for (Node node : nodes) {
      io.fovea.onnx.Tensor held = node.constant();
      if (held != null) {
        constants.put(node.outputs().get(0), held);
      }
      Operators.Compiler compiler = Operators.of(node, opset);
      try {
        if (compiler == null && held == null) {
          throw new TrainException("%s: not trained with at opset %d".formatted(node, opset));
        }
        Kernel nothing = in -> new Tensor[0];
        kernels.add(
            compiler == null ? nothing : compiler.compile(new Operation(node, opset, constants)));
      } catch (RuntimeException e) {
        refused.add(e.getMessage());
      }
    }
    if (!refused.isEmpty()) {
      throw new TrainException(
          "%d of %d nodes cannot be trained:\n  %s"
              .formatted(refused.size(), nodes.size(), String.join("\n  ", refused)));
    }
    return kernels;
  }

  private void plan(List<Node> nodes, List<Kernel> kernels, String wanted) {
    Map<String, Integer> lastUse = new HashMap<>();
    for (int n = 0; n < nodes.size(); n++) {
      for (String name : nodes.get(n).inputs()) {
        lastUse.put(name, n);
      }
      for (String name : nodes.get(n).outputs()) {
        lastUse.putIfAbsent(name, n);
      }
    }
    for (int n = 0; n < nodes.size(); n++) {
      Node node = nodes.get(n);
      if (node.constant() != null) {
        continue;
      }
      int at = n;
      Set<String> values = new HashSet<>(node.inputs());
      values.addAll(node.outputs());
      int[] spent =
          values.stream()
              .filter(v -> !v.isEmpty() && lastUse.getOrDefault(v, -1) == at)
              .filter(v -> !fixed.containsKey(v) && !v.equals(wanted) && slot(v) != input)
              .mapToInt(this::slot)
              .toArray();
      steps.add(new Step(node, kernels.get(n), slots(node.inputs()), slots(node.outputs()), spent));
    }
  }

  private void fix(io.fovea.onnx.Tensor tensor) {
    slot(tensor.name());
    fixed.put(tensor.name(), Torch.copy(tensor));
  }

  private int[] slots(List<String> names) {
    return names.stream().mapToInt(n -> n.isEmpty() ? -1 : slot(n)).toArray();
  }

  private int slot(String name) {
    return slots.computeIfAbsent(name, k -> slots.size());
  }

  Roles roles() {
    return roles;
  }

  /** A parameter, a running statistic or a constant. */
  Tensor tensor(String name) {
    Tensor tensor = fixed.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(name);
    }
    return tensor;
  }

  /**
   * The first output.
   *
   * @param x {@code [N, C, H, W]}
   * @param training whether normalizations use the batch's statistics and dropout is active
   */
  Tensor forward(Tensor x, boolean training) {
    Tensor[] values = new Tensor[slots.size()];
    fixed.forEach((name, tensor) -> values[slot(name)] = tensor);
    values[input] = x;
    for (Step step : steps) {
      Tensor[] inputs = new Tensor[step.inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = step.inputs[i] < 0 ? null : values[step.inputs[i]];
      }
      Tensor[] outputs = run(step, new Frame(inputs, training));
      for (int i = 0; i < step.outputs.length; i++) {
        if (step.outputs[i] >= 0) {
          values[step.outputs[i]] = i < outputs.length ? own(outputs[i], inputs) : null;
        }
      }
      for (int slot : step.spent) {
        if (values[slot] != null) {
          values[slot].close();
          values[slot] = null;
        }
      }
    }
    return values[output];
  }

  /** A handle of its own where a kernel passed its input on: each is closed once. */
  private static Tensor own(Tensor out, Tensor[] inputs) {
    for (Tensor in : inputs) {
      if (in == out) {
        return new Tensor(out);
      }
    }
    return out;
  }

  private static Tensor[] run(Step step, Frame frame) {
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

  /** The model with the parameters and running statistics as they are now. */
  Model export() {
    Map<String, io.fovea.onnx.Tensor> values = new HashMap<>();
    for (List<String> names : List.of(roles.parameters(), roles.state())) {
      names.forEach(name -> values.put(name, Torch.copy(name, tensor(name))));
    }
    return model.withGraph(model.graph().withInitializers(values));
  }

  @Override
  public void close() {
    fixed.values().forEach(Tensor::close);
    fixed.clear();
  }
}
