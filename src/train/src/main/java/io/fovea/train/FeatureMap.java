package io.fovea.train;

import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the last values of a classifier that still have places: where it sees what. */
final class FeatureMap {
  private static final Set<String> CONVOLUTIONS =
      Set.of("Conv", "ConvTranspose", "DeformConv", "ConvInteger", "QLinearConv");

  /** Operators that add nothing to a feature map, and pools, which make it coarser. */
  private static final Set<String> PASSED =
      Set.of(
          ("Identity Cast Dropout AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool"
                  + " GlobalLpPool")
              .split(" "));

  private static final long[] CHANNELS_LAST = {0, 2, 3, 1};

  private FeatureMap() {}

  /**
   * The last value of four sizes on the way to the classes that is made by convolutions, is larger
   * than 1x1, and does not come straight from a pool: of most nets what the global pool takes.
   *
   * @param model without functions of its own
   * @param classes name of the value that holds the classes' logits
   * @param height height of what the net is fed, where the file leaves it open
   * @throws TrainException where there is none
   */
  static String of(Model model, String classes, int height, int width) {
    Graph graph = model.graph();
    Map<String, TensorType> types = types(model, height, width);
    Set<String> convolved = convolved(graph);
    Set<String> leading = new HashSet<>(Set.of(classes));
    List<Node> nodes = graph.nodes();
    for (int n = nodes.size() - 1; n >= 0; n--) {
      Node node = nodes.get(n);
      for (String output : node.outputs()) {
        if (leading.contains(output)
            && convolved.contains(output)
            && hasPlaces(types.get(output))
            && !isPassed(node)) {
          return output;
        }
      }
      if (node.outputs().stream().anyMatch(leading::contains)) {
        for (int i = 0; i < node.inputs().size(); i++) {
          if (Operators.differentiable(node, i)) {
            leading.add(node.inputs().get(i));
          }
        }
      }
    }
    throw new TrainException(
        "graph '%s' has no feature map: no convolution's values [N, C, h, w], larger than 1x1, lead"
                .formatted(graph.name())
            + " to its classes '%s'".formatted(classes));
  }

  /**
   * Checks a value that somebody names.
   *
   * @throws TrainException where the graph has no such value, or it does not lead to the classes
   */
  static String named(String name, Graph graph, String classes) {
    if (graph.nodes().stream().noneMatch(n -> n.outputs().contains(name))) {
      throw new TrainException("no node of graph '%s' gives '%s'".formatted(graph.name(), name));
    }
    Graph tail = Subgraph.of(graph, List.of(name), List.of(classes));
    if (tail.nodes().stream().noneMatch(n -> Lifetimes.arguments(n).contains(name))) {
      throw new TrainException("'%s' does not lead to the classes '%s'".formatted(name, classes));
    }
    return name;
  }

  /** The types of all values, at the sizes that are fed where the net takes them. */
  private static Map<String, TensorType> types(Model model, int height, int width) {
    ValueInfo input = model.graph().inputs().get(0);
    List<Dim> shape = input.type().shape();
    if (shape == null) {
      return ShapeInference.infer(model);
    }
    Dim h = shape.get(2).isKnown() ? shape.get(2) : Dim.of(height);
    Dim w = shape.get(3).isKnown() ? shape.get(3) : Dim.of(width);
    TensorType fed =
        new TensorType(input.type().elements(), List.of(shape.get(0), shape.get(1), h, w));
    try {
      return ShapeInference.infer(model, Map.of(input.name(), fed));
    } catch (OnnxException e) { // it wants a size of its own
      return ShapeInference.infer(model);
    }
  }

  /** Values that a convolution had a hand in. */
  private static Set<String> convolved(Graph graph) {
    Set<String> convolved = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (CONVOLUTIONS.contains(node.operator())
          || node.inputs().stream().anyMatch(convolved::contains)) {
        convolved.addAll(node.outputs());
      }
    }
    return convolved;
  }

  private static boolean hasPlaces(TensorType type) {
    List<Dim> shape = type == null ? null : type.shape();
    return shape != null
        && shape.size() == 4
        && !(shape.get(2).equals(Dim.of(1)) && shape.get(3).equals(Dim.of(1)));
  }

  private static boolean isPassed(Node node) {
    return PASSED.contains(node.operator())
        || (node.operator().equals("Transpose")
            && Arrays.equals(node.attribute("perm", new long[0]), CHANNELS_LAST));
  }
}
