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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Finds the last values of a classifier that still have places: where it sees what. */
final class FeatureMap {
  private static final Set<String> CONVOLUTIONS =
      Set.of("Conv", "ConvTranspose", "DeformConv", "ConvInteger", "QLinearConv");

  /**
   * Operators that add nothing to a feature map, pools, which make it coarser, and what pools are
   * written with: matrices that blend rows and columns, means of parts, other shapes.
   */
  private static final Set<String> PASSED =
      Set.of(
          ("Identity Cast Dropout AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool"
                  + " GlobalLpPool ReduceMean ReduceMax ReduceSum MatMul Slice Reshape Flatten"
                  + " Squeeze Unsqueeze")
              .split(" "));

  private static final long[] CHANNELS_FIRST = {0, 3, 1, 2};

  private FeatureMap() {}

  /**
   * The last value of four sizes that all of the way from the picture to the classes leads through,
   * convolutions before it, that is larger than 1x1 and does not come from a pool: of most nets
   * what the global pool takes.
   *
   * @param model without functions of its own
   * @param classes name of the value that holds the classes' logits
   * @param height height of what the net is fed, where the file leaves it open
   * @throws TrainException where there is none
   */
  static String of(Model model, String classes, int height, int width) {
    Graph graph = model.graph();
    Map<String, TensorType> types = types(model, height, width);
    Set<String> convolved = reached(graph, Set.of());
    Set<String> fed = reached(graph, Set.of(graph.inputs().get(0).name()));
    Set<String> open = new HashSet<>(Set.of(classes)); // what the nodes from here on are made of
    List<Node> nodes = graph.nodes();
    for (int n = nodes.size() - 1; n >= 0; n--) {
      Node node = nodes.get(n);
      String only = open.size() == 1 ? open.iterator().next() : "";
      if (node.outputs().contains(only)
          && convolved.contains(only)
          && hasPlaces(types.get(only))
          && !isPassed(node)) {
        return only;
      }
      if (open.removeAll(node.outputs())) {
        open.addAll(depending(node, fed));
      }
    }
    throw new TrainException(
        "graph '%s' has no feature map: no values [N, C, h, w] of a convolution, larger than 1x1,"
                .formatted(graph.name())
            + " lead to its classes '%s'".formatted(classes));
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

  /** These values and what depends on them; what convolutions give is always among them. */
  private static Set<String> reached(Graph graph, Set<String> from) {
    Set<String> reached = new HashSet<>(from);
    for (Node node : graph.nodes()) {
      if (CONVOLUTIONS.contains(node.operator()) || !depending(node, reached).isEmpty()) {
        reached.addAll(node.outputs());
      }
    }
    return reached;
  }

  /** Those inputs of a node that are among some values and that a gradient reaches. */
  private static List<String> depending(Node node, Set<String> values) {
    return IntStream.range(0, node.inputs().size())
        .filter(i -> Operators.differentiable(node, i))
        .mapToObj(node.inputs()::get)
        .filter(values::contains)
        .toList();
  }

  private static boolean hasPlaces(@Nullable TensorType type) {
    List<Dim> shape = type == null ? null : type.shape();
    return shape != null
        && shape.size() == 4
        && !(shape.get(2).equals(Dim.of(1)) && shape.get(3).equals(Dim.of(1)));
  }

  private static boolean isPassed(Node node) {
    return switch (node.operator()) {
      case "Transpose" -> !Arrays.equals(node.attribute("perm", new long[0]), CHANNELS_FIRST);
      case "Concat" -> Math.floorMod(node.attribute("axis", 1), 4) != 1; // of rows or columns
      default -> PASSED.contains(node.operator());
    };
  }
}
