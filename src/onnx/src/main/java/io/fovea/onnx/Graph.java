package io.fovea.onnx;

import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.TensorProto;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Nodes, in an order in which every value is produced before it is used, and their constants. */
public record Graph(GraphProto proto, @Nullable Path folder) {
  public String name() {
    return proto.getName();
  }

  public List<Node> nodes() {
    return proto.getNodeList().stream().map(n -> new Node(n, folder)).toList();
  }

  /** What a caller feeds. Old files list their constants as inputs too; those are left out here. */
  public List<ValueInfo> inputs() {
    var constants =
        proto.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
    return proto.getInputList().stream()
        .filter(i -> !constants.contains(i.getName()))
        .map(ValueInfo::new)
        .toList();
  }

  public List<ValueInfo> outputs() {
    return proto.getOutputList().stream().map(ValueInfo::new).toList();
  }

  /** The named constants, in the file's order. */
  public Map<String, Tensor> initializers() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    proto.getInitializerList().forEach(t -> all.put(t.getName(), new Tensor(t, folder)));
    return all;
  }

  /**
   * Values that nodes use but the graph does not have, in the order of their first use: what the
   * body of an If takes from around it. A model's own graph has none.
   */
  public List<String> captured() {
    Set<String> own = new HashSet<>(Set.of(""));
    proto.getInputList().forEach(i -> own.add(i.getName()));
    proto.getInitializerList().forEach(t -> own.add(t.getName()));
    Set<String> outer = new LinkedHashSet<>();
    for (Node node : nodes()) {
      outer.addAll(node.inputs());
      outer.addAll(node.captured());
      own.addAll(node.outputs());
    }
    outputs().forEach(o -> outer.add(o.name()));
    outer.removeAll(own);
    return List.copyOf(outer);
  }

  /**
   * The same graph with other values for some initializers.
   *
   * @throws OnnxException where a name is no initializer or the type or dims differ
   */
  public Graph withInitializers(Map<String, Tensor> values) {
    GraphProto.Builder b = proto.toBuilder();
    Map<String, Tensor> left = new LinkedHashMap<>(values);
    for (int i = 0; i < b.getInitializerCount(); i++) {
      TensorProto old = b.getInitializer(i);
      Tensor next = left.remove(old.getName());
      if (next == null) {
        continue;
      }
      if (next.proto().getDataType() != old.getDataType()
          || !next.proto().getDimsList().equals(old.getDimsList())) {
        throw new OnnxException(
            "initializer '%s': expected %s, met %s".formatted(old.getName(), Tensor.of(old), next));
      }
      b.setInitializer(i, next.inlined().proto().toBuilder().setName(old.getName()));
    }
    if (!left.isEmpty()) {
      throw new OnnxException("the graph has no initializer " + left.keySet());
    }
    return new Graph(b.build(), folder);
  }
}
