package io.fovea.train;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes nodes into which exporters wrote an operator that their opset did not have yet for that
 * operator: the same numbers, and one value kept for the backward pass instead of many. The file
 * keeps its nodes.
 *
 * <ul>
 *   <li>GELU: {@code x / sqrt 2}, Erf, {@code + 1}, {@code * x}, {@code * 0.5}
 *   <li>layer normalization: {@code d = x - mean(x)}, {@code d / sqrt(mean(d^2) + epsilon)}, {@code
 *       * weight}, {@code + bias}
 * </ul>
 */
final class Fusion {
  /** The opset from which a file has the operator itself. */
  private static final Map<String, Integer> SINCE = Map.of("Gelu", 20, "LayerNormalization", 17);

  private static final double BOUND = 1e-4; // exporters write the constants in float

  /** Nodes that stand for one; the last one's output is its output. */
  private record Match(NodeProto.Builder whole, Node... parts) {
    Node last() {
      return parts[parts.length - 1];
    }

    Node node() {
      return new Node(
          whole.setName(last().label()).addOutput(last().outputs().get(0)).build(), null);
    }
  }

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

  /** The nodes with each group that stands for one operator as that one. */
  static List<Node> fuse(List<Node> nodes, Map<String, Tensor> constants, Set<String> outputs) {
    Fusion fusion = new Fusion(nodes, constants, outputs);
    Set<Node> gone = new HashSet<>();
    Map<Node, Node> fused = new HashMap<>();
    for (Node node : nodes) {
      Match match =
          switch (node.operator()) {
            case "Erf" -> fusion.gelu(node);
            case "Sqrt" -> fusion.layerNormalization(node);
            default -> null;
          };
      if (match != null) {
        gone.addAll(List.of(match.parts));
        fused.put(match.last(), match.node());
      }
    }
    return nodes.stream()
        .filter(n -> !gone.contains(n) || fused.containsKey(n))
        .map(n -> fused.getOrDefault(n, n))
        .toList();
  }

  /** The opset that a node is of: at least the one that has its operator. */
  static int opset(Node node, int opset) {
    return node.domain().isEmpty()
        ? Math.max(opset, SINCE.getOrDefault(node.operator(), 0))
        : opset;
  }

  private static NodeProto.Builder whole(String operator, String... inputs) {
    return NodeProto.newBuilder().setOpType(operator).addAllInput(List.of(inputs));
  }

  private @Nullable Match gelu(Node erf) {
    Node scaled = producers.get(erf.inputs().get(0));
    if (scaled == null || !isScaling(scaled) || !isInside(scaled)) {
      return null;
    }
    String x = inner(scaled);
    Node plusOne = user(erf, "Add");
    Node product = user(plusOne, "Mul");
    if (plusOne == null || product == null || !isBy(plusOne, 1)) {
      return null;
    }
    NodeProto.Builder gelu = whole("Gelu", x);
    String other = other(product, plusOne);
    if (other.equals(x)) { // (x * (1 + erf)) * 0.5
      Node half = user(product, "Mul");
      return half != null && isBy(half, 0.5)
          ? new Match(gelu, scaled, erf, plusOne, product, half)
          : null;
    }
    Node half = part(other, "Mul"); // (x * 0.5) * (1 + erf)
    return half != null && isBy(half, 0.5) && inner(half).equals(x)
        ? new Match(gelu, scaled, erf, plusOne, half, product)
        : null;
  }

  private @Nullable Match layerNormalization(Node sqrt) {
    Node shifted = part(sqrt, 0, "Add");
    Node variance = shifted == null ? null : part(inner(shifted), "ReduceMean");
    Node square = part(variance, 0, "Pow");
    Node centred = square == null ? null : producers.get(square.inputs().get(0));
    Node mean = part(centred, 1, "ReduceMean");
    Node scaled = user(sqrt, "Div");
    Node weighted = user(scaled, "Mul");
    Node last = user(weighted, "Add");
    if (shifted == null
        || variance == null
        || square == null
        || centred == null
        || mean == null
        || scaled == null
        || weighted == null
        || last == null) {
      return null;
    }
    String x = mean.inputs().get(0);
    boolean centres = centred.operator().equals("Sub") && centred.inputs().get(0).equals(x);
    boolean scales = scaled.inputs().equals(List.of(value(centred), value(sqrt)));
    Double epsilon = number(other(shifted, variance));
    int axes = lastAxes(mean);
    if (!centres
        || !scales
        || !isBy(square, 2)
        || !isWanted(centred, 2)
        || epsilon == null
        || axes == 0
        || lastAxes(variance) != axes) {
      return null;
    }
    NodeProto.Builder whole =
        whole("LayerNormalization", x, other(weighted, scaled), other(last, weighted))
            .addAttribute(Attribute.of("axis", -axes).proto())
            .addAttribute(Attribute.of("epsilon", epsilon.floatValue()).proto());
    return new Match(whole, mean, centred, square, variance, shifted, sqrt, scaled, weighted, last);
  }

  /** How many of the last axes a reduction keeps at 1; 0 where it does anything else. */
  private int lastAxes(Node reduction) {
    long[] axes = reduction.attribute("axes", new long[0]);
    if (reduction.inputs().size() > 1) {
      Tensor given = constants.get(reduction.inputs().get(1));
      axes = given == null ? axes : given.longs();
    }
    long[] sorted = Arrays.stream(axes).sorted().toArray();
    long[] last = LongStream.range(-axes.length, 0).toArray();
    return Arrays.equals(sorted, last) && reduction.attribute("keepdims", 1) != 0 ? axes.length : 0;
  }

  private boolean isScaling(Node node) {
    return (node.operator().equals("Div") && isBy(node, Math.sqrt(2)))
        || (node.operator().equals("Mul") && isBy(node, Math.sqrt(0.5)));
  }

  /** Whether a node combines a value with a number. */
  private boolean isBy(Node node, double number) {
    boolean commutes = Set.of("Add", "Mul").contains(node.operator());
    return node.inputs().size() == 2
        && (isNumber(node.inputs().get(1), number)
            || (commutes && isNumber(node.inputs().get(0), number)));
  }

  private boolean isNumber(String name, double wanted) {
    Double met = number(name);
    return met != null && Math.abs(met - wanted) < BOUND;
  }

  private @Nullable Double number(String name) {
    Tensor tensor = constants.get(name);
    return tensor != null && tensor.type().isFloating() && tensor.size() == 1
        ? tensor.doubles()[0]
        : null;
  }

  private static String value(Node node) {
    return node.outputs().get(0);
  }

  /** The input of a node by a number that is none. */
  private String inner(Node node) {
    return constants.containsKey(node.inputs().get(0))
        ? node.inputs().get(1)
        : node.inputs().get(0);
  }

  /** The input of a node that another one did not make. */
  private static String other(Node node, Node maker) {
    return node.inputs().get(0).equals(value(maker)) ? node.inputs().get(1) : node.inputs().get(0);
  }

  /** What makes a node's input, where it is of an operator and nobody else wants the value. */
  private @Nullable Node part(@Nullable Node node, int input, String operator) {
    return node == null || input >= node.inputs().size()
        ? null
        : part(node.inputs().get(input), operator);
  }

  private @Nullable Node part(String value, String operator) {
    Node node = producers.get(value);
    return node != null && node.operator().equals(operator) && isInside(node) ? node : null;
  }

  /** The only user of a value that nobody else wants, where it is of an operator. */
  private @Nullable Node user(@Nullable Node node, String operator) {
    if (node == null || !isInside(node)) {
      return null;
    }
    Node user = users.getOrDefault(value(node), List.of()).get(0);
    return user.operator().equals(operator) ? user : null;
  }

  private boolean isInside(Node node) {
    return isWanted(node, 1);
  }

  /** Whether a value is used so many times, and by nodes alone. */
  private boolean isWanted(Node node, int times) {
    return !outputs.contains(value(node))
        && users.getOrDefault(value(node), List.of()).size() == times;
  }
}
