package io.fovea.cli;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.TypeProto;
import io.fovea.onnx.proto.ValueInfoProto;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.nio.file.Path;

/** Models that give a value of their graph instead of their output. */
final class Features {
  private Features() {}

  /** Loads a file as far as a value. */
  static ImageModel of(Path file, String value, Device device, int threads) {
    Model model = Model.read(file).inlined();
    Graph graph = model.graph();
    boolean known = graph.nodes().stream().map(Node::outputs).anyMatch(o -> o.contains(value));
    if (!known) {
      throw new Fovea.UserException(
          "--features: %s has no value '%s'; see fovea inspect".formatted(file, value));
    }
    TypeProto floats =
        TypeProto.newBuilder()
            .setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE))
            .build();
    ValueInfoProto output = ValueInfoProto.newBuilder().setName(value).setType(floats).build();
    Graph cut =
        new Graph(
            graph.proto().toBuilder().clearOutput().addOutput(output).build(), graph.folder());
    return ImageModel.load(file.toString(), model.withGraph(cut).toBytes(), device, threads);
  }
}
