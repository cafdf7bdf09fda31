package io.fovea.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Types of operators that take some of the elements, or put some. */
final class Selections {
  private Selections() {}

  /** Where a slice of known sizes starts, and how many elements it takes. */
  record Cut(long from, long count) {
    static Cut of(long n, long start, long end, long step) {
      long lowest = step > 0 ? 0 : -1;
      long highest = step > 0 ? n : n - 1;
      long from = Math.min(highest, Math.max(0, start < 0 ? start + n : start));
      long to = Math.min(highest, Math.max(lowest, end < 0 ? end + n : end));
      return new Cut(from, Math.max(0, -Math.floorDiv(from - to, step))); // rounded up
    }
  }

  static List<TensorType> slice(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> starts = c.sizes("starts", 1);
    List<Dim> ends = c.sizes("ends", 2);
    long[] axes = axes(c, starts);
    long[] steps = steps(c, axes);
    if (x == null || axes == null) {
      return c.shaped(x == null ? null : Dim.unknown(x.size()));
    }
    int count = axes.length;
    if (Stream.of(starts, ends).anyMatch(v -> v != null && v.size() != count)
        || (steps != null && steps.length != count)) {
      throw c.fail("starts, ends, axes and steps want one length");
    }
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < count; i++) {
      int axis = c.axis(axes[i], x.size());
      if (steps != null && steps[i] == 0) {
        throw c.fail("a step of 0");
      }
      out.set(
          axis,
          starts == null || ends == null || steps == null
              ? Dim.UNKNOWN
              : sliced(x.get(axis), starts.get(i), ends.get(i), steps[i]));
    }
    return c.shaped(out);
  }

  /** The axes that are sliced; null where they are not known. */
  static long @Nullable [] axes(Call c, @Nullable List<Dim> starts) {
    boolean said = c.node().has("axes") || c.has(3);
    return said || starts == null
        ? c.longs("axes", 3)
        : LongStream.range(0, starts.size()).toArray();
  }

  static long @Nullable [] steps(Call c, long @Nullable [] axes) {
    return c.has(4) || axes == null ? c.longs(4) : LongStream.of(axes).map(a -> 1).toArray();
  }

  private static Dim sliced(Dim in, Dim start, Dim end, long step) {
    if (in.isKnown() && start.isKnown() && end.isKnown()) {
      return Dim.of(Cut.of(in.size(), start.size(), end.size(), step).count);
    }
    if (in.isUnknown() || start.isUnknown() || end.isUnknown()) {
      return Dim.UNKNOWN;
    }
    if (step < 0) { // only what is turned round whole
      boolean whole = start.equals(Dim.of(-1)) && end.isKnown() && end.size() <= Integer.MIN_VALUE;
      return whole ? in.plus(-1 - step).floorDiv(Math.negateExact(step)) : Dim.UNKNOWN;
    }
    Dim from = start.isKnown() && start.size() < 0 ? in.plus(start) : start;
    Dim to = end;
    if (end.isKnown() && end.size() < 0) {
      to = in.plus(end);
    } else if ((end.isKnown() && end.size() >= Integer.MAX_VALUE) || end.minus(in).least() >= 0) {
      to = in;
    } else if (in.minus(end).least() < 0) {
      return Dim.UNKNOWN; // either could be the smaller
    }
    // holds where the size is at least start
    return to.minus(from).plus(step - 1).floorDiv(step);
  }

  static List<TensorType> gather(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> indices = c.shape(1);
    if (x == null || indices == null) {
      return c.shaped(null);
    }
    int axis = c.axis(c.node().attribute("axis", 0), x.size());
    List<Dim> out = new ArrayList<>(x.subList(0, axis));
    out.addAll(indices);
    out.addAll(x.subList(axis + 1, x.size()));
    return c.shaped(out);
  }

  static List<TensorType> gatherElements(Call c) {
    return c.shaped(c.shape(1));
  }

  static List<TensorType> gatherNd(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> indices = c.shape(1);
    if (x == null || indices == null || indices.isEmpty()) {
      return c.shaped(null);
    }
    long batch = c.node().attribute("batch_dims", 0);
    Dim depth = indices.get(indices.size() - 1);
    if (!depth.isKnown()) {
      return c.shaped(null);
    }
    long taken = Math.addExact(batch, depth.size());
    if (batch < 0 || taken < 0 || taken > x.size()) {
      throw c.fail("indices of %s do not fit %s".formatted(indices, x));
    }
    List<Dim> out = new ArrayList<>(indices.subList(0, indices.size() - 1));
    out.addAll(x.subList((int) taken, x.size()));
    return c.shaped(out);
  }

  static List<TensorType> nonZero(Call c) {
    List<Dim> x = c.shape(0);
    Dim rank = x == null ? Dim.UNKNOWN : Dim.of(x.size());
    return List.of(new TensorType(DataType.INT64, List.of(rank, Dim.UNKNOWN)));
  }

  static List<TensorType> compress(Call c) {
    List<Dim> x = c.shape(0);
    if (!c.node().has("axis")) {
      return c.shaped(Dim.unknown(1));
    }
    if (x == null) {
      return c.shaped(null);
    }
    List<Dim> out = new ArrayList<>(x);
    out.set(c.axis(c.node().attribute("axis", 0), x.size()), Dim.UNKNOWN);
    return c.shaped(out);
  }

  static List<TensorType> oneHot(Call c) {
    List<Dim> indices = c.shape(0);
    DataType elements = c.type(2).elements();
    if (indices == null) {
      return List.of(new TensorType(elements, null));
    }
    int axis = c.axis(c.node().attribute("axis", -1), indices.size() + 1);
    List<Dim> out = new ArrayList<>(indices);
    out.add(axis, c.size(1));
    return List.of(new TensorType(elements, out));
  }

  static List<TensorType> boxes(Call c) {
    return List.of(new TensorType(DataType.INT64, List.of(Dim.UNKNOWN, Dim.of(3))));
  }
}
