package io.fovea.onnx;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A node with what is known of its inputs, as shape rules see it. */
record Call(
    Node node,
    int opset,
    List<@Nullable TensorType> inputs,
    Map<String, Tensor> constants,
    Map<String, List<Dim>> shapes) {

  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  TensorType type(int i) {
    TensorType type = i < inputs.size() ? inputs.get(i) : null;
    if (type == null) {
      throw fail("input " + i + " is left out");
    }
    return type;
  }

  @Nullable List<Dim> shape(int i) {
    return has(i) ? type(i).shape() : null;
  }

  /** The shape of an input that must have this rank; unknown sizes where nothing is known. */
  List<Dim> shape(int i, int rank, String layout) {
    List<Dim> shape = shape(i);
    if (shape == null) {
      return IntStream.range(0, rank).mapToObj(k -> Dim.UNKNOWN).toList();
    }
    if (shape.size() != rank) {
      throw fail("input %d wants %s, has %s".formatted(i, layout, shape));
    }
    return shape;
  }

  /** The element type that all inputs from here on share. */
  TensorType same(int from, int to) {
    for (int i = from + 1; i < Math.min(to, inputs.size()); i++) {
      if (has(i) && type(i).elements() != type(from).elements()) {
        throw fail(
            "input %d is %s, input %d is %s"
                .formatted(from, type(from).elements(), i, type(i).elements()));
      }
    }
    return type(from);
  }

  TensorType floating(int i) {
    TensorType type = type(i);
    if (!type.elements().isFloating() && type.elements() != DataType.UNDEFINED) {
      throw fail("input %d wants real numbers, has %s".formatted(i, type.elements()));
    }
    return type;
  }

  /** A constant int64 input: axes, sizes. Null where it is computed while the graph runs. */
  long @Nullable [] longs(int i) {
    Tensor tensor = i < node.inputs().size() ? constants.get(node.inputs().get(i)) : null;
    return tensor == null || tensor.type() != DataType.INT64 ? null : tensor.longs();
  }

  /** The sizes that an int64 input holds, as far as they are known; null where they are not. */
  @Nullable List<Dim> sizes(int i) {
    return i < node.inputs().size() ? shapes.get(node.inputs().get(i)) : null;
  }

  /** An axis in 0..rank-1 from one that may count from the end. */
  int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw fail("axis %d is outside of rank %d".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  OnnxException fail(String problem) {
    return OnnxException.at(node, problem);
  }
}
