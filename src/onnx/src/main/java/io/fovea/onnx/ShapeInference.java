package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import java.util.ArrayList;
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
  static final int LARGEST_RANK = 64; // of shapes and of the lists that hold them

  private final int opset;
  private final boolean free; // whether named sizes stand for any number
  private final @Nullable ShapeInference outer; // of the graph around a branch
  private final Map<String, TensorType> types = new LinkedHashMap<>();
  private final Map<String, List<Ratio>> held = new HashMap<>(); // what short values hold

  ShapeInference(int opset) {
    this(opset, false, null);
  }

  private ShapeInference(int opset, boolean free, @Nullable ShapeInference outer) {
    this.opset = opset;
    this.free = free;
    this.outer = outer;
  }

  /**
   * Inference in which every named size stands for any number, so that two that must be equal for a
   * node to run, but are not by themselves, are an error of that node.
   */
  static ShapeInference free(int opset) {
    return new ShapeInference(opset, true, null);
  }

  /**
   * The types of all values of a model, in the order in which they come to be.
   *
   * @throws OnnxException naming the node whose inputs do not fit together
   */
  public static Map<String, TensorType> infer(Model model) {
    return infer(model, Map.of());
  }

  /**
   * The same where inputs are of these types.
   *
   * @param inputs by name; those left out are as the model declares them
   */
  public static Map<String, TensorType> infer(Model model, Map<String, TensorType> inputs) {
    return of(model, inputs).types;
  }

  /** Types, and what short values hold. */
  static ShapeInference of(Model model, Map<String, TensorType> inputs) {
    ShapeInference inference = new ShapeInference(model.opsetOrZero());
    Graph graph = model.graph();
    graph
        .inputs()
        .forEach(i -> inference.define(i.name(), inputs.getOrDefault(i.name(), i.type())));
    inference.graph(graph);
    return inference;
  }

  private void graph(Graph graph) {
    graph.initializers().values().forEach(this::constant);
    graph.nodes().forEach(this::node);
  }

  void define(String value, TensorType type) {
    boolean tooLong = type.shape() != null && type.shape().size() > LARGEST_RANK;
    types.put(value, tooLong ? type.withShape(null) : type);
  }

  void constant(Tensor tensor) {
    define(tensor.name(), TensorType.of(tensor.type(), tensor.dims()));
    List<Ratio> numbers = Values.of(tensor);
    if (numbers != null) {
      held.put(tensor.name(), numbers);
    }
  }

  int opset() {
    return opset;
  }

  /** What is known of a value, here or in the graphs around. */
  TensorType type(String value) {
    TensorType type = types.get(value);
    return type != null ? type : outer == null ? UNKNOWN : outer.type(value);
  }

  @Nullable List<Ratio> held(String value) {
    return types.containsKey(value) || outer == null ? held.get(value) : outer.held(value);
  }

  boolean differ(Dim a, Dim b) {
    return a.contradicts(b) || (free && FixedSizes.differ(a, b));
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
      inputs.add(input.isEmpty() ? null : type(input));
    }
    Call call = new Call(node, this, inputs);
    Operator.Rule rule = opset < OLDEST_OPSET ? null : Operators.rule(node);
    List<TensorType> outputs = rule == null ? List.of() : rule.infer(call);
    for (int i = 0; i < node.outputs().size(); i++) {
      TensorType type = i < outputs.size() ? outputs.get(i) : UNKNOWN;
      if (type.shape() != null && type.shape().stream().anyMatch(ShapeInference::isNegative)) {
        throw call.fail("gives a negative size: " + type);
      }
      if (!node.outputs().get(i).isEmpty()) {
        define(node.outputs().get(i), type);
      }
    }
    for (int i = 0; rule != null && i < Math.min(outputs.size(), node.outputs().size()); i++) {
      String output = node.outputs().get(i);
      List<Ratio> numbers = Values.of(call, i, type(output));
      if (numbers != null && !output.isEmpty()) {
        held.put(output, numbers);
      }
    }
    return outputs;
  }

  private static boolean isNegative(Dim dim) {
    return dim.isKnown() && dim.size() < 0;
  }

  /** The types that both branches agree on; of the branch that is taken, where that is known. */
  static List<TensorType> branch(Call c) {
    List<Ratio> condition = c.held(0);
    Ratio truth = condition == null || condition.size() != 1 ? Ratio.UNKNOWN : condition.get(0);
    List<TensorType> common = null;
    OnnxException broken = null;
    for (String branch : List.of("then_branch", "else_branch")) {
      boolean taken = !truth.isKnown() || truth.equals(Ratio.of(branch.equals("then_branch")));
      Attribute body = c.node().attribute(branch);
      if (!taken || body == null || body.graphs().size() != 1) {
        continue;
      }
      Graph graph = new Graph(body.graphs().get(0), c.node().folder());
      ShapeInference inner = new ShapeInference(c.opset(), c.scope().free, c.scope());
      try {
        inner.graph(graph);
      } catch (OnnxException e) { // a branch that cannot run is not the one that is taken
        broken = e;
        continue;
      }
      List<TensorType> outputs = graph.outputs().stream().map(o -> inner.type(o.name())).toList();
      common = common == null ? outputs : common(common, outputs);
    }
    if (common == null && broken != null) {
      throw broken;
    }
    return common == null ? List.of() : common;
  }

  private static List<TensorType> common(List<TensorType> a, List<TensorType> b) {
    List<TensorType> common = new ArrayList<>();
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      TensorType x = a.get(i);
      TensorType y = b.get(i);
      List<Dim> shape = null;
      if (x.shape() != null && y.shape() != null && x.shape().size() == y.shape().size()) {
        shape = new ArrayList<>(x.shape());
        for (int k = 0; k < shape.size(); k++) {
          shape.set(k, shape.get(k).equals(y.shape().get(k)) ? shape.get(k) : Dim.UNKNOWN);
        }
      }
      boolean agree = x.elements() == y.elements();
      common.add(new TensorType(agree ? x.elements() : DataType.UNDEFINED, shape));
    }
    return common;
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
