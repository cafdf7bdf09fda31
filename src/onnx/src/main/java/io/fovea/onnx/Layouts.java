package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Types of operators that move elements and keep or repeat them all. */
final class Layouts {
  private Layouts() {}

  static List<TensorType> flatten(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return c.shaped(Dim.unknown(2));
    }
    long axis = c.node().attribute("axis", 1);
    int split = axis == x.size() ? x.size() : c.axis(axis, x.size());
    return c.shaped(
        List.of(Dim.product(x.subList(0, split)), Dim.product(x.subList(split, x.size()))));
  }

  static List<TensorType> reshape(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> wanted = Dims.target(c, "shape", 1);
    if (wanted == null) {
      return c.shaped(null);
    }
    boolean zeroIsSize = c.node().attribute("allowzero", 0) != 0;
    List<Dim> left = new ArrayList<>(x == null ? List.of() : x);
    List<Dim> right = new ArrayList<>();
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
        Dim copied = x == null || i >= x.size() ? Dim.UNKNOWN : x.get(i);
        out.add(copied);
        if (x != null && i < x.size()) {
          left.remove(copied); // stands on both sides, known or not
        } else {
          right.add(copied);
        }
      } else if (d.isKnown() && d.size() < 0) {
        throw c.fail("shape " + wanted + " has a negative size");
      } else {
        out.add(d);
        right.add(d);
      }
    }
    if (x == null) {
      return c.shaped(out);
    }
    int one = wanted.indexOf(Dim.UNKNOWN);
    if (open < 0 && one >= 0 && Collections.frequency(right, Dim.UNKNOWN) == 1) {
      open = one; // what the others leave
      right.remove(Dim.UNKNOWN);
    }
    Dim all = Dim.product(left);
    Dim taken = Dim.product(right);
    if (open < 0 ? c.differ(all, taken) : leavesRest(c, all, taken)) {
      throw c.fail("%s does not reshape to %s".formatted(x, wanted));
    }
    if (open >= 0) {
      out.set(open, all.exactDiv(taken));
    }
    return c.shaped(out);
  }

  private static boolean leavesRest(Call c, Dim all, Dim taken) {
    return taken.isKnown() && taken.size() > 0 && c.differ(all.mod(taken.size()), Dim.of(0));
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
      return c.shaped(reversed);
    }
    long[] sorted = perm.clone();
    Arrays.sort(sorted);
    if (!Arrays.equals(sorted, LongStream.range(0, x.size()).toArray())) {
      throw c.fail("perm %s does not fit input %s".formatted(Arrays.toString(perm), x));
    }
    return c.shaped(LongStream.of(perm).mapToObj(p -> x.get((int) p)).toList());
  }

  static List<TensorType> concat(Call c) {
    c.same(c.inputs().size());
    List<Dim> out = null;
    for (int i = 0; i < c.inputs().size(); i++) {
      List<Dim> x = c.shape(i);
      if (x == null) {
        return c.shaped(null);
      }
      if (out == null) {
        out = new ArrayList<>(x);
        continue;
      }
      int axis = c.axis(c.node().attribute("axis", 0), out.size());
      for (int k = 0; k < out.size(); k++) {
        if (x.size() != out.size() || (k != axis && c.differ(x.get(k), out.get(k)))) {
          throw c.fail("input %d is %s, input 0 is %s".formatted(i, x, c.shape(0)));
        }
      }
      out.set(axis, out.get(axis).plus(x.get(axis)));
    }
    return c.shaped(out);
  }

  static List<TensorType> split(Call c) {
    List<Dim> x = c.shape(0);
    int count = c.node().outputs().size();
    if (x == null) {
      return Collections.nCopies(count, c.type(0).withShape(null));
    }
    int axis = c.axis(c.node().attribute("axis", 0), x.size());
    List<Dim> parts = parts(c, x.get(axis), count);
    List<TensorType> out = new ArrayList<>();
    for (Dim part : parts) {
      List<Dim> shape = new ArrayList<>(x);
      shape.set(axis, part);
      out.add(c.type(0).withShape(shape));
    }
    return out;
  }

  private static List<Dim> parts(Call c, Dim size, int count) {
    boolean said = c.node().has("split") || c.has(1);
    List<Dim> sizes = c.sizes("split", 1);
    if (said) {
      if (sizes == null) {
        return Dim.unknown(count);
      }
      if (sizes.size() != count) {
        throw c.fail("split has %d sizes for %d outputs".formatted(sizes.size(), count));
      }
      Dim sum = sizes.stream().reduce(Dim.of(0), Dim::plus);
      if (c.differ(sum, size)) {
        throw c.fail("split %s does not add up to %s".formatted(sizes, size));
      }
      return sizes;
    }
    Dim even = size.exactDiv(Dim.of(count));
    if (!even.isUnknown() || size.isUnknown()) {
      return Collections.nCopies(count, even);
    }
    if (!c.node().has("num_outputs")) { // uneven from opset 18 on, and only where it is said
      return Dim.unknown(count);
    }
    List<Dim> parts = new ArrayList<>(Dim.unknown(count));
    Dim chunk = size.plus(count - 1).floorDiv(count);
    parts.set(0, chunk);
    for (int i = 1; i < count && chunk.isKnown(); i++) {
      long left = size.size() - i * chunk.size();
      parts.set(i, Dim.of(Math.max(0, Math.min(left, chunk.size()))));
    }
    return parts;
  }

  static List<TensorType> pad(Call c) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return List.of(c.type(0));
    }
    List<Dim> pads = c.sizes("pads", 1);
    long[] axes = c.has(3) ? c.longs(3) : LongStream.range(0, x.size()).toArray();
    if (pads == null || axes == null) {
      return c.shaped(Dim.unknown(x.size()));
    }
    int n = axes.length;
    if (pads.size() != 2 * n) {
      throw c.fail("pads want %d values, have %d".formatted(2 * n, pads.size()));
    }
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < n; i++) {
      int axis = c.axis(axes[i], x.size());
      out.set(axis, x.get(axis).plus(pads.get(i)).plus(pads.get(i + n)));
    }
    return c.shaped(out);
  }

  static List<TensorType> expand(Call c) {
    return c.shaped(Rules.broadcast(c, c.shape(0), Dims.target(c, "shape", 1)));
  }

  static List<TensorType> tile(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> repeats = c.sizes(1);
    if (x == null || repeats == null) {
      return c.shaped(x == null ? null : Dim.unknown(x.size()));
    }
    if (repeats.size() != x.size()) {
      throw c.fail("%d repeats for input %s".formatted(repeats.size(), x));
    }
    List<Dim> out = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      out.add(x.get(i).times(repeats.get(i)));
    }
    return c.shaped(out);
  }

  /** [N, C*b*b, H, W] -> [N, C, H*b, W*b]. */
  static List<TensorType> depthToSpace(Call c) {
    long block = block(c);
    List<Dim> x = c.shape(0, 4, "[N, C, H, W]");
    Dim channels = x.get(1);
    long cells = Math.multiplyExact(block, block);
    if (channels.isKnown() && channels.size() % cells != 0) {
      throw c.fail("%s channels do not divide into blocks of %d".formatted(channels, cells));
    }
    Dim left = channels.exactDiv(Dim.of(cells));
    return c.shaped(List.of(x.get(0), left, x.get(2).times(block), x.get(3).times(block)));
  }

  /** [N, C, H*b, W*b] -> [N, C*b*b, H, W]. */
  static List<TensorType> spaceToDepth(Call c) {
    long block = block(c);
    List<Dim> x = c.shape(0, 4, "[N, C, H, W]");
    for (Dim size : x.subList(2, 4)) {
      if (c.differ(size.mod(block), Dim.of(0))) {
        throw c.fail("size %s does not divide into blocks of %d".formatted(size, block));
      }
    }
    Dim channels = x.get(1).times(Math.multiplyExact(block, block));
    return c.shaped(
        List.of(x.get(0), channels, x.get(2).floorDiv(block), x.get(3).floorDiv(block)));
  }

  private static long block(Call c) {
    long block = c.node().attribute("blocksize", 0);
    if (block < 1) {
      throw c.fail("blocksize wants 1 or more, has " + block);
    }
    return block;
  }

  static List<TensorType> unsqueeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = c.longs("axes", 1);
    if (x == null || axes == null) {
      return c.shaped(null);
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
    return c.shaped(out);
  }

  static List<TensorType> squeeze(Call c) {
    List<Dim> x = c.shape(0);
    long[] axes = c.longs("axes", 1);
    if (x == null || (axes == null && (c.has(1) || !x.stream().allMatch(Dim::isKnown)))) {
      return c.shaped(null);
    }
    List<Dim> out = new ArrayList<>();
    Set<Integer> ones = axes == null ? Set.of() : axes(c, axes, x.size());
    for (int i = 0; i < x.size(); i++) {
      boolean drop = axes == null ? x.get(i).equals(Dim.of(1)) : ones.contains(i);
      if (drop && c.differ(x.get(i), Dim.of(1))) {
        throw c.fail("axis %d of %s is not 1".formatted(i, x));
      }
      if (!drop) {
        out.add(x.get(i));
      }
    }
    return c.shaped(out);
  }

  /** Axes counted from the front. */
  static Set<Integer> axes(Call c, long[] axes, int rank) {
    return LongStream.of(axes).mapToObj(a -> c.axis(a, rank)).collect(Collectors.toSet());
  }
}
