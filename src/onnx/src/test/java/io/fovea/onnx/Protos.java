package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.List;

/** Messages for tests, sound or not: nothing is checked here. */
final class Protos {
  private Protos() {}

  static NodeProto.Builder node(String operator, String inputs, String outputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(names(inputs))
        .addAllOutput(names(outputs));
  }

  /** A graph from input {@code x} to output {@code y}, both float of unknown shape. */
  static GraphProto.Builder graph(NodeProto.Builder... nodes) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    graph.addInput(value("x")).addOutput(value("y"));
    List.of(nodes).forEach(graph::addNode);
    return graph;
  }

  static ModelProto.Builder model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
        .setGraph(graph);
  }

  /** The model once more, as a file's bytes would give it. */
  static Model parse(ModelProto.Builder model) {
    return Model.parse(model.build().toByteArray());
  }

  static Model parse(GraphProto.Builder graph) {
    return parse(model(graph));
  }

  static ValueInfoProto value(String name, long... shape) {
    return ValueInfo.of(
            name,
            shape.length == 0
                ? new TensorType(DataType.FLOAT, null)
                : TensorType.of(DataType.FLOAT, shape))
        .proto();
  }

  static TensorProto.Builder tensor(String name, DataType type, long... dims) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.code());
    for (long d : dims) {
      tensor.addDims(d);
    }
    return tensor;
  }

  static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  private static List<String> names(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
  }

  /** Checks that a file of this content is refused, in words that contain the message. */
  static void refusal(GraphProto.Builder graph, String message) {
    refusal(Protos.model(graph), message);
  }

  static void refusal(ModelProto.Builder model, String message) {
    refusal(model.build().toByteArray(), message);
  }

  static void refusal(byte[] bytes, String message) {
    OnnxException e = assertThrows(OnnxException.class, () -> Model.parse(bytes));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
