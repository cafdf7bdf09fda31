package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What exporters take from a net, given back before it is trained on. */
public final class Surgery {
  private static final int RATIO_IS_INPUT_FROM = 12;

  private Surgery() {}

  /**
   * The parameters that several inputs of nodes share, and how many. Exporters also merge those
   * that merely hold equal values.
   */
  public static Map<String, Integer> tied(Graph graph) {
    Map<String, Integer> uses = new LinkedHashMap<>();
    Set<String> parameters = Set.copyOf(Roles.of(graph).parameters());
    for (Node node : graph.nodes()) {
      node.inputs().stream()
          .filter(parameters::contains)
          .forEach(n -> uses.merge(n, 1, Integer::sum));
    }
    uses.values().removeIf(count -> count < 2);
    return uses;
  }

  /** The model with a copy for every further use of a shared parameter. */
  public static Model untied(Model model) {
    Map<String, Integer> tied = tied(model.graph());
    GraphProto.Builder graph = model.graph().proto().toBuilder();
    Map<String, Tensor> constants = model.graph().initializers();
    Map<String, Integer> seen = new LinkedHashMap<>();
    for (int n = 0; n < graph.getNodeCount(); n++) {
      for (int i = 0; i < graph.getNode(n).getInputCount(); i++) {
        String name = graph.getNode(n).getInput(i);
        Tensor tensor = constants.get(name);
        if (tensor != null && tied.containsKey(name) && seen.merge(name, 1, Integer::sum) > 1) {
          String copy = name + "_" + seen.get(name);
          graph.addInitializer(tensor.named(copy).proto());
          graph.getNodeBuilder(n).setInput(i, copy);
        }
      }
    }
    return model.withGraph(new Graph(graph.build(), model.folder()));
  }

  /**
   * The model with dropout before its head.
   *
   * @param ratio share of the values that are dropped while training, in [0, 1)
   */
  public static Model withDropout(Model model, double ratio) {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new TrainException("dropout: expected a ratio in [0, 1), met " + ratio);
    }
    Node head = Head.of(model, null).node();
    GraphProto.Builder graph = model.graph().proto().toBuilder();
    int at = model.graph().nodes().indexOf(head);
    String input = head.inputs().get(0);
    String name = head.outputs().get(0) + ".dropout";
    NodeProto.Builder dropout =
        NodeProto.newBuilder().setOpType("Dropout").setName(name).addInput(input).addOutput(name);
    if (model.opset() >= RATIO_IS_INPUT_FROM) {
      graph.addInitializer(
          Tensor.of(name + ".ratio", new long[0], new float[] {(float) ratio}).proto());
      dropout.addInput(name + ".ratio");
    } else {
      dropout.addAttribute(
          AttributeProto.newBuilder()
              .setName("ratio")
              .setType(AttributeType.FLOAT)
              .setF((float) ratio));
    }
    graph.getNodeBuilder(at).setInput(0, name);
    graph.addNode(at, dropout);
    return model.withGraph(new Graph(graph.build(), model.folder()));
  }

  /** What whoever trains a net should know of it; empty where there is nothing. */
  public static List<String> notes(Model model) {
    List<String> notes = new ArrayList<>();
    Graph graph = model.graph();
    boolean convolves = graph.nodes().stream().anyMatch(n -> n.operator().equals("Conv"));
    boolean normalizes =
        graph.nodes().stream()
            .anyMatch(
                n ->
                    n.operator().endsWith("Normalization")
                        || n.operator().equals("ReduceMean")
                        || n.operator().equals("LRN"));
    if (convolves && !normalizes) {
      notes.add(
          "the net has no normalization layers: an exporter may have folded them; train with a"
              + " smaller learning rate");
    }
    Map<String, Integer> tied = tied(graph);
    if (!tied.isEmpty()) {
      String first = tied.keySet().iterator().next();
      notes.add(
          "%d parameters are used by several nodes and trained as one, such as '%s' (%d times)"
              .formatted(tied.size(), first, tied.get(first)));
    }
    return notes;
  }
}
