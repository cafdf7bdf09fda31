package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.BinaryOperator;
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
    if (!followed || tensor.size() > MOST) {
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
  private static long @Nullable [] small(@Nullable List<Dim> shape) {
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

  private static int count(long[] shape) {
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

  private static List<Ratio> repeat(Ratio r, int count) {
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
      case "Transpose" -> transposed(c, shape);
      case "Slice" -> sliced(c, shape);
      case "Gather" -> gathered(c, shape);
      case "Concat" -> joined(c, shape);
      case "Split" -> part(c, output, shape);
      case "Expand" -> spread(c, 0, shape);
      case "Tile" -> move(c, 0, shape, (at, from) -> wrap(at, from));
      default -> null;
    };
  }

  private static long[] wrap(long[] at, long[] shape) {
    for (int i = 0; i < at.length; i++) {
      at[i] %= shape[i];
    }
    return at;
  }

  // Elementwise

  private static @Nullable List<Ratio> each(Call c, long[] shape, UnaryOperator<Ratio> f) {
    List<Ratio> x = spread(c, 0, shape);
    return x == null ? null : x.stream().map(f).toList();
  }

  private static @Nullable List<Ratio> zip(Call c, long[] shape, BinaryOperator<Ratio> f) {
    List<Ratio> out = spread(c, 0, shape);
    for (int k = 1; k < c.inputs().size(); k++) {
      List<Ratio> next = spread(c, k, shape);
      if (out == null || next == null) {
        return null;
      }
      List<Ratio> both = new ArrayList<>();
      for (int i = 0; i < out.size(); i++) {
        both.add(f.apply(out.get(i), next.get(i)));
      }
      out = both;
    }
    return out;
  }

  private static @Nullable List<Ratio> chosen(Call c, long[] shape) {
    List<Ratio> condition = spread(c, 0, shape);
    List<Ratio> yes = spread(c, 1, shape);
    List<Ratio> no = spread(c, 2, shape);
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

  // What moves elements

  /** For a place in the output, the place in the input; both may be changed. */
  @FunctionalInterface
  private interface Source {
    long[] of(long[] at, long[] shape);
  }

  private static @Nullable List<Ratio> move(Call c, int i, long[] shape, Source source) {
    long[] from = small(c.shape(i));
    if (from == null) {
      return null;
    }
    List<Ratio> held = c.held(i);
    if (held == null) { // small, but not followed
      return repeat(Ratio.UNKNOWN, count(shape));
    }
    List<Ratio> out = new ArrayList<>();
    for (int k = 0; k < count(shape); k++) {
      long[] at = new long[shape.length];
      long rest = k;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        at[axis] = rest % shape[axis];
        rest /= shape[axis];
      }
      long[] place = source.of(at, from);
      long index = 0;
      for (int axis = 0; axis < from.length; axis++) {
        index = index * from[axis] + place[axis];
      }
      if (index < 0 || index >= held.size()) {
        return null;
      }
      out.add(held.get((int) index));
    }
    return out;
  }

  /** Repeats along axes of size 1, aligned at the last ones. */
  private static @Nullable List<Ratio> spread(Call c, int i, long[] shape) {
    return move(
        c,
        i,
        shape,
        (at, from) -> {
          long[] place = Arrays.copyOfRange(at, at.length - from.length, at.length);
          for (int axis = 0; axis < from.length; axis++) {
            place[axis] = from[axis] == 1 ? 0 : place[axis];
          }
          return place;
        });
  }

  private static @Nullable List<Ratio> transposed(Call c, long[] shape) {
    long[] reversed = LongStream.range(0, shape.length).map(i -> shape.length - 1 - i).toArray();
    long[] perm = c.node().attribute("perm", reversed);
    return move(
        c,
        0,
        shape,
        (at, from) -> {
          long[] place = new long[from.length];
          for (int axis = 0; axis < perm.length; axis++) {
            place[(int) perm[axis]] = at[axis];
          }
          return place;
        });
  }

  private static @Nullable List<Ratio> sliced(Call c, long[] shape) {
    long[] starts = c.longs("starts", 1);
    long[] ends = c.longs("ends", 2);
    long[] axes = Selections.axes(c, c.sizes("starts", 1));
    long[] steps = Selections.steps(c, axes);
    if (starts == null || ends == null || axes == null || steps == null) {
      return null;
    }
    return move(
        c,
        0,
        shape,
        (at, from) -> {
          for (int i = 0; i < axes.length; i++) {
            int axis = c.axis(axes[i], from.length);
            long first = Selections.Cut.of(from[axis], starts[i], ends[i], steps[i]).from();
            at[axis] = first + at[axis] * steps[i];
          }
          return at;
        });
  }

  private static @Nullable List<Ratio> gathered(Call c, long[] shape) {
    List<Dim> indices = c.shape(1);
    long[] taken = c.longs(1);
    List<Dim> x = c.shape(0);
    long[] sizes = small(indices);
    if (indices == null || taken == null || x == null || sizes == null) {
      return null;
    }
    int axis = c.axis(c.node().attribute("axis", 0), x.size());
    int rank = indices.size();
    return move(
        c,
        0,
        shape,
        (at, from) -> {
          long index = 0;
          for (int k = 0; k < rank; k++) {
            index = index * sizes[k] + at[axis + k];
          }
          long[] place = new long[from.length];
          System.arraycopy(at, 0, place, 0, axis);
          place[axis] = c.axis(taken[(int) index], (int) from[axis]);
          System.arraycopy(at, axis + rank, place, axis + 1, from.length - axis - 1);
          return place;
        });
  }

  private static @Nullable List<Ratio> joined(Call c, long[] shape) {
    int axis = c.axis(c.node().attribute("axis", 0), shape.length);
    int inner = count(Arrays.copyOfRange(shape, axis, shape.length));
    int outer = inner == 0 ? 0 : count(shape) / inner;
    List<Ratio> out = new ArrayList<>();
    for (int block = 0; block < outer; block++) {
      for (int i = 0; i < c.inputs().size(); i++) {
        long[] part = small(c.shape(i));
        if (part == null) {
          return null;
        }
        int length = count(part) / outer;
        List<Ratio> held = c.held(i);
        out.addAll(
            held == null
                ? repeat(Ratio.UNKNOWN, length)
                : held.subList(block * length, (block + 1) * length));
      }
    }
    return out;
  }

  private static @Nullable List<Ratio> part(Call c, int output, long[] shape) {
    int axis = c.axis(c.node().attribute("axis", 0), shape.length);
    long before = 0;
    for (int i = 0; i < output; i++) {
      List<Dim> earlier = c.scope().type(c.node().outputs().get(i)).shape();
      if (earlier == null || !earlier.get(axis).isKnown()) {
        return null;
      }
      before += earlier.get(axis).size();
    }
    long first = before;
    return move(
        c,
        0,
        shape,
        (at, from) -> {
          at[axis] += first;
          return at;
        });
  }
}
