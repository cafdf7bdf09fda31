package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Types and shapes of all values of a graph, node by node. Symbolic sizes are carried through
 * windows, reshapes and shape arithmetic; what an unlisted operator gives is unknown, never
 * guessed.
 */
public final class ShapeInference {
  private final int opset;
  private final Map<String, TensorType> types = new LinkedHashMap<>();
  private final Map<String, Tensor> constants = new HashMap<>();
  private final Map<String, List<Dim>> shapes = new HashMap<>(); // what small int64 values hold

  ShapeInference(int opset) {
    this.opset = opset;
  }

  /**
   * The types of all values of a model, in the order in which they come to be.
   *
   * @throws OnnxException naming the node whose inputs do not fit together
   */
  public static Map<String, TensorType> infer(Model model) {
    ShapeInference inference = new ShapeInference(model.opset());
    Graph graph = model.graph();
    graph.initializers().values().forEach(inference::constant);
    graph.inputs().forEach(i -> inference.types.put(i.name(), i.type()));
    graph.nodes().forEach(inference::node);
    return inference.types;
  }

  @Nullable TensorType type(String value) {
    return types.get(value);
  }

  void define(String value, TensorType type) {
    types.put(value, type);
  }

  void constant(Tensor tensor) {
    constants.put(tensor.name(), tensor);
    types.put(tensor.name(), TensorType.of(tensor.type(), tensor.dims()));
    if (tensor.type() == DataType.INT64 && tensor.dims().length <= 1 && tensor.size() <= 64) {
      shapes.put(tensor.name(), Arrays.stream(tensor.longs()).mapToObj(Dim::of).toList());
    }
  }

  /** Types of a node's outputs, which from now on are known by name. */
  List<TensorType> node(Node node) {
    List<@Nullable TensorType> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      TensorType type = types.get(input);
      inputs.add(input.isEmpty() || type != null ? type : new TensorType(DataType.UNDEFINED, null));
    }
    Call call = new Call(node, opset, inputs, constants, shapes);
    Operator operator = Operators.of(node);
    List<TensorType> outputs = operator == null ? List.of() : operator.rule().infer(call);
    for (int i = 0; i < node.outputs().size(); i++) {
      TensorType type =
          i < outputs.size() ? outputs.get(i) : new TensorType(DataType.UNDEFINED, null);
      types.put(node.outputs().get(i), type);
    }
    carry(call);
    return outputs;
  }

  /** Follows the sizes that int64 values hold. */
  private void carry(Call c) {
    Node node = c.node();
    if (!node.domain().isEmpty() || node.outputs().isEmpty()) {
      return;
    }
    String output = node.outputs().get(0);
    List<Dim> sizes =
        switch (node.operator()) {
          case "Shape" -> shapeOf(c);
          case "Identity", "Cast", "Unsqueeze", "Squeeze" -> c.sizes(0);
          case "Gather" -> gathered(c);
          case "Concat" -> joined(c);
          default -> null;
        };
    if (sizes != null) {
      shapes.put(output, sizes);
    }
    if (node.operator().equals("Constant")) {
      Tensor tensor = constantOf(node);
      if (tensor != null) {
        constant(tensor.named(output));
      }
    }
  }

  /** What Shape gives, as far as it is known. */
  static @Nullable List<Dim> shapeOf(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return null;
    }
    long n = x.size();
    long start = c.node().attribute("start", 0);
    long end = c.node().attribute("end", n);
    int from = (int) Math.max(0, Math.min(n, start < 0 ? start + n : start));
    int to = (int) Math.max(from, Math.min(n, end < 0 ? end + n : end));
    return x.subList(from, to);
  }

  private static @Nullable List<Dim> gathered(Call c) {
    List<Dim> sizes = c.sizes(0);
    long[] indices = c.longs(1);
    if (sizes == null || indices == null) {
      return null;
    }
    return Arrays.stream(indices).mapToObj(i -> sizes.get(c.axis(i, sizes.size()))).toList();
  }

  private static @Nullable List<Dim> joined(Call c) {
    List<Dim> all = new ArrayList<>();
    for (int i = 0; i < c.inputs().size(); i++) {
      List<Dim> part = c.sizes(i);
      if (part == null) {
        return null;
      }
      all.addAll(part);
    }
    return all;
  }

  /** The tensor that a Constant node holds; null for strings. */
  static @Nullable Tensor constantOf(Node node) {
    for (AttributeProto a : node.proto().getAttributeList()) {
      switch (a.getName()) {
        case "value" -> {
          return Tensor.of(a.getT());
        }
        case "value_int" -> {
          return Tensor.of("", DataType.INT64, new long[0], Tensor.of("", a.getI()).bytes());
        }
        case "value_ints" -> {
          return Tensor.of("", new Attribute(a).ints());
        }
        case "value_float" -> {
          return Tensor.of("", new long[0], new float[] {a.getF()});
        }
        case "value_floats" -> {
          float[] values = new float[a.getFloatsCount()];
          for (int i = 0; i < values.length; i++) {
            values[i] = a.getFloats(i);
          }
          return Tensor.of("", new long[] {values.length}, values);
        }
        default -> {} // strings
      }
    }
    return null;
  }
}
