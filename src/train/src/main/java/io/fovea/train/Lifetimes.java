package io.fovea.train;

import io.fovea.onnx.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** How long a graph's values are needed: what ends at a node, and what the node may overwrite. */
final class Lifetimes {
  /** Operators whose first output is storage of its own, and not needed for their gradient. */
  private static final Set<String> FRESH =
      Set.of(
          ("Conv ConvTranspose Gemm MatMul BatchNormalization LayerNormalization"
                  + " GroupNormalization Add Sub Mul")
              .split(" "));

  private final List<Node> nodes;
  private final Set<String> kept;
  private final Map<String, Integer> lastUse = new HashMap<>();
  private final Map<String, Integer> uses = new HashMap<>();
  private final Set<String> fresh = new HashSet<>();

  /**
   * The lifetimes of the values of some nodes.
   *
   * @param kept names of values that never end
   */
  Lifetimes(List<Node> nodes, Set<String> kept) {
    this.nodes = nodes;
    this.kept = kept;
    for (int n = 0; n < nodes.size(); n++) {
      Node node = nodes.get(n);
      for (String name : arguments(node)) {
        lastUse.put(name, n);
        uses.merge(name, 1, Integer::sum);
      }
      for (String name : node.outputs()) {
        lastUse.putIfAbsent(name, n);
      }
      if (FRESH.contains(node.operator())) {
        fresh.add(node.outputs().get(0));
      }
    }
  }

  /** What a node is given: its inputs, then what its graphs use from outside. */
  static List<String> arguments(Node node) {
    return Stream.concat(node.inputs().stream(), node.captured().stream()).toList();
  }

  /** Values that nobody needs after a node. */
  List<String> spent(int n) {
    Node node = nodes.get(n);
    return Stream.concat(arguments(node).stream(), node.outputs().stream())
        .distinct()
        .filter(name -> lastUse.getOrDefault(name, -1) == n && !kept.contains(name))
        .toList();
  }

  /**
   * The first input that a node may overwrite, -1 where there is none. The node is its only reader:
   * any other may have kept the value for its gradient, or have made a view of it.
   */
  int free(int n) {
    List<String> inputs = nodes.get(n).inputs();
    for (int i = 0; i < inputs.size(); i++) {
      String name = inputs.get(i);
      if (fresh.contains(name) && uses.getOrDefault(name, 0) == 1 && !kept.contains(name)) {
        return i;
      }
    }
    return -1;
  }
}
