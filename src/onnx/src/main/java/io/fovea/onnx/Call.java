package io.fovea.onnx;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node with what is known of its inputs, as shape rules see it. */
record Call(Node node, ShapeInference scope, List<@Nullable TensorType> inputs) {

  int opset() {
    return scope.opset();
  }

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
      return Dim.unknown(rank);
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

  /** The type of the first input in another shape. */
  List<TensorType> shaped(@Nullable List<Dim> shape) {
    return List.of(type(0).withShape(shape));
  }

  /** Whether two sizes that must be equal are not, or need not be where sizes vary freely. */
  boolean differ(Dim a, Dim b) {
    return scope.differ(a, b);
  }

  /** Short whole numbers that are all known: axes, sizes. Null where they are not. */
  long @Nullable [] longs(int i) {
    return numbers(sizes(i));
  }

  /** The same from an attribute of older opsets or an input of newer ones. */
  long @Nullable [] longs(String attribute, int i) {
    return numbers(sizes(attribute, i));
  }

  private static long @Nullable [] numbers(@Nullable List<Dim> sizes) {
    return sizes == null || !sizes.stream().allMatch(Dim::isKnown)
        ? null
        : sizes.stream().mapToLong(Dim::size).toArray();
  }

  /** Sizes from an attribute of older opsets or an input of newer ones; null where neither is. */
  @Nullable List<Dim> sizes(String attribute, int i) {
    return node.has(attribute)
        ? Arrays.stream(node.attribute(attribute, new long[0])).mapToObj(Dim::of).toList()
        : sizes(i);
  }

  /** The sizes that an input holds, as far as they are known; null where they are not. */
  @Nullable List<Dim> sizes(int i) {
    List<Ratio> held = held(i);
    return held == null ? null : held.stream().map(Ratio::dim).toList();
  }

  /** The one size that an input holds. */
  Dim size(int i) {
    List<Dim> sizes = sizes(i);
    return sizes == null || sizes.size() != 1 ? Dim.UNKNOWN : sizes.get(0);
  }

  /** The few numbers that an input holds, row-major; null where they are not followed. */
  @Nullable List<Ratio> held(int i) {
    return has(i) ? scope.held(node.inputs().get(i)) : null;
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
