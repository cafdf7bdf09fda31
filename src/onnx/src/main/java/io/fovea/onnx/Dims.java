package io.fovea.onnx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types of operators that read shapes or make tensors of shapes that are computed. */
final class Dims {
  private Dims() {}

  static List<TensorType> shape(Call c) {
    List<Dim> sizes = of(c);
    Dim count = sizes == null ? Dim.UNKNOWN : Dim.of(sizes.size());
    return List.of(new TensorType(DataType.INT64, List.of(count)));
  }

  /** What Shape gives, as far as it is known. */
  static @Nullable List<Dim> of(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return null;
    }
    long n = x.size();
    long start = c.node().attribute("start", 0);
    long end = c.node().attribute("end", n);
    int from = (int) Math.max(0, Math.min(n, start < 0 ? start + n : start));
    int to = (int) Math.max(from, Math.min(n, end < 0 ? end + n : end));
    return x.subList(from, to);
  }

  static List<TensorType> size(Call c) {
    return List.of(TensorType.of(DataType.INT64));
  }

  /** A shape that an input holds; sizes unknown where only their number is known. */
  static @Nullable List<Dim> target(Call c, String attribute, int i) {
    List<Dim> sizes = c.sizes(attribute, i);
    List<Dim> length = c.shape(i);
    if (sizes != null || length == null) {
      return sizes;
    }
    if (length.size() != 1) {
      throw c.fail("input %d wants a list of sizes, has shape %s".formatted(i, length));
    }
    boolean isShort =
        length.get(0).isKnown() && length.get(0).size() <= ShapeInference.LARGEST_RANK;
    return isShort ? Dim.unknown(Math.max(0, (int) length.get(0).size())) : null;
  }

  static List<TensorType> constant(Call c) {
    Tensor tensor = ShapeInference.constantOf(c.node());
    if (tensor != null) {
      return List.of(TensorType.of(tensor.type(), tensor.dims()));
    }
    Attribute strings = c.node().attribute("value_strings");
    if (strings != null) {
      return List.of(TensorType.of(DataType.STRING, strings.proto().getStringsCount()));
    }
    boolean text = c.node().has("value_string");
    return List.of(
        text ? TensorType.of(DataType.STRING) : new TensorType(DataType.UNDEFINED, null));
  }

  static List<TensorType> constantOfShape(Call c) {
    Tensor value = c.node().tensor("value");
    DataType elements = value == null ? DataType.FLOAT : value.type();
    return List.of(new TensorType(elements, target(c, "", 0)));
  }

  static List<TensorType> range(Call c) {
    c.same(3);
    return c.shaped(List.of(count(c)));
  }

  private static Dim count(Call c) {
    List<Ratio> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      List<Ratio> held = c.held(i);
      all.add(held == null || held.size() != 1 ? Ratio.UNKNOWN : held.get(0));
    }
    Ratio step = all.get(2);
    Ratio length = all.get(1).minus(all.get(0));
    if (!step.isKnown()) {
      return Dim.UNKNOWN;
    }
    if (step.top().size() == 0) {
      throw c.fail("a step of 0");
    }
    Dim count = Dim.UNKNOWN;
    if (step.bottom() == 1 && length.bottom() == 1) {
      long sign = Long.signum(step.top().size());
      long n = Math.multiplyExact(sign, step.top().size());
      count = length.top().times(sign).plus(n - 1).floorDiv(n);
    } else if (length.isKnown()) {
      count = Dim.of((long) Math.ceil(length.value() / step.value()));
    }
    return count.isKnown()
        ? Dim.of(Math.max(0, count.size()))
        : count.least() >= 0 ? count : Dim.UNKNOWN;
  }

  /** EyeLike and what is random: the shape of an input, elements as said. */
  static List<TensorType> like(Call c) {
    long code = c.node().attribute("dtype", 0);
    DataType elements = code == 0 ? c.type(0).elements() : DataType.of(Math.toIntExact(code));
    return List.of(new TensorType(elements, c.shape(0)));
  }

  /** Tensors of a shape that an attribute says: RandomNormal and RandomUniform. */
  static List<TensorType> random(Call c) {
    DataType elements = DataType.of(Math.toIntExact(c.node().attribute("dtype", 1)));
    return List.of(TensorType.of(elements, c.node().attribute("shape", new long[0])));
  }
}
