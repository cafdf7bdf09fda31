package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Decides where weights lie in a written model, and writes it. */
final class ModelWriter {
  private static final int SMALL_BYTES = 1024;
  private static final int PAGE_BYTES = 4096; // offsets at pages let runtimes map the file

  private ModelWriter() {}

  static void write(Model model, Path file, long inlineLimitBytes) {
    try {
      if (totalBytes(model) <= inlineLimitBytes) {
        ModelProto inlined = inlined(model);
        WholeFile.write(file, inlined::writeTo);
        return;
      }
      Path data = file.resolveSibling(file.getFileName() + ".data");
      ModelProto[] slim = new ModelProto[1];
      WholeFile.write(data, out -> slim[0] = moveOut(model, out, data.getFileName().toString()));
      WholeFile.write(file, out -> slim[0].writeTo(out));
    } catch (IOException | OnnxException e) {
      throw OnnxException.in(file, e);
    }
  }

  static ModelProto inlined(Model model) {
    return map(model.proto(), t -> new Tensor(t, model.folder()).inlined().proto());
  }

  private static long totalBytes(Model model) {
    AtomicLong total = new AtomicLong(model.proto().getSerializedSize());
    map(
        model.proto(),
        t -> {
          Tensor tensor = new Tensor(t, model.folder());
          total.addAndGet(tensor.isExternal() ? tensor.byteSize() : 0);
          return t;
        });
    return total.get();
  }

  private static ModelProto moveOut(Model model, OutputStream out, String location) {
    var channel = Channels.newChannel(out);
    long[] offset = {0};
    return map(
        model.proto(),
        t -> {
          Tensor tensor = new Tensor(t, model.folder());
          if (tensor.type() == DataType.STRING || tensor.byteSize() < SMALL_BYTES) {
            return tensor.inlined().proto();
          }
          try {
            int gap = (int) Math.floorMod(-offset[0], (long) PAGE_BYTES);
            out.write(new byte[gap]);
            offset[0] += gap;
            long length = channel.write(tensor.bytes());
            TensorProto moved = ExternalData.refer(t, location, offset[0], length);
            offset[0] += length;
            return moved;
          } catch (IOException e) {
            throw new OnnxException(e.getMessage());
          }
        });
  }

  /** The model with every tensor replaced, those in attributes and inner graphs included. */
  private static ModelProto map(ModelProto model, UnaryOperator<TensorProto> to) {
    GraphProto graph = map(model.getGraph(), to);
    return graph == model.getGraph() ? model : model.toBuilder().setGraph(graph).build();
  }

  private static GraphProto map(GraphProto graph, UnaryOperator<TensorProto> to) {
    GraphProto.Builder b = null; // made when the first tensor differs: most models stay as they are
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto next = to.apply(graph.getInitializer(i));
      if (next != graph.getInitializer(i)) {
        b = b == null ? graph.toBuilder() : b;
        b.setInitializer(i, next);
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto next = map(graph.getNode(i), to);
      if (next != graph.getNode(i)) {
        b = b == null ? graph.toBuilder() : b;
        b.setNode(i, next);
      }
    }
    return b == null ? graph : b.build();
  }

  private static NodeProto map(NodeProto node, UnaryOperator<TensorProto> to) {
    NodeProto.Builder b = null;
    for (int i = 0; i < node.getAttributeCount(); i++) {
      AttributeProto attribute = node.getAttribute(i);
      AttributeProto.Builder next = attribute.toBuilder();
      if (attribute.hasT()) {
        next.setT(to.apply(attribute.getT()));
      }
      if (attribute.hasG()) {
        next.setG(map(attribute.getG(), to));
      }
      for (int j = 0; j < attribute.getGraphsCount(); j++) {
        next.setGraphs(j, map(attribute.getGraphs(j), to));
      }
      for (int j = 0; j < attribute.getTensorsCount(); j++) {
        next.setTensors(j, to.apply(attribute.getTensors(j)));
      }
      AttributeProto mapped = next.build();
      if (!mapped.equals(attribute)) {
        b = b == null ? node.toBuilder() : b;
        b.setAttribute(i, mapped);
      }
    }
    return b == null ? node : b.build();
  }
}
