package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which initializers of a graph training changes. A parameter is a float initializer on a
 * differentiable path to an output, except single numbers in elementwise operators and what stands
 * before the first learned layer (the mean and deviation of the input), and what a MatMul has on
 * its left: coordinates that a predicted matrix moves, where linear layers have their weight on the
 * right. State is what normalizations follow without a gradient.
 *
 * @param parameters changed by the optimizer
 * @param state running means and variances
 * @param constants all others
 */
public record Roles(List<String> parameters, List<String> state, List<String> constants) {
  private static final Set<String> ELEMENTWISE =
      Set.of("Add", "Sub", "Mul", "Div", "Pow", "Sum", "Min", "Max", "Mean", "Where");
  private static final Set<String> LEARNED =
      Set.of(
          "Conv",
          "ConvTranspose",
          "Gemm",
          "MatMul",
          "BatchNormalization",
          "LayerNormalization",
          "InstanceNormalization",
          "GroupNormalization",
          "PRelu");

  /** The roles of a graph's initializers, each list in the file's order. */
  public static Roles of(Graph graph) {
    Map<String, Tensor> all = graph.initializers();
    Set<String> state = new HashSet<>();
    Set<String> learned = new TreeSet<>();
    Set<String> reached = reached(graph);
    Set<String> raw = raw(graph);
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.inputs().size(); i++) {
        String name = node.inputs().get(i);
        Tensor tensor = all.get(name);
        if (tensor == null) {
          continue;
        }
        if (node.operator().equals("BatchNormalization") && i >= 3) {
          state.add(name);
        } else if (tensor.type().isFloating()
            && node.outputs().stream().anyMatch(reached::contains)
            && Operators.differentiable(node, i)
            && !isPlainNumber(node, tensor)
            && !(node.operator().equals("MatMul") && i == 0)
            && !normalizesInput(node, raw)) {
          learned.add(name);
        }
      }
    }
    learned.removeAll(state);
    List<String> parameters = all.keySet().stream().filter(learned::contains).toList();
    List<String> running = all.keySet().stream().filter(state::contains).toList();
    List<String> constants =
        all.keySet().stream().filter(n -> !learned.contains(n) && !state.contains(n)).toList();
    return new Roles(parameters, running, constants);
  }

  /**
   * The parameters of each layer: of each node that has any, in the graph's order; one that several
   * nodes use is of the first.
   */
  static List<List<String>> layers(Graph graph) {
    Set<String> left = new LinkedHashSet<>(of(graph).parameters());
    List<List<String>> layers = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<String> own = node.inputs().stream().filter(left::contains).distinct().toList();
      if (!own.isEmpty()) {
        layers.add(own);
        own.forEach(left::remove);
      }
    }
    return layers;
  }

  /** A GELU's 0.5: other exporters write such numbers as initializers. */
  private static boolean isPlainNumber(Node node, Tensor tensor) {
    return ELEMENTWISE.contains(node.operator()) && tensor.size() == 1;
  }

  private static boolean normalizesInput(Node node, Set<String> raw) {
    return ELEMENTWISE.contains(node.operator()) && node.inputs().stream().anyMatch(raw::contains);
  }

  /** Values that a gradient of the outputs reaches. */
  private static Set<String> reached(Graph graph) {
    Set<String> reached = new HashSet<>();
    graph.outputs().forEach(o -> reached.add(o.name()));
    List<Node> nodes = graph.nodes();
    for (int n = nodes.size() - 1; n >= 0; n--) {
      Node node = nodes.get(n);
      if (node.outputs().stream().anyMatch(reached::contains)) {
        for (int i = 0; i < node.inputs().size(); i++) {
          if (Operators.differentiable(node, i)) {
            reached.add(node.inputs().get(i));
          }
        }
      }
    }
    return reached;
  }

  /** Values made from the input alone, with nothing learned. */
  private static Set<String> raw(Graph graph) {
    Set<String> raw = new HashSet<>();
    List<String> inputs = graph.inputs().stream().map(ValueInfo::name).toList();
    raw.addAll(inputs);
    for (Node node : graph.nodes()) {
      boolean fromRaw = node.inputs().stream().anyMatch(raw::contains);
      if (fromRaw && !LEARNED.contains(node.operator())) {
        raw.addAll(new ArrayList<>(node.outputs()));
      }
    }
    return raw;
  }
}
