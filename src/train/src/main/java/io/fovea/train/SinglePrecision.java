package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import java.util.List;

/**
 * Nets of float16 or bfloat16 numbers that compute in float: in half precision the small gradients
 * of a mean over many pixels become 0.
 */
final class SinglePrecision {
  private SinglePrecision() {}

  /** The model with its constants as floats, and casts to half precision as casts to float. */
  static Model of(Model model) {
    Graph graph = model.graph();
    GraphProto.Builder g = graph.proto().toBuilder();
    for (int i = 0; i < g.getInitializerCount(); i++) {
      Tensor t = new Tensor(g.getInitializer(i), graph.folder());
      if (isHalf(t.type())) {
        g.setInitializer(i, t.as(DataType.FLOAT).proto());
      }
    }
    List<Node> nodes = graph.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      g.setNode(i, of(nodes.get(i)));
    }
    return model.withGraph(new Graph(g.build(), graph.folder()));
  }

  private static NodeProto of(Node node) {
    Tensor constant = node.constant();
    boolean casts = node.operator().equals("Cast");
    if (!casts && (constant == null || !isHalf(constant.type()))) {
      return node.proto();
    }
    NodeProto.Builder b = node.proto().toBuilder();
    for (AttributeProto.Builder a : b.getAttributeBuilderList()) {
      if (casts && a.getName().equals("to") && isHalf(DataType.of((int) a.getI()))) {
        a.setI(DataType.FLOAT.code());
      } else if (constant != null && a.getName().equals("value")) {
        a.setT(constant.as(DataType.FLOAT).proto());
      }
    }
    return b.build();
  }

  private static boolean isHalf(DataType type) {
    return type == DataType.FLOAT16 || type == DataType.BFLOAT16;
  }
}
