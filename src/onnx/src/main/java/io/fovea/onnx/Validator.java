package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.SparseTensorProto;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a model is sound: every value is produced once and before it is used, every constant
 * has the data that its dims claim, every attribute holds what its type says. Operators are not
 * looked at.
 */
final class Validator {
  private final Model model;

  private Validator(Model model) {
    this.model = model;
  }

  static void check(Model model) {
    ModelProto proto = model.proto();
    if (!proto.hasGraph()) {
      throw new OnnxException("not an ONNX file: it holds no graph");
    }
    if (proto.getIrVersion() < 1) {
      throw new OnnxException("IR version " + proto.getIrVersion() + " is not one of ONNX's");
    }
    if (proto.getOpsetImportCount() == 0 && proto.getIrVersion() >= 3) {
      throw new OnnxException("the model imports no operator set");
    }
    for (OperatorSetIdProto o : proto.getOpsetImportList()) {
      if (o.getVersion() != (int) o.getVersion() || o.getVersion() < 1) {
        throw new OnnxException(
            "operator set '%s' has no version %d".formatted(o.getDomain(), o.getVersion()));
      }
    }
    Set<String> keys = new HashSet<>();
    proto.getMetadataPropsList().forEach(e -> define(e.getKey(), "metadata key", keys));
    new Validator(model).graph(proto.getGraph(), null);
  }

  /** Names that nodes may use: those of a graph so far, and of the graphs around it. */
  private record Scope(Set<String> here, @Nullable Scope outer) {
    boolean has(String name) {
      return here.contains(name) || (outer != null && outer.has(name));
    }
  }

  private void graph(GraphProto graph, @Nullable Scope outer) {
    Set<String> here = new HashSet<>();
    for (TensorProto t : graph.getInitializerList()) {
      tensor(t);
      if (t.getName().isEmpty()) {
        throw new OnnxException("an initializer has no name");
      }
      define(t.getName(), "initializer", here);
    }
    for (SparseTensorProto s : graph.getSparseInitializerList()) {
      tensor(s.getValues());
      tensor(s.getIndices());
      define(s.getValues().getName(), "initializer", here);
    }
    Set<String> inputs = new HashSet<>();
    for (ValueInfoProto input : graph.getInputList()) {
      define(input.getName(), "input", inputs); // may be an initializer's name in old files
    }
    here.addAll(inputs);
    Scope scope = new Scope(here, outer);

    Set<String> produced = new HashSet<>();
    graph.getNodeList().forEach(n -> produced.addAll(n.getOutputList()));
    for (NodeProto proto : graph.getNodeList()) {
      Node node = new Node(proto);
      if (node.operator().isEmpty()) {
        throw OnnxException.at(node, "no operator");
      }
      for (String input : node.inputs()) {
        if (!input.isEmpty() && !scope.has(input)) {
          throw OnnxException.at(
              node,
              produced.contains(input)
                  ? "input '" + input + "' is produced later: nodes out of order, or a cycle"
                  : "input '" + input + "' is neither produced nor given");
        }
      }
      attributes(node, scope);
      for (String output : node.outputs()) {
        if (!output.isEmpty() && !here.add(output)) {
          throw OnnxException.at(node, "output '" + output + "' already exists");
        }
      }
    }
    Set<String> outputs = new HashSet<>();
    for (ValueInfoProto output : graph.getOutputList()) {
      define(output.getName(), "output", outputs);
      if (!scope.has(output.getName())) {
        throw new OnnxException("output '" + output.getName() + "' is never produced");
      }
    }
  }

  private static void define(String name, String what, Set<String> names) {
    if (!names.add(name)) {
      throw new OnnxException(what + " '" + name + "' stands twice");
    }
  }

  private void tensor(TensorProto proto) {
    new Tensor(proto, model.folder()).check();
  }

  private void attributes(Node node, Scope scope) {
    Set<String> names = new HashSet<>();
    for (AttributeProto a : node.proto().getAttributeList()) {
      if (!names.add(a.getName())) {
        throw OnnxException.at(node, "attribute '" + a.getName() + "' stands twice");
      }
      try {
        attribute(a);
      } catch (OnnxException e) {
        throw OnnxException.at(node, "attribute '" + a.getName() + "': " + e.getMessage());
      }
      new Attribute(a).graphs().forEach(g -> graph(g, scope));
    }
  }

  private void attribute(AttributeProto a) {
    if (a.getType() == AttributeType.UNRECOGNIZED) {
      throw new OnnxException("type " + a.getTypeValue() + " is not one of ONNX's");
    }
    boolean missing =
        switch (a.getType()) {
          case TENSOR -> !a.hasT();
          case GRAPH -> !a.hasG();
          default -> false; // a writer may leave out a zero or an empty list
        };
    if (missing) {
      throw new OnnxException("its type is %s, but it has none".formatted(a.getType()));
    }
    if (a.hasT()) {
      tensor(a.getT());
    }
    a.getTensorsList().forEach(this::tensor);
  }
}
