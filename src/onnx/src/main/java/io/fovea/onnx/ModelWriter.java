package io.fovea.onnx;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.FunctionProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.SparseTensorProto;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.TrainingInfoProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Decides where weights lie in a written model, and writes it. */
final class ModelWriter {
  private static final int SMALL_BYTES = 1024;
  private static final int PAGE_BYTES = 4096; // offsets at pages let runtimes map the file

  /** The messages in which a tensor can lie. */
  private static final Set<Descriptor> HOLDERS =
      Set.of(
          GraphProto.getDescriptor(),
          NodeProto.getDescriptor(),
          AttributeProto.getDescriptor(),
          TensorProto.getDescriptor(),
          SparseTensorProto.getDescriptor(),
          FunctionProto.getDescriptor(),
          TrainingInfoProto.getDescriptor());

  private ModelWriter() {}

  static void write(Model model, Path file, long inlineLimitBytes) {
    try {
      if (weightBytes(model) <= inlineLimitBytes) {
        ModelProto inlined = inlined(model);
        WholeFile.write(file, inlined::writeTo);
        return;
      }
      Path data = file.resolveSibling(file.getFileName() + ".data");
      WholeFile.write( // both are complete before either takes its name
          file,
          out ->
              WholeFile.write(
                  data,
                  weights -> {
                    moveOut(model, weights, data.getFileName().toString()).writeTo(out);
                    out.flush();
                  }));
    } catch (IOException | OnnxException e) {
      throw OnnxException.in(file, e);
    }
  }

  static ModelProto inlined(Model model) {
    if (weightBytes(model) > Integer.MAX_VALUE) {
      throw new OnnxException("weights of more than 2 GiB do not lie in one file");
    }
    return (ModelProto) map(model.proto(), t -> new Tensor(t, model.folder()).inlined().proto());
  }

  private static long weightBytes(Model model) {
    AtomicLong total = new AtomicLong();
    map(
        model.proto(),
        t -> {
          total.addAndGet(new Tensor(t, model.folder()).byteSize());
          return t;
        });
    return total.get();
  }

  /** Writes the graph's larger initializers and gives the model without them. */
  private static ModelProto moveOut(Model model, OutputStream out, String location)
      throws IOException {
    ModelProto.Builder rest = model.proto().toBuilder();
    rest.getGraphBuilder().clearInitializer();
    ModelProto.Builder slim = inlined(new Model(rest.build(), model.folder())).toBuilder();
    GraphProto.Builder graph = slim.getGraphBuilder();
    var channel = Channels.newChannel(out);
    long offset = 0;
    for (TensorProto t : model.proto().getGraph().getInitializerList()) {
      Tensor tensor = new Tensor(t, model.folder());
      if (tensor.byteSize() < SMALL_BYTES) {
        graph.addInitializer(tensor.inlined().proto());
        continue;
      }
      int gap = (int) Math.floorMod(-offset, (long) PAGE_BYTES);
      out.write(new byte[gap]);
      offset += gap;
      long length = channel.write(tensor.bytes());
      graph.addInitializer(ExternalData.refer(t, location, offset, length));
      offset += length;
    }
    return slim.build();
  }

  /** The message with every tensor in it replaced; the same object where none differs. */
  private static Message map(Message message, UnaryOperator<TensorProto> to) {
    if (message instanceof TensorProto tensor) {
      return to.apply(tensor);
    }
    Message.Builder changed = null;
    for (FieldDescriptor f : message.getDescriptorForType().getFields()) {
      if (f.getJavaType() != FieldDescriptor.JavaType.MESSAGE
          || !HOLDERS.contains(f.getMessageType())) {
        continue;
      }
      int count = f.isRepeated() ? message.getRepeatedFieldCount(f) : message.hasField(f) ? 1 : 0;
      for (int i = 0; i < count; i++) {
        Object old = f.isRepeated() ? message.getRepeatedField(f, i) : message.getField(f);
        Message next = map((Message) old, to);
        if (next == old) {
          continue;
        }
        changed = changed == null ? message.toBuilder() : changed;
        if (f.isRepeated()) {
          changed.setRepeatedField(f, i, next);
        } else {
          changed.setField(f, next);
        }
      }
    }
    return changed == null ? message : changed.build();
  }
}
