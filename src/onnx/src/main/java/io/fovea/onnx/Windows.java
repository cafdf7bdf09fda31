package io.fovea.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Types of operators that slide a window: convolutions and pools, any number of spatial axes. */
final class Windows {
  private Windows() {}

  static List<TensorType> conv(Call c) {
    c.same(3);
    return List.of(c.floating(0).withShape(convolved(c, 1)));
  }

  /** Whose kernel's places are moved by offsets, the third input. */
  static List<TensorType> deform(Call c) {
    c.same(5);
    return List.of(c.floating(0).withShape(convolved(c, 1)));
  }

  /** Of 8-bit integers, summed up in 32. */
  static List<TensorType> convInteger(Call c) {
    return List.of(new TensorType(DataType.INT32, convolved(c, 1)));
  }

  /** Of quantized numbers; the zero point of the output says of which kind they are. */
  static List<TensorType> convQuantized(Call c) {
    return List.of(new TensorType(c.type(7).elements(), convolved(c, 3)));
  }

  private static @Nullable List<Dim> convolved(Call c, int weight) {
    List<Dim> x = c.shape(0);
    List<Dim> w = c.shape(weight);
    if (x == null || w == null) {
      return null;
    }
    checkRanks(c, x, w);
    long group = group(c);
    Dim channels = w.get(1).times(group);
    if (c.differ(x.get(1), channels)) {
      throw c.fail("input has %s channels, weight wants %s".formatted(x.get(1), channels));
    }
    if (w.get(0).isKnown() && w.get(0).size() % group != 0) {
      throw c.fail("%s filters do not divide into %d groups".formatted(w.get(0), group));
    }
    if (weight == 1 && c.node().operator().equals("Conv")) {
      checkBias(c, w.get(0));
    }
    return slide(c, x, w.get(0), kernel(c, w));
  }

  static List<TensorType> convTranspose(Call c) {
    c.same(3);
    List<Dim> x = c.shape(0);
    List<Dim> w = c.shape(1);
    if (x == null || w == null) {
      return List.of(c.floating(0).withShape(null));
    }
    checkRanks(c, x, w);
    if (c.differ(x.get(1), w.get(0))) {
      throw c.fail("input has %s channels, weight wants %s".formatted(x.get(1), w.get(0)));
    }
    Dim filters = w.get(1).times(group(c));
    checkBias(c, filters);
    List<Window> windows = windows(c, kernel(c, w), x.size() - 2);
    long[] more = values(c, "output_padding", windows.size(), 0);
    long[] said = values(c, "output_shape", windows.size(), -1);
    List<Dim> out = new ArrayList<>(List.of(x.get(0), filters));
    for (int i = 0; i < windows.size(); i++) {
      Dim in = x.get(i + 2);
      Window window = windows.get(i);
      if (said[i] >= 0) {
        out.add(Dim.of(said[i]));
      } else if (isSame(c)) {
        out.add(in.times(window.stride));
      } else if (window.extent < 0) {
        out.add(Dim.UNKNOWN);
      } else {
        long grown = Math.subtractExact(Math.addExact(window.extent, more[i]), window.padding());
        out.add(in.plus(-1).times(window.stride).plus(grown));
      }
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

  /** Of elements and the places that they come from. */
  static List<TensorType> unpool(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> said = c.sizes(2);
    if (x == null || c.has(2)) {
      return c.shaped(said == null && x != null ? Dim.unknown(x.size()) : said);
    }
    long[] kernel = c.node().attribute("kernel_shape", new long[0]);
    if (kernel.length != x.size() - 2) {
      throw c.fail("kernel_shape of %d sizes does not fit input %s".formatted(kernel.length, x));
    }
    List<Dim> out = new ArrayList<>(x.subList(0, 2));
    for (Window window : windows(c, kernel, kernel.length)) {
      long grown = Math.subtractExact(window.extent, window.padding());
      out.add(x.get(out.size()).plus(-1).times(window.stride).plus(grown));
    }
    return c.shaped(out);
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

  private static void checkRanks(Call c, List<Dim> x, List<Dim> w) {
    if (x.size() < 3 || w.size() != x.size()) {
      throw c.fail("input %s and weight %s want one rank of at least 3".formatted(x, w));
    }
  }

  private static long group(Call c) {
    long group = c.node().attribute("group", 1);
    if (group < 1) {
      throw c.fail("group wants a positive number, has " + group);
    }
    return group;
  }

  private static void checkBias(Call c, Dim filters) {
    if (c.has(2) && c.shape(2, 1, "[M]").get(0).contradicts(filters)) {
      throw c.fail("bias has %s values for %s filters".formatted(c.shape(2), filters));
    }
  }

  /** Sizes of the kernel; null where neither the attribute nor the weight gives them. */
  private static long @Nullable [] kernel(Call c, List<Dim> weight) {
    List<Dim> sizes = weight.subList(2, weight.size());
    long[] kernel = c.node().attribute("kernel_shape", new long[0]);
    if (kernel.length == 0) {
      return sizes.stream().allMatch(Dim::isKnown)
          ? sizes.stream().mapToLong(Dim::size).toArray()
          : null;
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

  /** One axis of a sliding window: what it spans with its gaps (-1: unknown), step and padding. */
  private record Window(long extent, long stride, long before, long after) {
    long padding() {
      return Math.addExact(before, after);
    }
  }

  private static List<Window> windows(Call c, long @Nullable [] kernel, int axes) {
    long[] strides = values(c, "strides", axes, 1);
    long[] dilations = values(c, "dilations", axes, 1);
    boolean explicit = c.node().attribute("auto_pad", "NOTSET").equals("NOTSET");
    long[] pads = explicit ? values(c, "pads", 2 * axes, 0) : new long[2 * axes];
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < axes; i++) {
      long size = kernel == null ? 1 : kernel[i];
      if (strides[i] < 1 || dilations[i] < 1 || size < 1) {
        throw c.fail("kernel, strides and dilations want positive sizes");
      }
      long extent = Math.addExact(Math.multiplyExact(size - 1, dilations[i]), 1);
      windows.add(new Window(kernel == null ? -1 : extent, strides[i], pads[i], pads[i + axes]));
    }
    return windows;
  }

  private static boolean isSame(Call c) {
    return c.node().attribute("auto_pad", "NOTSET").startsWith("SAME");
  }

  /** [N, C, spatial...] -> [N, filters, windows...]. */
  private static List<Dim> slide(Call c, List<Dim> x, Dim filters, long @Nullable [] kernel) {
    boolean ceil = c.node().attribute("ceil_mode", 0) != 0;
    List<Dim> out = new ArrayList<>(List.of(x.get(0), filters));
    for (Window window : windows(c, kernel, x.size() - 2)) {
      Dim in = x.get(out.size());
      if (isSame(c)) {
        out.add(in.plus(window.stride - 1).floorDiv(window.stride));
      } else if (window.extent < 0) {
        out.add(Dim.UNKNOWN);
      } else {
        out.add(count(c, in, window, ceil));
      }
    }
    return out;
  }

  private static Dim count(Call c, Dim in, Window window, boolean ceil) {
    long stride = window.stride;
    Dim room = in.plus(Math.subtractExact(window.padding(), window.extent));
    // floor(room / stride) + 1, as one fraction so that equal sizes look equal
    long up = ceil ? Math.addExact(stride, stride - 1) : stride;
    Dim count = room.plus(up).floorDiv(stride);
    if (ceil && Math.addExact(window.after, stride) > window.extent) {
      // The last window may start in the padding after the picture; it is left out then.
      if (!count.isKnown()) {
        return Dim.UNKNOWN;
      }
      boolean outside = (count.size() - 1) * stride >= in.size() + window.before;
      count = count.plus(outside ? -1 : 0);
    }
    if (count.isKnown() && count.size() < 1) {
      throw c.fail(
          "a window of %d does not fit into size %s padded by %d"
              .formatted(window.extent, in, window.padding()));
    }
    return count;
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
