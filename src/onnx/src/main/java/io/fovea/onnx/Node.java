package io.fovea.onnx;

import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.NodeProto;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One operator call: inputs and outputs by name, and attributes.
 *
 * @param folder where external data lies; null for a node that was never in a file
 */
public record Node(NodeProto proto, @Nullable Path folder) {
  Node(NodeProto proto) {
    this(proto, null);
  }

  /** The operator, such as {@code Conv}. */
  public String operator() {
    return proto.getOpType();
  }

  /** The operator's domain; empty for ONNX's own. */
  public String domain() {
    return proto.getDomain().equals("ai.onnx") ? "" : proto.getDomain();
  }

  /** The name; often empty in files of other tools. */
  public String name() {
    return proto.getName();
  }

  /** What messages call the node: its name, or its first output's where it has none. */
  public String label() {
    return !name().isEmpty() || proto.getOutputCount() == 0 ? name() : proto.getOutput(0);
  }

  /** Names of the inputs; an empty one is an optional input left out. */
  public List<String> inputs() {
    return proto.getInputList();
  }

  public List<String> outputs() {
    return proto.getOutputList();
  }

  public List<Attribute> attributes() {
    return proto.getAttributeList().stream().map(Attribute::new).toList();
  }

  public @Nullable Attribute attribute(String name) {
    for (var a : proto.getAttributeList()) {
      if (a.getName().equals(name)) {
        return new Attribute(a);
      }
    }
    return null;
  }

  public boolean has(String attribute) {
    return attribute(attribute) != null;
  }

  public long attribute(String name, long otherwise) {
    Attribute a = typed(name, AttributeType.INT);
    return a == null ? otherwise : a.i();
  }

  public float attribute(String name, float otherwise) {
    Attribute a = typed(name, AttributeType.FLOAT);
    return a == null ? otherwise : a.f();
  }

  public String attribute(String name, String otherwise) {
    Attribute a = typed(name, AttributeType.STRING);
    return a == null ? otherwise : a.s();
  }

  public long[] attribute(String name, long[] otherwise) {
    Attribute a = typed(name, AttributeType.INTS);
    return a == null ? otherwise : a.ints();
  }

  /** The tensor of an attribute, or null where there is none. */
  public @Nullable Tensor tensor(String name) {
    Attribute a = attribute(name);
    return a == null || !a.proto().hasT() ? null : new Tensor(a.proto().getT(), folder);
  }

  /** The graph of an attribute, such as a branch of If, or null where there is none. */
  public @Nullable Graph graph(String name) {
    Attribute a = attribute(name);
    return a == null || !a.proto().hasG() ? null : new Graph(a.proto().getG(), folder);
  }

  /** Values from outside that the node's graphs use, in the order of their first use. */
  public List<String> captured() {
    Set<String> names = new LinkedHashSet<>();
    for (Attribute a : attributes()) {
      a.graphs().forEach(g -> names.addAll(new Graph(g, folder).captured()));
    }
    return List.copyOf(names);
  }

  private @Nullable Attribute typed(String name, AttributeType wanted) {
    Attribute a = attribute(name);
    AttributeType met = a == null ? wanted : a.proto().getType();
    if (met != wanted && met != AttributeType.UNDEFINED) { // the oldest files have no types
      throw OnnxException.at(this, "attribute '%s' wants %s, has %s".formatted(name, wanted, met));
    }
    return a;
  }

  /** What a Constant node holds; null where this is none, or where it holds strings. */
  public @Nullable Tensor constant() {
    return operator().equals("Constant") ? ShapeInference.constantOf(this) : null;
  }

  /** {@code Conv 'layer1.0.conv1'}, as messages name it. */
  @Override
  public String toString() {
    return (domain().isEmpty() ? "" : domain() + ".") + operator() + " '" + label() + "'";
  }
}
