package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
  private static final TensorType UNKNOWN = new TensorType(DataType.UNDEFINED, null);
  private static final int OLDEST_OPSET = 7; // before it, operators broadcast otherwise
  private static final int LARGEST_RANK = 64; // of shapes and of the lists that hold them

  private final int opset;
  private final Map<String, TensorType> types = new LinkedHashMap<>();
  private final Map<String, List<Dim>> sizes = new HashMap<>(); // what short int64 values hold

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
    graph.inputs().forEach(i -> inference.define(i.name(), i.type()));
    graph.nodes().forEach(inference::node);
    return inference.types;
  }

  void define(String value, TensorType type) {
    boolean tooLong = type.shape() != null && type.shape().size() > LARGEST_RANK;
    types.put(value, tooLong ? type.withShape(null) : type);
  }

  void constant(Tensor tensor) {
    define(tensor.name(), TensorType.of(tensor.type(), tensor.dims()));
    if (tensor.type() == DataType.INT64
        && tensor.dims().length <= 1
        && tensor.size() <= LARGEST_RANK) {
      sizes.put(tensor.name(), Arrays.stream(tensor.longs()).mapToObj(Dim::of).toList());
    }
  }

  /** Types of a node's outputs, which from now on are known by name. */
  List<TensorType> node(Node node) {
    try {
      return infer(node);
    } catch (ArithmeticException e) {
      throw OnnxException.at(node, "sizes overflow");
    } catch (OnnxException e) {
      throw e.node() == null ? OnnxException.at(node, e.getMessage()) : e;
    }
  }

  private List<TensorType> infer(Node node) {
    List<@Nullable TensorType> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      inputs.add(input.isEmpty() ? null : types.getOrDefault(input, UNKNOWN));
    }
    Call call = new Call(node, opset, inputs, sizes);
    Operator operator = opset < OLDEST_OPSET ? null : Operators.of(node);
    List<TensorType> outputs = operator == null ? List.of() : operator.rule().infer(call);
    for (int i = 0; i < node.outputs().size(); i++) {
      TensorType type = i < outputs.size() ? outputs.get(i) : UNKNOWN;
      if (type.shape() != null && type.shape().stream().anyMatch(ShapeInference::isNegative)) {
        throw call.fail("gives a negative size: " + type);
      }
      if (!node.outputs().get(i).isEmpty()) {
        define(node.outputs().get(i), type);
      }
    }
    if (operator != null && !node.outputs().isEmpty()) {
      carry(call, node.outputs().get(0));
    }
    return outputs;
  }

  private static boolean isNegative(Dim dim) {
    return dim.isKnown() && dim.size() < 0;
  }

  /** Follows the sizes that int64 values hold. */
  private void carry(Call c, String output) {
    List<Dim> held =
        switch (c.node().operator()) {
          case "Shape" -> shapeOf(c);
          case "Identity", "Cast", "Unsqueeze", "Squeeze" -> c.sizes(0);
          case "Gather" -> gathered(c);
          case "Concat" -> joined(c);
          default -> null;
        };
    TensorType type = types.getOrDefault(output, UNKNOWN);
    boolean isVector = type.shape() != null && type.shape().size() <= 1;
    if (held != null
        && held.size() <= LARGEST_RANK
        && isVector
        && type.elements() == DataType.INT64) {
      sizes.put(output, held);
    }
    Tensor tensor = c.node().constant();
    if (tensor != null) {
      constant(tensor.named(output));
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

  private static boolean isShort(Dim length) {
    return length.isKnown() && length.size() <= LARGEST_RANK;
  }

  private static @Nullable List<Dim> joined(Call c) {
    List<Dim> all = new ArrayList<>();
    for (int i = 0; i < c.inputs().size(); i++) {
      List<Dim> part = c.sizes(i);
      List<Dim> length = c.shape(i); // of a vector whose values are not known
      if (part == null && length != null && length.size() == 1 && isShort(length.get(0))) {
        part = Collections.nCopies((int) length.get(0).size(), Dim.UNKNOWN);
      }
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
          return node.tensor("value");
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
