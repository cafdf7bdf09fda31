package io.fovea.bench;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A net as PyTorch's exporter writes it at opset 16: linear layers as MatMul and Add with the
 * weight transposed, GELU as Div, Erf, Add, Mul and Mul, layer normalization in nine nodes.
 */
final class Exported {
  private final GraphProto.Builder graph;
  private final Map<String, Tensor> constants;
  private final Map<String, TensorProto> added = new HashMap<>();

  private Exported(Model model) {
    this.graph = model.graph().proto().toBuilder().clearNode();
    this.constants = model.graph().initializers();
  }

  static Model of(Model model) {
    Exported e = new Exported(model);
    for (NodeProto node : model.graph().proto().getNodeList()) {
      switch (node.getOpType()) {
        case "Gelu" -> e.gelu(node);
        case "Gemm" -> e.linear(node);
        case "LayerNormalization" -> e.layerNormalization(node);
        default -> e.graph.addNode(node);
      }
    }
    for (int i = e.graph.getInitializerCount() - 1; i >= 0; i--) {
      if (e.added.containsKey(e.graph.getInitializer(i).getName())) {
        e.graph.removeInitializer(i);
      }
    }
    e.graph.addAllInitializer(e.added.values());
    var proto = model.proto().toBuilder().setIrVersion(8);
    proto.getOpsetImportBuilder(0).setVersion(16);
    return new Model(proto.build(), null).withGraph(new Graph(e.graph.build(), null));
  }

  private void gelu(NodeProto node) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    node("Div", y + ".div", x, number(y + ".sqrt2", Math.sqrt(2)));
    node("Erf", y + ".erf", y + ".div");
    node("Add", y + ".add", y + ".erf", number(y + ".one", 1));
    node("Mul", y + ".mul", x, y + ".add");
    node("Mul", y, y + ".mul", number(y + ".half", 0.5));
  }

  private void layerNormalization(NodeProto node) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    double epsilon = new Node(node, null).attribute("epsilon", 1e-5f);
    AttributeProto lastAxis = Attribute.ints("axes", -1).proto();
    node("ReduceMean", y + ".mean", x).addAttribute(lastAxis);
    node("Sub", y + ".sub", x, y + ".mean");
    node("Pow", y + ".pow", y + ".sub", number(y + ".two", 2));
    node("ReduceMean", y + ".variance", y + ".pow").addAttribute(lastAxis);
    node("Add", y + ".shifted", y + ".variance", number(y + ".epsilon", epsilon));
    node("Sqrt", y + ".sqrt", y + ".shifted");
    node("Div", y + ".div", y + ".sub", y + ".sqrt");
    node("Mul", y + ".scaled", y + ".div", node.getInput(1));
    node("Add", y, y + ".scaled", node.getInput(2));
  }

  private void linear(NodeProto node) {
    Tensor weight = Objects.requireNonNull(constants.get(node.getInput(1)));
    int rows = (int) weight.dims()[0];
    int columns = (int) weight.dims()[1];
    float[] from = weight.floats();
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      to[i % columns * rows + i / columns] = from[i];
    }
    String y = node.getOutput(0);
    added.put(weight.name(), Tensor.of(weight.name(), new long[] {columns, rows}, to).proto());
    node("MatMul", y + ".matmul", node.getInput(0), weight.name());
    node("Add", y, y + ".matmul", node.getInput(2));
  }

  private String number(String name, double value) {
    added.put(name, Tensor.of(name, new long[0], new float[] {(float) value}).proto());
    return name;
  }

  private NodeProto.Builder node(String operator, String output, String... inputs) {
    NodeProto.Builder b = graph.addNodeBuilder().setOpType(operator).setName(output);
    for (String input : inputs) {
      b.addInput(input);
    }
    return b.addOutput(output);
  }
}
