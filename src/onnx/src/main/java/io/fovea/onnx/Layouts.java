package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
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
        : Dim.of(symbols.stream().map(d -> "(" + d + ")").sorted().collect(Collectors.joining("*")))
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
      } else if (d.isKnown() && d.size() < 0) {
        throw c.fail("shape " + wanted + " has a negative size");
      } else {
        out.add(d);
      }
    }
    if (x != null) {
      // Sizes that stand on both sides cancel; what is left must be numbers to be divided or
      // compared. Zeros do not cancel, nor unknown sizes, unless copied.
      List<Dim> left = new ArrayList<>(x);
      List<Dim> right = new ArrayList<>();
      for (int i = 0; i < out.size(); i++) {
        Dim d = out.get(i);
        boolean cancels = d.isUnknown() ? wanted.get(i).isKnown() : !d.equals(Dim.of(0));
        if (i != open && !(cancels && left.remove(d))) {
          right.add(d);
        }
      }
      Dim taken = product(right);
      if (open < 0 && product(left).contradicts(taken)) {
        throw c.fail("%s does not reshape to %s".formatted(x, wanted));
      }
      if (open >= 0 && taken.isKnown() && taken.size() > 0) {
        long numbers = product(left.stream().filter(Dim::isKnown).toList()).size();
        List<Dim> symbols = left.stream().filter(d -> !d.isKnown()).toList();
        if (numbers % taken.size() == 0) {
          out.set(open, product(symbols).times(numbers / taken.size()));
        } else if (symbols.isEmpty()) {
          throw c.fail("%s does not reshape to %s".formatted(x, wanted));
        }
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
    c.same(c.inputs().size());
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
    long[] axes = c.longs(3);
    long[] steps = c.longs(4);
    if (!c.has(3) && starts != null) {
      axes = LongStream.range(0, starts.length).toArray();
    }
    if (x == null || axes == null) {
      return List.of(c.type(0).withShape(x == null ? null : unknown(x.size())));
    }
    int count = axes.length;
    if (!c.has(4)) {
      steps = LongStream.of(axes).map(a -> 1).toArray();
    }
    if (Stream.of(starts, ends, steps).anyMatch(v -> v != null && v.length != count)) {
      throw c.fail("starts, ends, axes and steps want one length");
    }
    boolean known = starts != null && ends != null && steps != null;
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < count; i++) {
      int axis = c.axis(axes[i], x.size());
      out.set(axis, known ? sliced(x.get(axis), starts[i], ends[i], steps[i]) : Dim.UNKNOWN);
    }
    return List.of(c.type(0).withShape(out));
  }

  private static Dim sliced(Dim in, long start, long end, long step) {
    if (in.isKnown() && step > 0) {
      long n = in.size();
      long from = Math.min(n, Math.max(0, start < 0 ? start + n : start));
      long to = Math.min(n, Math.max(0, end < 0 ? end + n : end));
      return Dim.of(Math.max(0, -Math.floorDiv(from - to, step))); // rounded up
    }
    boolean toTheEnd = end >= Integer.MAX_VALUE;
    if (step > 0 && start >= 0 && toTheEnd) { // holds where the size is at least start
      return in.plus(-start + step - 1).floorDiv(step);
    }
    if (step == 1 && start >= 0 && end < 0) {
      return in.plus(Math.subtractExact(end, start));
    }
    return Dim.UNKNOWN;
  }

  static List<TensorType> pad(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0));
    }
    List<Dim> pads = c.sizes(1);
    long[] axes = c.has(3) ? c.longs(3) : LongStream.range(0, x.size()).toArray();
    if (pads == null || axes == null) {
      return List.of(c.type(0).withShape(unknown(x.size())));
    }
    int n = axes.length;
    if (pads.size() != 2 * n) {
      throw c.fail("pads want %d values, have %d".formatted(2 * n, pads.size()));
    }
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < n; i++) {
      int axis = c.axis(axes[i], x.size());
      Dim before = pads.get(i);
      Dim after = pads.get(i + n);
      boolean known = before.isKnown() && after.isKnown();
      out.set(axis, known ? x.get(axis).plus(before.plus(after.size()).size()) : Dim.UNKNOWN);
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> unsqueeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = axes(c);
    if (x == null || axes == null) {
      return List.of(c.type(0).withShape(null));
    }
    int rank = x.size() + axes.length;
    Set<Integer> ones = axes(c, axes, rank);
    if (ones.size() != axes.length) {
      throw c.fail("axes " + Arrays.toString(axes) + " name one axis twice");
    }
    List<Dim> out = new ArrayList<>();
    var rest = x.iterator();
    for (int i = 0; i < rank; i++) {
      out.add(ones.contains(i) ? Dim.of(1) : rest.next());
    }
    return List.of(c.type(0).withShape(out));
  }

  static List<TensorType> squeeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = axes(c);
    if (x == null || (axes == null && (c.has(1) || !x.stream().allMatch(Dim::isKnown)))) {
      return List.of(c.type(0).withShape(null));
    }
    List<Dim> out = new ArrayList<>();
    Set<Integer> ones = axes == null ? Set.of() : axes(c, axes, x.size());
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
    int axesAreInputFrom = c.node().operator().equals("ReduceSum") ? 13 : 18;
    boolean misplaced = c.opset() < axesAreInputFrom ? c.has(1) : c.node().has("axes");
    if (misplaced) {
      throw c.fail(
          "axes are an attribute before opset %d, then an input".formatted(axesAreInputFrom));
    }
    boolean keep = c.node().attribute("keepdims", 1) != 0;
    long[] axes = axes(c);
    if (axes == null && c.has(1)) {
      return List.of(c.type(0).withShape(keep ? unknown(x.size()) : null));
    }
    if (axes == null || axes.length == 0) {
      if (c.node().attribute("noop_with_empty_axes", 0) != 0) {
        return List.of(c.type(0));
      }
      axes = LongStream.range(0, x.size()).toArray();
    }
    Set<Integer> gone = axes(c, axes, x.size());
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

  private static Set<Integer> axes(Call c, long[] axes, int rank) {
    return LongStream.of(axes).mapToObj(a -> c.axis(a, rank)).collect(Collectors.toSet());
  }

  private static List<Dim> unknown(int rank) {
    return Collections.nCopies(rank, Dim.UNKNOWN);
  }
}
