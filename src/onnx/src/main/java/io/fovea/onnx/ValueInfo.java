package io.fovea.onnx;

import io.fovea.onnx.proto.ValueInfoProto;

/** The name and type of a graph's input, output or inner value. */
public record ValueInfo(ValueInfoProto proto) {
  public static ValueInfo of(String name, TensorType type) {
    return new ValueInfo(ValueInfoProto.newBuilder().setName(name).setType(type.toProto()).build());
  }

  public String name() {
    return proto.getName();
  }

  /** The type; {@code undefined} elements where the value is no tensor. */
  public TensorType type() {
    return TensorType.of(proto.getType());
  }

  @Override
  public String toString() {
    return name() + ": " + type();
  }
}
