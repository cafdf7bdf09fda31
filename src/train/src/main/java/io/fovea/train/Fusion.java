package io.fovea.train;

import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes the nodes into which exporters before opset 20 wrote a GELU, {@code x / sqrt 2}, Erf,
 * {@code + 1}, {@code * x}, {@code * 0.5}, for the one operator that they stand for: the same
 * numbers, and one value kept for the backward pass instead of four. The file keeps its nodes.
 */
final class Fusion {
  /** The opset whose Gelu a fused node is. */
  static final int GELU_OPSET = 20;

  private static final double BOUND = 1e-4; // exporters write the constants in float

  private final Map<String, Tensor> constants;
  private final Map<String, Node> producers = new HashMap<>();
  private final Map<String, List<Node>> users = new HashMap<>();
  private final Set<String> outputs;

  private Fusion(List<Node> nodes, Map<String, Tensor> constants, Set<String> outputs) {
    this.constants = constants;
    this.outputs = outputs;
    for (Node node : nodes) {
      node.outputs().forEach(o -> producers.put(o, node));
      node.inputs().forEach(i -> users.computeIfAbsent(i, k -> new ArrayList<>()).add(node));
      node.captured().forEach(i -> users.computeIfAbsent(i, k -> new ArrayList<>()).add(node));
    }
  }

  /** The nodes with each GELU as one. */
  static List<Node> gelus(List<Node> nodes, Map<String, Tensor> constants, Set<String> outputs) {
    Fusion fusion = new Fusion(nodes, constants, outputs);
    Set<Node> gone = new HashSet<>();
    Map<Node, Node> fused = new HashMap<>();
    for (Node node : nodes) {
      if (node.operator().equals("Erf")) {
        List<Node> all = fusion.gelu(node);
        if (!all.isEmpty()) {
          Node last = all.get(all.size() - 1);
          gone.addAll(all);
          fused.put(last, one(fusion.inner(all.get(0)), last));
        }
      }
    }
    return nodes.stream()
        .filter(n -> !gone.contains(n) || fused.containsKey(n))
        .map(n -> fused.getOrDefault(n, n))
        .toList();
  }

  private static Node one(String x, Node last) {
    NodeProto.Builder gelu =
        NodeProto.newBuilder().setOpType("Gelu").setName(last.label()).addInput(x);
    return new Node(gelu.addOutput(last.outputs().get(0)).build(), null);
  }

  /** The nodes of the GELU around an Erf, its division first, its last product last; or none. */
  private List<Node> gelu(Node erf) {
    Node scaled = producers.get(erf.inputs().get(0));
    if (scaled == null || !isScaling(scaled) || !isInside(scaled)) {
      return List.of();
    }
    String x = inner(scaled);
    Node plusOne = user(erf);
    if (plusOne == null || !isBy(plusOne, "Add", 1)) {
      return List.of();
    }
    Node product = user(plusOne);
    if (product == null || !product.operator().equals("Mul")) {
      return List.of();
    }
    String other = other(product, plusOne.outputs().get(0));
    if (other.equals(x)) { // (x * (1 + erf)) * 0.5
      Node half = user(product);
      return half != null && isBy(half, "Mul", 0.5)
          ? List.of(scaled, erf, plusOne, product, half)
          : List.of();
    }
    Node half = producers.get(other); // (x * 0.5) * (1 + erf)
    return half != null && isBy(half, "Mul", 0.5) && isInside(half) && inner(half).equals(x)
        ? List.of(scaled, erf, plusOne, half, product)
        : List.of();
  }

  private boolean isScaling(Node node) {
    return isBy(node, "Div", Math.sqrt(2)) || isBy(node, "Mul", Math.sqrt(0.5));
  }

  /** Whether a node combines a value with a number. */
  private boolean isBy(Node node, String operator, double number) {
    if (!node.operator().equals(operator) || node.inputs().size() != 2) {
      return false;
    }
    boolean second = isNumber(node.inputs().get(1), number);
    return second || (!operator.equals("Div") && isNumber(node.inputs().get(0), number));
  }

  private boolean isNumber(String name, double number) {
    Tensor tensor = constants.get(name);
    return tensor != null
        && tensor.type().isFloating()
        && tensor.size() == 1
        && Math.abs(tensor.doubles()[0] - number) < BOUND;
  }

  /** The input of a node by a number that is none. */
  private String inner(Node node) {
    return constants.containsKey(node.inputs().get(0))
        ? node.inputs().get(1)
        : node.inputs().get(0);
  }

  private static String other(Node node, String name) {
    return node.inputs().get(0).equals(name) ? node.inputs().get(1) : node.inputs().get(0);
  }

  /** The only user of a value that nobody else wants. */
  private @Nullable Node user(Node node) {
    List<Node> all = users.getOrDefault(node.outputs().get(0), List.of());
    return isInside(node) ? all.get(0) : null;
  }

  private boolean isInside(Node node) {
    String output = node.outputs().get(0);
    return !outputs.contains(output) && users.getOrDefault(output, List.of()).size() == 1;
  }
}
