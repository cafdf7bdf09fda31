package io.fovea.train;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.TypeProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/** Models of one node, for tests of operators. */
final class Nodes {
  private Nodes() {}

  /**
   * A model of one node.
   *
   * @param inputs named {@code x0}, {@code x1}, ...; those that {@code fixed} says are initializers
   */
  static Model model(
      String operator, int opset, List<Tensor> inputs, int fixed, int outputs, Attribute... a) {
    NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName("node");
    GraphProto.Builder graph = GraphProto.newBuilder().setName("one");
    for (int i = 0; i < inputs.size(); i++) {
      Tensor x = inputs.get(i);
      if (x == null) {
        node.addInput("");
        continue;
      }
      node.addInput("x" + i);
      if (i < inputs.size() - fixed) {
        graph.addInput(ValueInfo.of("x" + i, TensorType.of(x.type(), x.dims())).proto());
      } else {
        graph.addInitializer(x.named("x" + i).proto());
      }
    }
    for (Attribute attribute : a) {
      node.addAttribute(attribute.proto());
    }
    for (int i = 0; i < outputs; i++) {
      node.addOutput("y" + i);
      graph.addOutput(
          ValueInfoProto.newBuilder().setName("y" + i).setType(TypeProto.getDefaultInstance()));
    }
    graph.addNode(node);
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(opset <= 18 ? 8 : 10)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
            .setGraph(graph)
            .build();
    return new Model(model, null);
  }

  static Tensor random(Random random, long... dims) {
    int size = 1;
    for (long d : dims) {
      size *= (int) d;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of("", dims, values);
  }

  static Tensor doubles(double[] values, long... dims) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asDoubleBuffer().put(values);
    return Tensor.of("", DataType.DOUBLE, dims, raw);
  }
}
