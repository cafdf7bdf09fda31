package io.fovea.onnx;

import java.util.List;

/** A value of a graph that is being built: its name and what is known of its type. */
public record Value(String name, TensorType type) {
  /** An optional input that is left out, such as Clip's minimum. */
  public static final Value NONE = new Value("", new TensorType(DataType.UNDEFINED, null));

  /** The shape; {@code [N, C, H, W]} for pictures. */
  public List<Dim> shape() {
    List<Dim> shape = type.shape();
    if (shape == null) {
      throw new OnnxException("value '" + name + "' has no known shape");
    }
    return shape;
  }

  /** Number of channels of {@code [N, C, ...]}. */
  public int channels() {
    List<Dim> shape = shape();
    if (shape.size() < 2 || !shape.get(1).isKnown()) {
      throw new OnnxException("value '" + name + "' of shape " + shape + " has no known channels");
    }
    return Math.toIntExact(shape.get(1).size());
  }

  @Override
  public String toString() {
    return name + ": " + type;
  }
}
