package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a net ends in. A loss takes logits: of a net that ends in a softmax or a sigmoid it takes
 * what stands before, so that nothing is applied twice.
 *
 * @param value name of the value that the loss looks at
 */
record Ending(Kind kind, String value) {
  /** What the last operator with an effect on the numbers is. */
  enum Kind {
    SOFTMAX,
    LOG_SOFTMAX,
    SIGMOID,
    /** Something else: the output is taken for logits, or for values. */
    OTHER
  }

  /** Operators that leave the numbers as they are. */
  private static final Set<String> PASSING =
      Set.of("Identity", "Reshape", "Flatten", "Squeeze", "Cast", "Dropout");

  /** How the first output comes to be. */
  static Ending of(Graph graph) {
    String output = graph.outputs().isEmpty() ? "" : graph.outputs().get(0).name();
    Node node = last(graph, output);
    Kind kind = node == null ? Kind.OTHER : kind(node);
    return kind == Kind.OTHER || node == null
        ? new Ending(Kind.OTHER, output)
        : new Ending(kind, node.inputs().get(0));
  }

  /** What makes the numbers of an output, seen through nodes that leave them as they are. */
  static @Nullable Node last(Graph graph, String output) {
    Map<String, Node> producers = new HashMap<>();
    graph.nodes().forEach(n -> n.outputs().forEach(o -> producers.put(o, n)));
    Node node = producers.get(output);
    while (node != null && PASSING.contains(node.operator())) {
      node = producers.get(node.inputs().get(0));
    }
    return node;
  }

  private static Kind kind(Node node) {
    return switch (node.operator()) {
      case "Softmax" -> Kind.SOFTMAX;
      case "LogSoftmax" -> Kind.LOG_SOFTMAX;
      case "Sigmoid" -> Kind.SIGMOID;
      default -> Kind.OTHER;
    };
  }
}
