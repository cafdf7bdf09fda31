package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Types of operators that move elements or compute shapes. */
final class Layouts {
  private Layouts() {}

  static List<TensorType> flatten(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0).withShape(List.of(Dim.UNKNOWN, Dim.UNKNOWN)));
    }
    long axis = c.node().attribute("axis", 1);
    int split = axis == x.size() ? x.size() : c.axis(axis, x.size());
    return List.of(
        c.type(0)
            .withShape(List.of(product(x.subList(0, split)), product(x.subList(split, x.size())))));
  }

  private static Dim product(List<Dim> dims) {
    long known =
        dims.stream().filter(Dim::isKnown).mapToLong(Dim::size).reduce(1, Math::multiplyExact);
    List<Dim> symbols = dims.stream().filter(d -> !d.isKnown()).toList();
    if (symbols.isEmpty()) {
      return Dim.of(known);
    }
    if (symbols.size() == 1) {
      return symbols.get(0).times(known);
    }
    return symbols.contains(Dim.UNKNOWN)
        ? Dim.UNKNOWN
        : Dim.of(symbols.stream().map(d -> "(" + d + ")").collect(Collectors.joining("*")))
            .times(known);
  }

  static List<TensorType> reshape(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> wanted = c.sizes(1);
    if (wanted == null) {
      return List.of(c.type(0).withShape(null));
    }
    boolean zeroIsSize = c.node().attribute("allowzero", 0) != 0;
    List<Dim> out = new ArrayList<>();
    int open = -1;
    for (int i = 0; i < wanted.size(); i++) {
      Dim d = wanted.get(i);
      if (d.equals(Dim.of(-1))) {
        if (open >= 0) {
          throw c.fail("shape " + wanted + " has two sizes of -1");
        }
        open = i;
        out.add(Dim.UNKNOWN);
      } else if (d.equals(Dim.of(0)) && !zeroIsSize) {
        out.add(x == null || i >= x.size() ? Dim.UNKNOWN : x.get(i));
      } else {
        out.add(d);
      }
    }
    if (x != null) {
      // Sizes that stand on both sides cancel; what is left must be numbers to be divided or
      // compared.
      List<Dim> left = new ArrayList<>(x);
      List<Dim> right = new ArrayList<>();
      for (int i = 0; i < out.size(); i++) {
        if (i != open && !left.remove(out.get(i))) {
          right.add(out.get(i));
        }
      }
      Dim total = product(left);
      Dim taken = product(right);
      if (open >= 0 && total.isKnown() && taken.isKnown() && taken.size() > 0) {
        if (total.size() % taken.size() != 0) {
          throw c.fail("%s does not reshape to %s".formatted(x, wanted));
        }
        out.set(open, Dim.of(total.size() / taken.size()));
      } else if (open >= 0 && taken.equals(Dim.of(1))) {
        out.set(open, total);
      } else if (open < 0 && total.contradicts(taken)) {
        throw c.fail("%s does not reshape to %s".formatted(x, wanted));
      }
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> transpose(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0));
    }
    long[] perm = c.node().attribute("perm", new long[0]);
    if (perm.length == 0) {
      List<Dim> reversed = new ArrayList<>(x);
      Collections.reverse(reversed);
      return List.of(c.type(0).withShape(reversed));
    }
    long[] sorted = perm.clone();
    Arrays.sort(sorted);
    if (!Arrays.equals(sorted, LongStream.range(0, x.size()).toArray())) {
      throw c.fail("perm %s does not fit input %s".formatted(Arrays.toString(perm), x));
    }
    return List.of(c.type(0).withShape(LongStream.of(perm).mapToObj(p -> x.get((int) p)).toList()));
  }

  static List<TensorType> concat(Call c) {
    c.same(0, c.inputs().size());
    List<Dim> out = null;
    for (int i = 0; i < c.inputs().size(); i++) {
      List<Dim> x = c.shape(i);
      if (x == null) {
        return List.of(c.type(0).withShape(null));
      }
      if (out == null) {
        out = new ArrayList<>(x);
        continue;
      }
      int axis = c.axis(c.node().attribute("axis", 0), out.size());
      for (int k = 0; k < out.size(); k++) {
        if (x.size() != out.size() || (k != axis && x.get(k).contradicts(out.get(k)))) {
          throw c.fail("input %d is %s, input 0 is %s".formatted(i, x, c.shape(0)));
        }
      }
      Dim a = out.get(axis);
      Dim b = x.get(axis);
      out.set(axis, b.isKnown() ? a.plus(b.size()) : a.isKnown() ? b.plus(a.size()) : Dim.UNKNOWN);
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> slice(Call c) {
    List<Dim> x = c.shape(0);
    long[] starts = c.longs(1);
    long[] ends = c.longs(2);
    if (x == null || starts == null || ends == null) {
      return List.of(c.type(0).withShape(x == null ? null : unknown(x.size())));
    }
    long[] axes = c.has(3) ? c.longs(3) : LongStream.range(0, starts.length).toArray();
    long[] steps = c.has(4) ? c.longs(4) : LongStream.of(starts).map(s -> 1).toArray();
    if (axes == null || steps == null) {
      return List.of(c.type(0).withShape(unknown(x.size())));
    }
    if (ends.length != starts.length
        || axes.length != starts.length
        || steps.length != starts.length) {
      throw c.fail("starts, ends, axes and steps want one length");
    }
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < axes.length; i++) {
      int axis = c.axis(axes[i], x.size());
      out.set(axis, sliced(x.get(axis), starts[i], ends[i], steps[i]));
    }
    return List.of(c.type(0).withShape(out));
  }

  private static Dim sliced(Dim in, long start, long end, long step) {
    if (in.isKnown() && step > 0) {
      long n = in.size();
      long from = Math.min(n, Math.max(0, start < 0 ? start + n : start));
      long to = Math.min(n, Math.max(0, end < 0 ? end + n : end));
      return Dim.of(Math.max(0, (to - from + step - 1) / step));
    }
    boolean toTheEnd = end >= Integer.MAX_VALUE;
    if (step > 0 && start >= 0 && toTheEnd) { // holds where the size is at least start
      return in.plus(-start + step - 1).floorDiv(step);
    }
    if (step == 1 && start >= 0 && end < 0) {
      return in.plus(end - start);
    }
    return Dim.UNKNOWN;
  }

  static List<TensorType> pad(Call c) {
    List<Dim> x = c.shape(0);
    long[] pads = c.longs(1);
    if (x == null || pads == null) {
      return List.of(c.type(0).withShape(x == null ? null : unknown(x.size())));
    }
    int rank = x.size();
    if (pads.length != 2 * rank) {
      throw c.fail("pads want %d values, have %d".formatted(2 * rank, pads.length));
    }
    return List.of(
        c.type(0)
            .withShape(
                IntStream.range(0, rank)
                    .mapToObj(i -> x.get(i).plus(pads[i] + pads[i + rank]))
                    .toList()));
  }

  static List<TensorType> unsqueeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = axes(c);
    if (x == null || axes == null) {
      return List.of(c.type(0).withShape(null));
    }
    int rank = x.size() + axes.length;
    List<Integer> ones = LongStream.of(axes).mapToObj(a -> c.axis(a, rank)).toList();
    List<Dim> out = new ArrayList<>();
    var rest = x.iterator();
    for (int i = 0; i < rank; i++) {
      out.add(ones.contains(i) || !rest.hasNext() ? Dim.of(1) : rest.next());
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> squeeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = axes(c);
    if (x == null || (axes == null && !x.stream().allMatch(Dim::isKnown))) {
      return List.of(c.type(0).withShape(null));
    }
    List<Dim> out = new ArrayList<>();
    List<Integer> ones =
        axes == null ? List.of() : LongStream.of(axes).mapToObj(a -> c.axis(a, x.size())).toList();
    for (int i = 0; i < x.size(); i++) {
      boolean drop = axes == null ? x.get(i).equals(Dim.of(1)) : ones.contains(i);
      if (drop && x.get(i).contradicts(Dim.of(1))) {
        throw c.fail("axis %d of %s is not 1".formatted(i, x));
      }
      if (!drop) {
        out.add(x.get(i));
      }
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> gather(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> indices = c.shape(1);
    if (x == null || indices == null) {
      return List.of(c.type(0).withShape(null));
    }
    int axis = c.axis(c.node().attribute("axis", 0), x.size());
    List<Dim> out = new ArrayList<>(x.subList(0, axis));
    out.addAll(indices);
    out.addAll(x.subList(axis + 1, x.size()));
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> shape(Call c) {
    List<Dim> sizes = ShapeInference.shapeOf(c);
    Dim count = sizes == null ? Dim.UNKNOWN : Dim.of(sizes.size());
    return List.of(new TensorType(DataType.INT64, List.of(count)));
  }

  static List<TensorType> reduce(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0));
    }
    boolean keep = c.node().attribute("keepdims", 1) != 0;
    long[] axes = axes(c);
    if (axes == null && c.has(1)) {
      return List.of(c.type(0).withShape(keep ? unknown(x.size()) : null));
    }
    List<Integer> gone =
        axes == null
            ? IntStream.range(0, x.size()).boxed().toList()
            : LongStream.of(axes).mapToObj(a -> c.axis(a, x.size())).toList();
    List<Dim> out = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      if (!gone.contains(i)) {
        out.add(x.get(i));
      } else if (keep) {
        out.add(Dim.of(1));
      }
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> constant(Call c) {
    Tensor tensor = ShapeInference.constantOf(c.node());
    return List.of(
        tensor == null
            ? new TensorType(DataType.UNDEFINED, null)
            : TensorType.of(tensor.type(), tensor.dims()));
  }

  /** Axes from the attribute of older opsets or the input of newer ones. */
  private static long @Nullable [] axes(Call c) {
    return c.node().has("axes") ? c.node().attribute("axes", new long[0]) : c.longs(1);
  }

  private static List<Dim> unknown(int rank) {
    return Collections.nCopies(rank, Dim.UNKNOWN);
  }
}
