package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Where the elements of small tensors go in operators that move them; null where not followed. */
final class Moves {
  private Moves() {}

  /** For a place in the output, the place in the input; both may be changed. */
  @FunctionalInterface
  private interface Source {
    long[] of(long[] at, long[] shape);
  }

  private static @Nullable List<Ratio> move(Call c, int i, long[] shape, Source source) {
    long[] from = Values.small(c.shape(i));
    if (from == null) {
      return null;
    }
    List<Ratio> held = c.held(i);
    if (held == null) { // small, but not followed
      return Values.repeat(Ratio.UNKNOWN, Values.count(shape));
    }
    List<Ratio> out = new ArrayList<>();
    for (int k = 0; k < Values.count(shape); k++) {
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
  static @Nullable List<Ratio> spread(Call c, int i, long[] shape) {
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

  static @Nullable List<Ratio> tiled(Call c, long[] shape) {
    return move(
        c,
        0,
        shape,
        (at, from) -> {
          for (int i = 0; i < at.length; i++) {
            at[i] %= from[i];
          }
          return at;
        });
  }

  static @Nullable List<Ratio> transposed(Call c, long[] shape) {
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

  static @Nullable List<Ratio> sliced(Call c, long[] shape) {
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

  static @Nullable List<Ratio> gathered(Call c, long[] shape) {
    List<Dim> indices = c.shape(1);
    long[] taken = c.longs(1);
    List<Dim> x = c.shape(0);
    long[] sizes = Values.small(indices);
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

  static @Nullable List<Ratio> joined(Call c, long[] shape) {
    int axis = c.axis(c.node().attribute("axis", 0), shape.length);
    int inner = Values.count(Arrays.copyOfRange(shape, axis, shape.length));
    int outer = inner == 0 ? 0 : Values.count(shape) / inner;
    List<Ratio> out = new ArrayList<>();
    for (int block = 0; block < outer; block++) {
      for (int i = 0; i < c.inputs().size(); i++) {
        long[] part = Values.small(c.shape(i));
        if (part == null) {
          return null;
        }
        int length = Values.count(part) / outer;
        List<Ratio> held = c.held(i);
        out.addAll(
            held == null
                ? Values.repeat(Ratio.UNKNOWN, length)
                : held.subList(block * length, (block + 1) * length));
      }
    }
    return out;
  }

  static @Nullable List<Ratio> part(Call c, int output, long[] shape) {
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
