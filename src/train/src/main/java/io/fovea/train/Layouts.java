package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Operators that move elements without changing them. */
final class Layouts {
  private Layouts() {}

  static void register() {
    add("Flatten", 1, Layouts::flatten);
    add("Reshape", 5, Layouts::reshape);
    add("Transpose", 1, Layouts::transpose);
    add("Concat", 4, Layouts::concat);
    add("Split", 1, Layouts::split);
    add("Slice", 1, Layouts::slice);
    add("Pad", 2, Layouts::pad);
    add("Unsqueeze", 1, Layouts::unsqueeze);
    add("Squeeze", 1, Layouts::squeeze);
    add("Expand", 8, Layouts::expand);
    add("Tile", 6, Layouts::tile);
    add("ReverseSequence", 10, Layouts::reverseSequence);
  }

  private static Kernel flatten(Operation op) {
    long axis = op.i("axis", 1);
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          int split = (int) (axis < 0 ? axis + shape.length : axis);
          long rows = Arrays.stream(shape, 0, split).reduce(1, (a, b) -> a * b);
          long columns = Arrays.stream(shape, split, shape.length).reduce(1, (a, b) -> a * b);
          return in.x().reshape(rows, columns);
        });
  }

  private static Kernel reshape(Operation op) {
    var sizes = op.longs(1);
    boolean zeroIsSize = op.i("allowzero", 0) != 0;
    return one(
        in -> {
          long[] shape = sizes.apply(in).clone();
          for (int i = 0; i < shape.length; i++) {
            if (shape[i] == 0 && !zeroIsSize) {
              shape[i] = in.x().size(i);
            }
          }
          return in.x().reshape(shape);
        });
  }

  private static Kernel transpose(Operation op) {
    long[] perm = op.node().attribute("perm", new long[0]);
    return one(
        in -> {
          long rank = in.x().dim();
          long[] reversed = LongStream.range(0, rank).map(i -> rank - 1 - i).toArray();
          return in.x().permute(perm.length > 0 ? perm : reversed);
        });
  }

  private static Kernel concat(Operation op) {
    long axis = op.i("axis", 1);
    return one(in -> torch.cat(new TensorVector(in.inputs()), axis));
  }

  /** Sizes are an attribute before opset 13, then an input; without them the parts are even. */
  private static Kernel split(Operation op) {
    long axis = op.i("axis", 0);
    var sizes = op.node().has("split") || !op.has(1) ? null : op.longs(1);
    long[] said = op.node().attribute("split", new long[0]);
    int count = op.outputs();
    return in -> {
      long n = in.x().size(axis);
      long each = -Math.floorDiv(-n, count); // the last is smaller where it must be
      long[] parts = sizes == null ? said : sizes.apply(in);
      Tensor[] out = new Tensor[count];
      long from = 0;
      for (int i = 0; i < count; i++) {
        long part = parts.length > 0 ? parts[i] : Math.max(0, Math.min(each, n - from));
        out[i] = in.x().narrow(axis, from, part);
        from += part;
      }
      return out;
    };
  }

  /** All is attributes before opset 10, inputs from then on. */
  private static Kernel slice(Operation op) {
    boolean old = op.opset() < 10;
    var starts = old ? op.fixed("starts") : op.longs(1);
    var ends = old ? op.fixed("ends") : op.longs(2);
    var axes = old ? op.fixed("axes") : op.axes(3);
    boolean all = old ? !op.node().has("axes") : !op.has(3);
    var steps = !old && op.has(4) ? op.longs(4) : null;
    return one(
        in -> {
          long[] start = starts.apply(in);
          long[] end = ends.apply(in);
          long[] axis = all ? LongStream.range(0, start.length).toArray() : axes.apply(in);
          long[] step = steps == null ? new long[0] : steps.apply(in);
          Tensor x = in.x();
          for (int i = 0; i < start.length; i++) {
            x = slice(x, axis[i], start[i], end[i], step.length == 0 ? 1 : step[i]);
          }
          return x;
        });
  }

  private static Tensor slice(Tensor x, long axis, long start, long end, long step) {
    if (step > 0) {
      return x.slice(axis, new LongOptional(start), new LongOptional(end), step);
    }
    long n = x.size(axis);
    long from = Math.min(n - 1, Math.max(0, start < 0 ? start + n : start));
    long to =
        Math.max(-1, end < 0 ? Math.max(end, -n - 1) + n : end); // libtorch steps forward only
    long count = Math.max(0, -Math.floorDiv(from - to, step));
    long[] which = LongStream.range(0, count).map(i -> from + i * step).toArray();
    return x.index_select(axis, Torch.beside(x, Torch.longs(which)));
  }

  /** Pads and value are attributes before opset 11, inputs from then on. */
  private static Kernel pad(Operation op) {
    String mode = op.s("mode", "constant");
    var pads = op.node().has("pads") ? op.fixed("pads") : op.longs(1);
    var axes = op.has(3) ? op.longs(3) : null;
    boolean fixed = op.isNumber("value", 2);
    double value = fixed ? op.number("value", 2, 0) : 0;
    return one(
        in -> {
          long[] some = pads.apply(in);
          long rank = in.x().dim();
          long[] all = axes == null ? some : Padding.spread(some, axes.apply(in), (int) rank);
          if (!mode.equals("constant")) {
            return Padding.repeating(in.x(), all, mode);
          }
          double level = fixed ? value : in.get(2).item_double();
          return Torch.signed(in.x(), x -> Padding.constant(x, all, level));
        });
  }

  private static Kernel unsqueeze(Operation op) {
    var axes = op.axes(1);
    return one(
        in -> {
          long[] at = axes.apply(in).clone();
          long rank = in.x().dim() + at.length;
          for (int i = 0; i < at.length; i++) {
            at[i] = at[i] < 0 ? at[i] + rank : at[i];
          }
          Arrays.sort(at);
          Tensor x = in.x();
          for (long axis : at) {
            x = x.unsqueeze(axis);
          }
          return x;
        });
  }

  private static Kernel squeeze(Operation op) {
    var axes = op.axes(1);
    return one(
        in -> {
          long[] which = axes.apply(in);
          return which.length == 0 ? torch.squeeze(in.x()) : torch.squeeze(in.x(), which);
        });
  }

  /** Both shapes broadcast: a size of 1 that is asked for keeps the input's. */
  private static Kernel expand(Operation op) {
    var sizes = op.longs(1);
    return one(
        in -> {
          long[] wanted = sizes.apply(in);
          long[] shape = Torch.shape(in.x());
          long[] out = new long[Math.max(wanted.length, shape.length)];
          for (int i = 1; i <= out.length; i++) {
            long a = i <= shape.length ? shape[shape.length - i] : 1;
            long b = i <= wanted.length ? wanted[wanted.length - i] : 1;
            out[out.length - i] = a == 1 ? b : a;
          }
          return in.x().expand(out);
        });
  }

  private static Kernel tile(Operation op) {
    var repeats = op.longs(1);
    return one(in -> in.x().repeat(repeats.apply(in)));
  }

  private static Kernel reverseSequence(Operation op) {
    long time = op.i("time_axis", 0);
    long batch = op.i("batch_axis", 1);
    var lengths = op.longs(1);
    return one(
        in -> {
          long[] each = lengths.apply(in);
          List<Tensor> rows = new ArrayList<>();
          for (int b = 0; b < each.length; b++) {
            long n = each[b];
            Tensor row = in.x().narrow(batch, b, 1);
            Tensor turned = row.narrow(time, 0, n).flip(time);
            Tensor rest = row.narrow(time, n, in.x().size(time) - n);
            rows.add(torch.cat(new TensorVector(turned, rest), time));
          }
          return torch.cat(new TensorVector(rows.toArray(Tensor[]::new)), batch);
        });
  }
}
