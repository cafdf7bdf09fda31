package io.fovea.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

/** Types of operators that make one element of many, or that pick the largest. */
final class Reductions {
  private Reductions() {}

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
    long[] axes = c.longs("axes", 1);
    if (axes == null && c.has(1)) {
      return c.shaped(keep ? Dim.unknown(x.size()) : null);
    }
    if (axes == null || axes.length == 0) {
      if (c.node().attribute("noop_with_empty_axes", 0) != 0) {
        return List.of(c.type(0));
      }
      axes = LongStream.range(0, x.size()).toArray();
    }
    Set<Integer> gone = Layouts.axes(c, axes, x.size());
    List<Dim> out = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      if (!gone.contains(i)) {
        out.add(x.get(i));
      } else if (keep) {
        out.add(Dim.of(1));
      }
    }
    return c.shaped(out);
  }

  /** ArgMax and ArgMin. */
  static List<TensorType> arg(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(new TensorType(DataType.INT64, null));
    }
    int axis = c.axis(c.node().attribute("axis", 0), x.size());
    List<Dim> out = new ArrayList<>(x);
    out.remove(axis);
    if (c.node().attribute("keepdims", 1) != 0) {
      out.add(axis, Dim.of(1));
    }
    return List.of(new TensorType(DataType.INT64, out));
  }

  /** The largest or smallest k along an axis, and where they stand. */
  static List<TensorType> topK(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> out = null;
    if (x != null) {
      int axis = c.axis(c.node().attribute("axis", -1), x.size());
      Dim k = c.node().has("k") ? Dim.of(c.node().attribute("k", 0)) : c.size(1);
      if (k.isKnown() && x.get(axis).isKnown() && k.size() > x.get(axis).size()) {
        throw c.fail("%s of %s elements are asked for".formatted(k, x.get(axis)));
      }
      out = new ArrayList<>(x);
      out.set(axis, k);
    }
    return List.of(c.type(0).withShape(out), new TensorType(DataType.INT64, out));
  }

  /** The axes named by letters: {@code bij,bjk->bik}. */
  static List<TensorType> einsum(Call c) {
    c.same(c.inputs().size());
    return c.shaped(Einsum.shape(c));
  }
}
