package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.FunctionProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the nodes of a model's own functions where they are called. */
final class Functions {
  private static final int DEEPEST = 16; // functions that call each other in a circle never end
  private static final int MOST_NODES = 1_000_000;

  private final ModelProto model;
  private final Map<String, FunctionProto> functions = new HashMap<>();
  private int count;

  private Functions(ModelProto model) {
    this.model = model;
    model.getFunctionsList().forEach(f -> functions.put(key(f.getDomain(), f.getName()), f));
  }

  /** The same model without functions of its own. */
  static ModelProto inlined(ModelProto model) {
    if (model.getFunctionsCount() == 0) {
      return model;
    }
    Functions f = new Functions(model);
    GraphProto graph = f.graph(model.getGraph(), Map.of(), "", Map.of(), 0);
    return model.toBuilder().setGraph(graph).clearFunctions().build();
  }

  private static String key(String domain, String name) {
    return (domain.equals("ai.onnx") ? "" : domain) + "." + name;
  }

  /** A graph with its calls replaced, and its names where a function's body is put in. */
  private GraphProto graph(
      GraphProto graph,
      Map<String, String> names,
      String prefix,
      Map<String, AttributeProto> attributes,
      int depth) {
    Map<String, String> scope = new HashMap<>(names);
    GraphProto.Builder b = graph.toBuilder().clearNode();
    if (!prefix.isEmpty()) { // a body's inner graph: what it defines gets the call's prefix
      for (int i = 0; i < b.getInputCount(); i++) {
        b.setInput(i, renamed(b.getInput(i), scope, prefix));
      }
      for (int i = 0; i < b.getInitializerCount(); i++) {
        String name = b.getInitializer(i).getName();
        scope.put(name, prefix + name);
        b.getInitializerBuilder(i).setName(prefix + name);
      }
      b.clearValueInfo();
    }
    for (NodeProto node : graph.getNodeList()) {
      b.addAllNode(nodes(node, scope, prefix, attributes, depth));
    }
    if (!prefix.isEmpty()) {
      for (int i = 0; i < b.getOutputCount(); i++) {
        ValueInfoProto output = b.getOutput(i);
        String name = scope.getOrDefault(output.getName(), output.getName());
        b.setOutput(i, output.toBuilder().setName(name));
      }
    }
    return b.build();
  }

  private static ValueInfoProto renamed(
      ValueInfoProto value, Map<String, String> scope, String prefix) {
    scope.put(value.getName(), prefix + value.getName());
    return value.toBuilder().setName(prefix + value.getName()).build();
  }

  /** A node as it stands in the model: itself with its names, or a function's body. */
  private List<NodeProto> nodes(
      NodeProto node,
      Map<String, String> scope,
      String prefix,
      Map<String, AttributeProto> attributes,
      int depth) {
    NodeProto.Builder b = node.toBuilder();
    for (int i = 0; i < b.getInputCount(); i++) {
      b.setInput(i, scope.getOrDefault(b.getInput(i), b.getInput(i)));
    }
    for (int i = 0; i < b.getOutputCount(); i++) {
      String name = b.getOutput(i);
      if (!prefix.isEmpty() && !name.isEmpty()) {
        b.setOutput(i, scope.computeIfAbsent(name, n -> prefix + n));
      }
    }
    if (!prefix.isEmpty()) {
      b.setName(prefix + (node.getName().isEmpty() ? node.getOpType() : node.getName()));
    }
    b.clearAttribute();
    for (AttributeProto a : node.getAttributeList()) {
      AttributeProto given = a.getRefAttrName().isEmpty() ? a : attributes.get(a.getRefAttrName());
      if (given != null) { // one that is referred to and not given takes its default
        AttributeProto.Builder named = given.toBuilder().setName(a.getName());
        if (named.hasG()) {
          named.setG(graph(named.getG(), scope, prefix, attributes, depth));
        }
        b.addAttribute(named);
      }
    }
    NodeProto call = b.build();
    FunctionProto function = functions.get(key(call.getDomain(), call.getOpType()));
    if (++count > MOST_NODES) {
      throw new OnnxException("functions make more than " + MOST_NODES + " nodes");
    }
    return function == null ? List.of(call) : body(call, function, depth + 1);
  }

  private List<NodeProto> body(NodeProto call, FunctionProto function, int depth) {
    Node node = new Node(call);
    if (depth > DEEPEST) {
      throw OnnxException.at(node, "functions call each other more than " + DEEPEST + " deep");
    }
    checkVersions(node, function);
    Map<String, AttributeProto> attributes = new HashMap<>();
    function.getAttributeProtoList().forEach(a -> attributes.put(a.getName(), a));
    call.getAttributeList().forEach(a -> attributes.put(a.getName(), a));
    Map<String, String> scope = new HashMap<>();
    for (int i = 0; i < function.getInputCount(); i++) {
      scope.put(function.getInput(i), i < call.getInputCount() ? call.getInput(i) : "");
    }
    for (int i = 0; i < Math.min(function.getOutputCount(), call.getOutputCount()); i++) {
      if (!call.getOutput(i).isEmpty()) {
        scope.put(function.getOutput(i), call.getOutput(i));
      }
    }
    String prefix = node.label() + "/" + count + "/";
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto inner : function.getNodeList()) {
      nodes.addAll(nodes(inner, scope, prefix, attributes, depth));
    }
    return nodes;
  }

  /** A body is written in operator sets of its own; here they must be the model's. */
  private void checkVersions(Node node, FunctionProto function) {
    Map<String, Long> versions = new HashMap<>();
    for (OperatorSetIdProto o : model.getOpsetImportList()) {
      versions.put(key(o.getDomain(), ""), o.getVersion());
    }
    for (OperatorSetIdProto o : function.getOpsetImportList()) {
      long own = versions.getOrDefault(key(o.getDomain(), ""), o.getVersion());
      if (own != o.getVersion()) {
        throw OnnxException.at(
            node,
            "its function is written in opset %d, the model in %d".formatted(o.getVersion(), own));
      }
    }
  }
}
