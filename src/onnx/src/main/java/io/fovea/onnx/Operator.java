package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto.AttributeType;
import java.util.List;
import java.util.Map;

/**
 * What {@link GraphBuilder} and shape inference know of an operator.
 *
 * @param since oldest opset in which the operator has the form described here
 * @param inputs smallest and largest number of inputs
 * @param attributes attributes that may stand, and their types
 */
record Operator(
    String name, int since, Arity inputs, Map<String, AttributeType> attributes, Rule rule) {

  record Arity(int min, int max) {}

  /** Gives the types of a node's outputs, or throws what is wrong with its inputs. */
  @FunctionalInterface
  interface Rule {
    List<TensorType> infer(Call call);
  }

  /** Checks everything about a node but the shapes. */
  void check(Node node, int opset) {
    if (opset < since) {
      throw OnnxException.at(node, "needs opset %d, the graph has %d".formatted(since, opset));
    }
    int given = node.inputs().size();
    if (given < inputs.min || given > inputs.max) {
      String range = inputs.min == inputs.max ? "" + inputs.min : inputs.min + " to " + inputs.max;
      throw OnnxException.at(node, "wants %s inputs, has %d".formatted(range, given));
    }
    int present = inputs.max == Operators.ANY ? given : inputs.min;
    for (int i = 0; i < present; i++) {
      if (node.inputs().get(i).isEmpty()) {
        throw OnnxException.at(node, "input " + i + " is left out");
      }
    }
    for (Attribute a : node.attributes()) {
      AttributeType wanted = attributes.get(a.name());
      if (wanted == null) {
        throw OnnxException.at(
            node,
            "has no attribute '%s' (it has %s)"
                .formatted(a.name(), attributes.keySet().stream().sorted().toList()));
      }
      if (a.proto().getType() != wanted) {
        throw OnnxException.at(
            node,
            "attribute '%s' wants %s, has %s".formatted(a.name(), wanted, a.proto().getType()));
      }
    }
  }
}
