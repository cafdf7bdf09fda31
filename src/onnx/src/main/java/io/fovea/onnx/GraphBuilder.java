package io.fovea.onnx;

import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a graph node by node. Operator, number of inputs, attributes, types and shapes are checked
 * as a node is added, so that a mistake is reported where it is made. Not thread-safe.
 *
 * <pre>{@code
 * GraphBuilder g = new GraphBuilder("tiny", 17);
 * Value x = g.input("input", DataType.FLOAT, Dim.of("batch"), Dim.of(3), Dim.of("height"), Dim.of("width"));
 * Value w = g.initializer(Tensor.of("conv.weight", new long[] {8, 3, 3, 3}, weights));
 * g.output(g.node("Conv", "conv", List.of(x, w), Attribute.ints("pads", 1, 1, 1, 1)));
 * Model model = g.build();
 * }</pre>
 */
public final class GraphBuilder {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final int opset;
  private final ShapeInference inference;
  private final Map<String, Value> values = new HashMap<>();

  /**
   * Starts a graph.
   *
   * @param opset version of ONNX's operator set, 17 to 25
   */
  public GraphBuilder(String name, int opset) {
    if (opset < 17 || opset > 25) {
      throw new OnnxException("graphs are built in opset 17 to 25, not " + opset);
    }
    graph.setName(name);
    this.opset = opset;
    this.inference = new ShapeInference(opset);
  }

  /** Adds an input that a caller feeds. */
  public Value input(String name, DataType elements, Dim... shape) {
    TensorType type = new TensorType(elements, Arrays.asList(shape));
    checkFree(name);
    graph.addInput(ValueInfo.of(name, type).proto());
    inference.define(name, type);
    return define(name, type);
  }

  /** Adds a named constant. Float ones on the way to the output are what training changes. */
  public Value initializer(Tensor tensor) {
    checkFree(tensor.name());
    graph.addInitializer((tensor.isOutline() ? tensor : tensor.inlined()).proto());
    inference.constant(tensor);
    return define(tensor.name(), TensorType.of(tensor.type(), tensor.dims()));
  }

  /**
   * Adds a node with one output, which is named as the node is.
   *
   * @param inputs in ONNX's order; {@link Value#NONE} for an optional one that is left out
   * @throws OnnxException naming the node and what does not fit
   */
  public Value node(String operator, String name, List<Value> inputs, Attribute... attributes) {
    NodeProto.Builder b = NodeProto.newBuilder().setOpType(operator).setName(name).addOutput(name);
    inputs.forEach(i -> b.addInput(i.name()));
    Arrays.stream(attributes).forEach(a -> b.addAttribute(a.proto()));
    Node node = new Node(b.build());
    Operator known = Operators.of(node);
    if (known == null) {
      throw OnnxException.at(node, "no such operator among those that graphs are built from");
    }
    known.check(node, opset);
    for (Value input : inputs) {
      if (input != Value.NONE && values.get(input.name()) != input) {
        throw OnnxException.at(node, "input '" + input.name() + "' is not of this graph");
      }
    }
    checkFree(name);
    TensorType type = inference.node(node).get(0);
    graph.addNode(node.proto());
    return define(name, type);
  }

  /** Names a value as an output of the graph. */
  public void output(Value value) {
    output(value, value.type());
  }

  /**
   * Names a value as an output of the graph, of a shape that whoever builds it answers for: a
   * picture cropped to its own height and width is such a one, where shape inference sees but a
   * crop.
   *
   * @throws OnnxException where what is known of the value contradicts the shape
   */
  public void output(Value value, Dim... shape) {
    List<Dim> known = value.shape();
    boolean fits = known.size() == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = !known.get(i).contradicts(shape[i]);
    }
    if (!fits) {
      throw new OnnxException(
          "output '%s' is %s, not %s".formatted(value.name(), known, Arrays.toString(shape)));
    }
    output(value, value.type().withShape(Arrays.asList(shape)));
  }

  private void output(Value value, TensorType type) {
    if (values.get(value.name()) != value) {
      throw new OnnxException("output '" + value.name() + "' is not of this graph");
    }
    graph.addOutput(ValueInfo.of(value.name(), type).proto());
  }

  private void checkFree(String name) {
    if (name.isEmpty() || values.containsKey(name)) {
      throw new OnnxException("the name '" + name + "' is empty or already taken in this graph");
    }
  }

  private Value define(String name, TensorType type) {
    Value value = new Value(name, type);
    values.put(name, value);
    return value;
  }

  /** The model, in the oldest IR version that its opset needs. */
  public Model build() {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(irVersion(opset))
            .setProducerName("fovea")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
            .setGraph(graph);
    Model built = new Model(model.build(), null);
    Validator.check(built);
    return built;
  }

  private static int irVersion(int opset) {
    if (opset <= 18) {
      return 8;
    }
    if (opset <= 20) {
      return 9;
    }
    return opset <= 22 ? 10 : opset - 12;
  }
}
