package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What the small tensors hold that graphs compute sizes with: elements row-major, each known, a
 * named size, or unknown.
 */
final class Values {
  private static final int MOST = 64;

  private Values() {}

  /** The numbers of a short constant; null for others. */
  static @Nullable List<Ratio> of(Tensor tensor) {
    DataType type = tensor.type();
    boolean followed = isFollowed(type) && !(tensor.isExternal() && type.isFloating());
    if (!followed || tensor.size() > MOST || tensor.isOutline()) {
      return null;
    }
    return type == DataType.INT64
        ? LongStream.of(tensor.longs()).mapToObj(v -> Ratio.of(Dim.of(v))).toList()
        : DoubleStream.of(tensor.doubles()).mapToObj(Ratio::of).toList();
  }

  /** What a node's output of a type holds; null where nothing of it is known. */
  static @Nullable List<Ratio> of(Call c, int output, TensorType type) {
    long[] shape = small(type.shape());
    if (shape == null || !isFollowed(type.elements())) {
      return null;
    }
    try {
      List<Ratio> all = compute(c, output, shape, type.elements());
      if (all == null || all.size() != count(shape)) {
        return null;
      }
      List<Ratio> fit = all.stream().map(r -> fit(r, type.elements())).toList();
      return fit.stream().allMatch(Ratio::isUnknown) && !fit.isEmpty() ? null : fit;
    } catch (ArithmeticException e) { // what overflows is not known
      return null;
    }
  }

  private static boolean isFollowed(DataType type) {
    return switch (type) {
      case INT64, INT32, BOOL, FLOAT, DOUBLE -> true;
      default -> false;
    };
  }

  /** The number as the type holds it; unknown where it does not hold it. */
  private static Ratio fit(Ratio r, DataType type) {
    if (!r.isKnown()) {
      return r;
    }
    return switch (type) {
      case FLOAT -> Ratio.of((float) r.value());
      case DOUBLE -> r;
      case INT32 -> r.top().size() == (int) r.top().size() && r.bottom() == 1 ? r : Ratio.UNKNOWN;
      default -> r.bottom() == 1 ? r : Ratio.UNKNOWN;
    };
  }

  /** A shape of few elements; null for others. */
  static long @Nullable [] small(@Nullable List<Dim> shape) {
    if (shape == null || !shape.stream().allMatch(d -> d.isKnown() && d.size() <= MOST)) {
      return null;
    }
    long[] sizes = shape.stream().mapToLong(Dim::size).toArray();
    long product = 1;
    for (long size : sizes) {
      product *= size;
      if (product < 0 || product > MOST) {
        return null;
      }
    }
    return sizes;
  }

  static int count(long[] shape) {
    return (int) LongStream.of(shape).reduce(1, (a, b) -> a * b);
  }

  private static @Nullable List<Ratio> compute(Call c, int output, long[] shape, DataType type) {
    switch (c.node().operator()) {
      case "Constant" -> {
        Tensor tensor = c.node().constant();
        return tensor == null ? null : of(tensor);
      }
      case "Shape" -> {
        List<Dim> sizes = Dims.of(c);
        return sizes == null ? null : sizes.stream().map(Ratio::of).toList();
      }
      case "Size" -> {
        List<Dim> x = c.shape(0);
        return x == null ? null : List.of(Ratio.of(Dim.product(x)));
      }
      case "ConstantOfShape" -> {
        Tensor value = c.node().tensor("value");
        List<Ratio> held = value == null ? List.of(Ratio.of(0.0)) : of(value);
        return held == null || held.size() != 1 ? null : repeat(held.get(0), count(shape));
      }
      default -> {}
    }
    boolean follows = false;
    for (int i = 0; i < c.inputs().size(); i++) {
      follows |= c.held(i) != null;
    }
    return follows ? follow(c, output, shape, type) : null;
  }

  static List<Ratio> repeat(Ratio r, int count) {
    return Collections.nCopies(count, r);
  }

  private static @Nullable List<Ratio> follow(Call c, int output, long[] shape, DataType type) {
    boolean whole = !type.isFloating();
    return switch (c.node().operator()) {
      case "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten" -> c.held(0);
      case "Cast", "CastLike" ->
          type == DataType.BOOL
              ? each(c, shape, r -> r.equal(Ratio.of(Dim.of(0))).not())
              : each(c, shape, r -> whole ? r.truncated() : r);
      case "Neg" -> each(c, shape, Ratio::negated);
      case "Abs" -> each(c, shape, r -> r.less(Ratio.of(Dim.of(0))).choose(r.negated(), r));
      case "Floor" -> each(c, shape, Ratio::floor);
      case "Ceil" -> each(c, shape, Ratio::ceil);
      case "Not" -> each(c, shape, Ratio::not);
      case "Add", "Sum" -> zip(c, shape, Ratio::plus);
      case "Sub" -> zip(c, shape, Ratio::minus);
      case "Mul" -> zip(c, shape, Ratio::times);
      case "Div" -> zip(c, shape, whole ? Ratio::truncatedOver : Ratio::over);
      case "Mod" -> c.node().attribute("fmod", 0) != 0 ? null : zip(c, shape, Ratio::mod);
      case "Min" -> zip(c, shape, (a, b) -> a.less(b).choose(a, b));
      case "Max" -> zip(c, shape, (a, b) -> a.less(b).choose(b, a));
      case "Equal" -> zip(c, shape, Ratio::equal);
      case "Less" -> zip(c, shape, Ratio::less);
      case "Greater" -> zip(c, shape, (a, b) -> b.less(a));
      case "LessOrEqual" -> zip(c, shape, (a, b) -> b.less(a).not());
      case "GreaterOrEqual" -> zip(c, shape, (a, b) -> a.less(b).not());
      case "And" -> zip(c, shape, (a, b) -> a.choose(b, Ratio.of(false)));
      case "Or" -> zip(c, shape, (a, b) -> a.choose(Ratio.of(true), b));
      case "Xor" -> zip(c, shape, (a, b) -> a.equal(b).not());
      case "Where" -> chosen(c, shape);
      case "ReduceProd" -> fold(c, shape, Ratio::times);
      case "ReduceSum" -> fold(c, shape, Ratio::plus);
      case "ReduceMin" -> fold(c, shape, (a, b) -> a.less(b).choose(a, b));
      case "ReduceMax" -> fold(c, shape, (a, b) -> a.less(b).choose(b, a));
      case "Range" -> counted(c, shape);
      case "Transpose" -> Moves.transposed(c, shape);
      case "Slice" -> Moves.sliced(c, shape);
      case "Gather" -> Moves.gathered(c, shape);
      case "Concat" -> Moves.joined(c, shape);
      case "Split" -> Moves.part(c, output, shape);
      case "Expand" -> Moves.spread(c, 0, shape);
      case "Tile" -> Moves.tiled(c, shape);
      default -> null;
    };
  }

  private static @Nullable List<Ratio> each(Call c, long[] shape, UnaryOperator<Ratio> f) {
    List<Ratio> x = Moves.spread(c, 0, shape);
    return x == null ? null : x.stream().map(r -> held(() -> f.apply(r))).toList();
  }

  /** A number, unknown where longs do not hold it. */
  private static Ratio held(Supplier<Ratio> number) {
    try {
      return number.get();
    } catch (ArithmeticException e) {
      return Ratio.UNKNOWN;
    }
  }

  private static @Nullable List<Ratio> zip(Call c, long[] shape, BinaryOperator<Ratio> f) {
    List<Ratio> out = Moves.spread(c, 0, shape);
    for (int k = 1; k < c.inputs().size(); k++) {
      List<Ratio> next = Moves.spread(c, k, shape);
      if (out == null || next == null) {
        return null;
      }
      List<Ratio> both = new ArrayList<>();
      for (int i = 0; i < out.size(); i++) {
        Ratio a = out.get(i);
        Ratio b = next.get(i);
        both.add(held(() -> f.apply(a, b)));
      }
      out = both;
    }
    return out;
  }

  private static @Nullable List<Ratio> chosen(Call c, long[] shape) {
    List<Ratio> condition = Moves.spread(c, 0, shape);
    List<Ratio> yes = Moves.spread(c, 1, shape);
    List<Ratio> no = Moves.spread(c, 2, shape);
    if (condition == null || yes == null || no == null) {
      return null;
    }
    List<Ratio> out = new ArrayList<>();
    for (int i = 0; i < condition.size(); i++) {
      out.add(condition.get(i).choose(yes.get(i), no.get(i)));
    }
    return out;
  }

  /** All elements of a vector, made one. */
  private static @Nullable List<Ratio> fold(Call c, long[] shape, BinaryOperator<Ratio> f) {
    List<Ratio> x = c.held(0);
    List<Dim> from = c.shape(0);
    boolean vector = from != null && from.size() == 1 && count(shape) == 1;
    return x == null || x.isEmpty() || !vector || c.node().has("noop_with_empty_axes")
        ? null
        : List.of(x.stream().reduce(f).orElseThrow());
  }

  private static @Nullable List<Ratio> counted(Call c, long[] shape) {
    List<Ratio> start = c.held(0);
    List<Ratio> step = c.held(2);
    if (start == null || step == null || start.size() != 1 || step.size() != 1) {
      return null;
    }
    List<Ratio> out = new ArrayList<>();
    for (int i = 0; i < shape[0]; i++) {
      out.add(start.get(0).plus(step.get(0).times(Ratio.of(Dim.of(i)))));
    }
    return out;
  }
}
