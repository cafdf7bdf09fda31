package io.fovea.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model computes at fixed input sizes: the multiplications of its convolutions and matrix
 * products, each with the addition that goes with it counted as one, as papers count them. Biases,
 * normalizations, activations and pools are not counted.
 *
 * @param types of all values, as far as they are known
 * @param nodes multiply-adds of each node by its first output, in the graph's order; 0 where it has
 *     none, -1 where a size of it is not known
 */
public record Cost(Map<String, TensorType> types, Map<String, Long> nodes) {
  /**
   * Counts at the sizes of the inputs that are given.
   *
   * @param inputs types of inputs by name; those left out are as the model declares them
   * @throws OnnxException naming the node whose inputs do not fit together
   */
  public static Cost of(Model model, Map<String, TensorType> inputs) {
    Model flat = model.inlined();
    Map<String, TensorType> types = ShapeInference.infer(flat, inputs);
    Map<String, Long> nodes = new LinkedHashMap<>();
    for (Node node : flat.graph().nodes()) {
      if (!node.outputs().isEmpty()) {
        nodes.put(node.outputs().get(0), count(node, types));
      }
    }
    return new Cost(types, nodes);
  }

  /** Counts for one picture of this size; the first input is {@code [batch, C, H, W]}. */
  public static Cost of(Model model, long height, long width) {
    return of(model, inputs(model, height, width));
  }

  /** The types of the inputs where one picture of this size is fed. */
  static Map<String, TensorType> inputs(Model model, long height, long width) {
    ValueInfo first = model.graph().inputs().get(0);
    List<Dim> shape = first.type().shape();
    if (shape == null || shape.size() != 4) {
      throw new OnnxException("input '%s' is no picture [N, C, H, W]".formatted(first));
    }
    List<Dim> fixed = List.of(Dim.of(1), shape.get(1), Dim.of(height), Dim.of(width));
    return Map.of(first.name(), first.type().withShape(fixed));
  }

  /** Multiply-adds of all nodes; -1 where those of one are not known. */
  public long multiplyAdds() {
    boolean known = nodes.values().stream().noneMatch(n -> n < 0);
    return known ? nodes.values().stream().reduce(0L, Math::addExact) : -1;
  }

  private static long count(Node node, Map<String, TensorType> types) {
    Dim count =
        switch (node.operator()) {
          case "Conv", "ConvInteger", "DeformConv" -> window(node, types, 1, false);
          case "QLinearConv" -> window(node, types, 3, false);
          case "ConvTranspose" -> window(node, types, 1, true);
          case "Gemm", "QGemm" -> gemm(node, types);
          case "MatMul", "MatMulInteger", "QLinearMatMul" -> matMul(node, types);
          case "Einsum" -> einsum(node, types);
          default -> Dim.of(0);
        };
    return count.isKnown() ? count.size() : -1;
  }

  /** The shape of an input, or of the output for -1; unknown sizes are one unknown factor. */
  private static List<Dim> shape(Node node, Map<String, TensorType> types, int input) {
    List<String> names = input < 0 ? node.outputs() : node.inputs();
    TensorType type =
        names.size() > Math.max(0, input) ? types.get(names.get(Math.max(0, input))) : null;
    return type == null || type.shape() == null ? List.of(Dim.UNKNOWN) : type.shape();
  }

  /** Each output (of a transposed convolution, each input) times the window's weights. */
  private static Dim window(
      Node node, Map<String, TensorType> types, int weight, boolean transposed) {
    List<Dim> w = shape(node, types, weight);
    return Dim.product(shape(node, types, transposed ? 0 : -1))
        .times(Dim.product(w.subList(1, w.size())));
  }

  private static Dim gemm(Node node, Map<String, TensorType> types) {
    List<Dim> a = shape(node, types, 0);
    boolean turned = node.attribute("transA", 0) != 0;
    return Dim.product(shape(node, types, -1)).times(a.get(turned ? 0 : a.size() - 1));
  }

  private static Dim matMul(Node node, Map<String, TensorType> types) {
    List<Dim> a = shape(node, types, 0);
    Dim summed = a.isEmpty() ? Dim.UNKNOWN : a.get(a.size() - 1);
    return Dim.product(shape(node, types, -1)).times(summed);
  }

  /** The product of all letters' sizes, where two inputs meet. */
  private static Dim einsum(Node node, Map<String, TensorType> types) {
    String[] terms = node.attribute("equation", "").replace(" ", "").split("->")[0].split(",");
    if (node.inputs().size() < 2) {
      return Dim.of(0);
    }
    Map<Character, Dim> letters = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(terms.length, node.inputs().size()); i++) {
      List<Dim> x = shape(node, types, i);
      if (x.size() != terms[i].length()) {
        return Dim.UNKNOWN; // an ellipsis
      }
      for (int k = 0; k < x.size(); k++) {
        letters.put(terms[i].charAt(k), x.get(k));
      }
    }
    return Dim.product(new ArrayList<>(letters.values()));
  }
}
