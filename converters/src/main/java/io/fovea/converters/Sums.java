package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Short names for the arithmetic of a graph: numbers are int64 or double, single ones of rank 0.
 * Only operators whose form and types are the same in every opset from 11 on. Not thread-safe.
 */
final class Sums {
  private final GraphBuilder graph;
  private final String prefix;
  private final Map<Object, Value> constants = new HashMap<>();
  private String place = "";
  private int count;

  /** Nodes are named by this prefix, the place, their operator and a number. */
  Sums(GraphBuilder graph, String prefix) {
    this.graph = graph;
    this.prefix = prefix;
  }

  /** What the next nodes are for. */
  void enter(String name) {
    place = name + "/";
  }

  Value node(String operator, List<Value> inputs, Attribute... attributes) {
    return graph.node(operator, prefix + place + operator + "_" + count++, inputs, attributes);
  }

  private Value constant(Object key, Tensor tensor) {
    Value known = constants.get(key);
    if (known == null) {
      known = node("Constant", List.of(), Attribute.of("value", tensor));
      constants.put(key, known);
    }
    return known;
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  Value whole(long n) {
    return constant(n, Tensor.of("", DataType.INT64, new long[0], bytes(8).putLong(0, n)));
  }

  Value real(double x) {
    return constant(x, Tensor.of("", DataType.DOUBLE, new long[0], bytes(8).putDouble(0, x)));
  }

  /** A list of int64. */
  Value list(Long... numbers) {
    long[] values = new long[numbers.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers[i];
    }
    return constant(List.of(numbers), Tensor.of("", values));
  }

  Value floats(List<Float> numbers, long... dims) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i);
    }
    return constant(List.of(numbers, dims.length), Tensor.of("", dims, values));
  }

  /** A list of uint8. */
  Value levels(byte[] levels) {
    ByteBuffer raw = ByteBuffer.wrap(levels);
    return constant(raw, Tensor.of("", DataType.UINT8, new long[] {levels.length}, raw));
  }

  Value cast(Value x, DataType type) {
    return node("Cast", List.of(x), Attribute.of("to", type.code()));
  }

  Value real(Value x) {
    return cast(x, DataType.DOUBLE);
  }

  /** Rounded towards 0. */
  Value whole(Value x) {
    return cast(x, DataType.INT64);
  }

  Value add(Value a, Value b) {
    return node("Add", List.of(a, b));
  }

  Value sub(Value a, Value b) {
    return node("Sub", List.of(a, b));
  }

  Value mul(Value a, Value b) {
    return node("Mul", List.of(a, b));
  }

  /** Of whole numbers, rounded towards 0. */
  Value div(Value a, Value b) {
    return node("Div", List.of(a, b));
  }

  Value less(Value a, Value b) {
    return node("Less", List.of(a, b));
  }

  Value not(Value a) {
    return node("Not", List.of(a));
  }

  Value and(Value a, Value b) {
    return node("And", List.of(a, b));
  }

  Value where(Value condition, Value yes, Value no) {
    return node("Where", List.of(condition, yes, no));
  }

  /** Min itself takes whole numbers from opset 12 on only. */
  Value min(Value a, Value b) {
    return where(less(a, b), a, b);
  }

  Value max(Value a, Value b) {
    return where(less(a, b), b, a);
  }

  Value floor(Value x) {
    return node("Floor", List.of(x));
  }

  /** Halves go to the even number. */
  Value round(Value x) {
    return node("Round", List.of(x));
  }

  Value abs(Value x) {
    return node("Abs", List.of(x));
  }

  /** The whole numbers from one, inclusive, to another. */
  Value range(Value from, Value to) {
    return node("Range", List.of(from, to, whole(1)));
  }

  /** One size of a value. */
  Value size(Value x, int axis) {
    return gather(node("Shape", List.of(x)), whole(axis), 0);
  }

  Value gather(Value x, Value indices, int axis) {
    return node("Gather", List.of(x, indices), Attribute.of("axis", axis));
  }

  /** From one index, inclusive, to another; both are single numbers. */
  Value slice(Value x, Value from, Value to, long axis) {
    return node("Slice", List.of(x, listed(from), listed(to), list(axis)));
  }

  /** 0 keeps a size, -1 is what is left. */
  Value reshape(Value x, Long... shape) {
    return node("Reshape", List.of(x, list(shape)));
  }

  /** A single number as a list of one. */
  Value listed(Value number) {
    return reshape(number, 1L);
  }

  Value concat(int axis, Value... parts) {
    return node("Concat", List.of(parts), Attribute.of("axis", axis));
  }

  Value transpose(Value x, long... order) {
    return node("Transpose", List.of(x), Attribute.ints("perm", order));
  }
}
