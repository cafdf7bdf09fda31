package io.fovea.onnx;

import com.google.protobuf.ByteString;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import java.util.List;

/** A named constant of a node. */
public record Attribute(AttributeProto proto) {
  public static Attribute of(String name, long value) {
    return new Attribute(start(name, AttributeType.INT).setI(value).build());
  }

  public static Attribute of(String name, float value) {
    return new Attribute(start(name, AttributeType.FLOAT).setF(value).build());
  }

  public static Attribute of(String name, String value) {
    return new Attribute(
        start(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build());
  }

  public static Attribute of(String name, Tensor value) {
    return new Attribute(start(name, AttributeType.TENSOR).setT(value.inlined().proto()).build());
  }

  public static Attribute ints(String name, long... values) {
    AttributeProto.Builder b = start(name, AttributeType.INTS);
    for (long v : values) {
      b.addInts(v);
    }
    return new Attribute(b.build());
  }

  private static AttributeProto.Builder start(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  public String name() {
    return proto.getName();
  }

  /** The graphs in this attribute: bodies of If, Loop and Scan. */
  List<GraphProto> graphs() {
    return switch (proto.getType()) {
      case GRAPH -> List.of(proto.getG());
      case GRAPHS -> proto.getGraphsList();
      default -> List.of();
    };
  }

  long i() {
    return proto.getI();
  }

  float f() {
    return proto.getF();
  }

  String s() {
    return proto.getS().toStringUtf8();
  }

  long[] ints() {
    return proto.getIntsList().stream().mapToLong(Long::longValue).toArray();
  }

  /** The value as text, tensors by their type and graphs by their number of nodes. */
  public String text() {
    return switch (proto.getType()) {
      case INT -> Long.toString(i());
      case FLOAT -> Float.toString(f());
      case STRING -> s();
      case INTS -> proto.getIntsList().toString();
      case FLOATS -> proto.getFloatsList().toString();
      case TENSOR -> proto.getT().getDimsList() + " tensor";
      case GRAPH -> proto.getG().getNodeCount() + " nodes";
      default -> proto.getType().toString();
    };
  }

  @Override
  public String toString() {
    return name() + "=" + text();
  }
}
