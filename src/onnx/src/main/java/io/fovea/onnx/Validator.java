package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

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
    Set<String> keys = new HashSet<>();
    proto.getMetadataPropsList().stream()
        .filter(e -> !keys.add(e.getKey()))
        .forEach(
            e -> {
              throw new OnnxException("metadata key '" + e.getKey() + "' stands twice");
            });
    new Validator(model).graph(proto.getGraph(), Set.of());
  }

  private void graph(GraphProto graph, Set<String> outer) {
    Set<String> known = new HashSet<>(outer);
    Set<String> here = new HashSet<>();
    for (TensorProto t : graph.getInitializerList()) {
      new Tensor(t, model.folder()).check();
      if (t.getName().isEmpty()) {
        throw new OnnxException("an initializer has no name");
      }
      define(t.getName(), "initializer", here);
    }
    graph.getSparseInitializerList().forEach(s -> here.add(s.getValues().getName()));
    Set<String> inputs = new HashSet<>();
    for (ValueInfoProto input : graph.getInputList()) {
      define(input.getName(), "input", inputs); // may be an initializer's name in old files
    }
    here.addAll(inputs);
    known.addAll(here);

    Map<String, String> producers = new HashMap<>();
    for (NodeProto n : graph.getNodeList()) {
      n.getOutputList().forEach(o -> producers.putIfAbsent(o, n.getOpType()));
    }
    for (NodeProto proto : graph.getNodeList()) {
      Node node = new Node(proto);
      if (node.operator().isEmpty()) {
        throw OnnxException.at(node, "no operator");
      }
      for (String input : node.inputs()) {
        if (!input.isEmpty() && !known.contains(input)) {
          throw OnnxException.at(
              node,
              producers.containsKey(input)
                  ? "input '" + input + "' is produced later: nodes out of order, or a cycle"
                  : "input '" + input + "' is neither produced nor given");
        }
      }
      attributes(node, known);
      for (String output : node.outputs()) {
        if (!output.isEmpty() && !here.add(output)) {
          throw OnnxException.at(node, "output '" + output + "' already exists");
        }
        known.add(output);
      }
    }
    Set<String> outputs = new HashSet<>();
    for (ValueInfoProto output : graph.getOutputList()) {
      define(output.getName(), "output", outputs);
      if (!known.contains(output.getName())) {
        throw new OnnxException("output '" + output.getName() + "' is never produced");
      }
    }
  }

  private static void define(String name, String what, Set<String> names) {
    if (!names.add(name)) {
      throw new OnnxException(what + " '" + name + "' stands twice");
    }
  }

  private void attributes(Node node, Set<String> scope) {
    Set<String> names = new HashSet<>();
    for (AttributeProto a : node.proto().getAttributeList()) {
      if (!names.add(a.getName())) {
        throw OnnxException.at(node, "attribute '" + a.getName() + "' stands twice");
      }
      if (a.getType() == AttributeType.UNRECOGNIZED) {
        throw OnnxException.at(
            node, "attribute '%s' has unknown type %d".formatted(a.getName(), a.getTypeValue()));
      }
      if (a.hasT()) {
        try {
          new Tensor(a.getT(), model.folder()).check();
        } catch (OnnxException e) {
          throw OnnxException.at(node, "attribute '" + a.getName() + "': " + e.getMessage());
        }
      }
      new Attribute(a).graphs().forEach(g -> graph(g, scope));
    }
  }
}
