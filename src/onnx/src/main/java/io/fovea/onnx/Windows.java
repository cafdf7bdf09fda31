package io.fovea.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Types of operators that slide a window: convolutions and pools, any number of spatial axes. */
final class Windows {
  private Windows() {}

  static List<TensorType> conv(Call c) {
    c.same(0, 3);
    List<Dim> x = c.shape(0);
    List<Dim> w = c.shape(1);
    if (x == null || w == null) {
      return List.of(c.floating(0).withShape(null));
    }
    if (x.size() < 3 || w.size() != x.size()) {
      throw c.fail("input %s and weight %s want one rank of at least 3".formatted(x, w));
    }
    long group = c.node().attribute("group", 1);
    Dim channels = w.get(1).times(group);
    if (x.get(1).contradicts(channels)) {
      throw c.fail("input has %s channels, weight wants %s".formatted(x.get(1), channels));
    }
    if (group < 1 || (w.get(0).isKnown() && w.get(0).size() % group != 0)) {
      throw c.fail("%s filters do not divide into %d groups".formatted(w.get(0), group));
    }
    checkBias(c, w.get(0));
    return List.of(c.floating(0).withShape(slide(c, x, w.get(0), kernel(c, w))));
  }

  static List<TensorType> convTranspose(Call c) {
    c.same(0, 3);
    List<Dim> x = c.shape(0);
    List<Dim> w = c.shape(1);
    if (x == null || w == null) {
      return List.of(c.floating(0).withShape(null));
    }
    if (x.size() < 3 || w.size() != x.size()) {
      throw c.fail("input %s and weight %s want one rank of at least 3".formatted(x, w));
    }
    if (x.get(1).contradicts(w.get(0))) {
      throw c.fail("input has %s channels, weight wants %s".formatted(x.get(1), w.get(0)));
    }
    Dim filters = w.get(1).times(c.node().attribute("group", 1));
    checkBias(c, filters);
    int axes = x.size() - 2;
    long[] kernel = kernel(c, w);
    long[] strides = values(c, "strides", axes, 1);
    long[] dilations = values(c, "dilations", axes, 1);
    long[] pads = values(c, "pads", 2 * axes, 0);
    long[] more = values(c, "output_padding", axes, 0);
    long @Nullable [] shape = c.node().attribute("output_shape", new long[0]);
    boolean auto = !c.node().attribute("auto_pad", "NOTSET").equals("NOTSET");
    List<Dim> out = new ArrayList<>(List.of(x.get(0), filters));
    for (int i = 0; i < axes; i++) {
      long size = (kernel[i] - 1) * dilations[i] + 1 - pads[i] - pads[i + axes] + more[i];
      Dim full = x.get(i + 2).plus(-1).times(strides[i]).plus(size);
      out.add(
          shape.length == axes ? Dim.of(shape[i]) : auto ? x.get(i + 2).times(strides[i]) : full);
    }
    return List.of(c.floating(0).withShape(out));
  }

  static List<TensorType> pool(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0));
    }
    long[] kernel = c.node().attribute("kernel_shape", new long[0]);
    if (x.size() < 3 || kernel.length != x.size() - 2) {
      throw c.fail("kernel_shape of %d sizes does not fit input %s".formatted(kernel.length, x));
    }
    TensorType out = c.type(0).withShape(slide(c, x, x.get(1), kernel));
    TensorType indices = new TensorType(DataType.INT64, out.shape());
    return c.node().outputs().size() > 1 ? List.of(out, indices) : List.of(out);
  }

  static List<TensorType> globalPool(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.floating(0));
    }
    List<Dim> out = new ArrayList<>(x.subList(0, Math.min(2, x.size())));
    while (out.size() < x.size()) {
      out.add(Dim.of(1));
    }
    return List.of(c.floating(0).withShape(out));
  }

  private static void checkBias(Call c, Dim filters) {
    if (c.has(2) && c.shape(2, 1, "[M]").get(0).contradicts(filters)) {
      throw c.fail("bias has %s values for %s filters".formatted(c.shape(2), filters));
    }
  }

  private static long[] kernel(Call c, List<Dim> weight) {
    List<Dim> sizes = weight.subList(2, weight.size());
    long[] kernel = c.node().attribute("kernel_shape", new long[0]);
    if (kernel.length == 0 && sizes.stream().allMatch(Dim::isKnown)) {
      return sizes.stream().mapToLong(Dim::size).toArray();
    }
    List<Dim> said = LongStream.of(kernel).mapToObj(Dim::of).toList();
    boolean fits = said.size() == sizes.size();
    for (int i = 0; fits && i < said.size(); i++) {
      fits = !said.get(i).contradicts(sizes.get(i));
    }
    if (!fits) {
      throw c.fail("kernel_shape %s, but the weight has %s".formatted(said, sizes));
    }
    return kernel;
  }

  /** [N, C, spatial...] -> [N, filters, windows...]. */
  private static List<Dim> slide(Call c, List<Dim> x, Dim filters, long[] kernel) {
    int axes = kernel.length;
    long[] strides = values(c, "strides", axes, 1);
    long[] dilations = values(c, "dilations", axes, 1);
    long[] pads = values(c, "pads", 2 * axes, 0);
    boolean ceil = c.node().attribute("ceil_mode", 0) != 0;
    String auto = c.node().attribute("auto_pad", "NOTSET");
    List<Dim> out = new ArrayList<>(List.of(x.get(0), filters));
    for (int i = 0; i < axes; i++) {
      if (strides[i] < 1 || dilations[i] < 1 || kernel[i] < 1) {
        throw c.fail("kernel, strides and dilations want positive sizes");
      }
      Dim in = x.get(i + 2);
      if (auto.startsWith("SAME")) {
        out.add(in.plus(strides[i] - 1).floorDiv(strides[i]));
        continue;
      }
      long extent = (kernel[i] - 1) * dilations[i] + 1;
      long padding = auto.equals("VALID") ? 0 : pads[i] + pads[i + axes];
      Dim room = in.plus(padding - extent);
      if (room.isKnown() && room.size() < 0) {
        throw c.fail(
            "a window of %d does not fit into size %s padded by %d".formatted(extent, in, padding));
      }
      // floor(room / stride) + 1, as one fraction so that equal sizes look equal
      out.add(room.plus(ceil ? 2 * strides[i] - 1 : strides[i]).floorDiv(strides[i]));
    }
    return out;
  }

  private static long[] values(Call c, String name, int count, long otherwise) {
    long[] values = c.node().attribute(name, new long[0]);
    if (values.length == 0) {
      return LongStream.generate(() -> otherwise).limit(count).toArray();
    }
    if (values.length != count) {
      throw c.fail("%s wants %d values, has %d".formatted(name, count, values.length));
    }
    return values;
  }
}
