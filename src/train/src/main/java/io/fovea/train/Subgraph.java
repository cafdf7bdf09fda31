package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Node;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The part of a graph that some of its values need. */
final class Subgraph {
  private Subgraph() {}

  /**
   * The nodes and constants that lead to some values, which become the outputs.
   *
   * @param given inner values that become inputs, behind the graph's own, which all stay: nothing
   *     of what makes them is needed
   */
  static Graph of(Graph graph, List<String> given, List<String> wanted) {
    Set<String> kept = new HashSet<>(wanted);
    List<NodeProto> nodes = new ArrayList<>();
    List<Node> all = graph.nodes();
    for (int n = all.size() - 1; n >= 0; n--) {
      Node node = all.get(n);
      boolean needed =
          node.outputs().stream().anyMatch(o -> kept.contains(o) && !given.contains(o));
      if (needed) {
        kept.addAll(node.inputs());
        kept.addAll(node.captured());
        kept.remove(""); // inputs left out
        nodes.add(without(node, given));
      }
    }
    Collections.reverse(nodes);
    Set<String> constants = graph.initializers().keySet(); // old files list them as inputs too
    GraphProto old = graph.proto();
    GraphProto.Builder g = old.toBuilder();
    g.clearNode().clearInitializer().clearInput().clearOutput().clearValueInfo();
    g.addAllNode(nodes);
    old.getInitializerList().stream()
        .filter(t -> kept.contains(t.getName()))
        .forEach(g::addInitializer);
    old.getInputList().stream()
        .filter(i -> kept.contains(i.getName()) || !constants.contains(i.getName()))
        .forEach(g::addInput);
    given.forEach(v -> g.addInput(ValueInfoProto.newBuilder().setName(v)));
    for (String output : wanted) {
      g.addOutput(
          old.getOutputList().stream()
              .filter(o -> o.getName().equals(output))
              .findFirst()
              .orElseGet(() -> ValueInfoProto.newBuilder().setName(output).build()));
    }
    old.getValueInfoList().stream()
        .filter(v -> kept.contains(v.getName()))
        .forEach(g::addValueInfo);
    return new Graph(g.build(), graph.folder());
  }

  /** A node that no longer makes these values. */
  private static NodeProto without(Node node, List<String> given) {
    NodeProto.Builder b = node.proto().toBuilder();
    for (int i = 0; i < b.getOutputCount(); i++) {
      if (given.contains(b.getOutput(i))) {
        b.setOutput(i, "");
      }
    }
    return b.build();
  }
}
