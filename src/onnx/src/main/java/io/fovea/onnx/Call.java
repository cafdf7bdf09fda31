package io.fovea.onnx;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A node with what is known of its inputs, as shape rules see it. */
record Call(Node node, int opset, List<@Nullable TensorType> inputs, Map<String, List<Dim>> sizes) {

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

  /** Checks that the first inputs share one element type, as far as theirs are known. */
  void same(int count) {
    int first = -1;
    for (int i = 0; i < Math.min(count, inputs.size()); i++) {
      if (!has(i) || type(i).elements() == DataType.UNDEFINED) {
        continue;
      }
      if (first < 0) {
        first = i;
      } else if (type(i).elements() != type(first).elements()) {
        throw fail(
            "input %d is %s, input %d is %s"
                .formatted(first, type(first).elements(), i, type(i).elements()));
      }
    }
  }

  TensorType floating(int i) {
    TensorType type = type(i);
    if (!type.elements().isFloating() && type.elements() != DataType.UNDEFINED) {
      throw fail("input %d wants real numbers, has %s".formatted(i, type.elements()));
    }
    return type;
  }

  /** A short int64 input that is all numbers: axes, sizes. Null where it is not known as such. */
  long @Nullable [] longs(int i) {
    List<Dim> sizes = sizes(i);
    return sizes == null || !sizes.stream().allMatch(Dim::isKnown)
        ? null
        : sizes.stream().mapToLong(Dim::size).toArray();
  }

  /** The sizes that an int64 input holds, as far as they are known; null where they are not. */
  @Nullable List<Dim> sizes(int i) {
    return i < node.inputs().size() ? sizes.get(node.inputs().get(i)) : null;
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
