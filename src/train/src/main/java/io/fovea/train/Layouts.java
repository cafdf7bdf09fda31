package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Operators that move elements without changing them, and arithmetic on shapes. */
final class Layouts {
  private Layouts() {}

  static void register() {
    add("Flatten", 1, Layouts::flatten);
    add("Reshape", 5, Layouts::reshape);
    add("Transpose", 1, Layouts::transpose);
    add("Concat", 4, op -> one(in -> torch.cat(new TensorVector(in.inputs()), op.i("axis", 1))));
    add("Slice", 10, Layouts::slice);
    add("Pad", 11, Layouts::pad);
    add("Unsqueeze", 1, Layouts::unsqueeze);
    add("Squeeze", 1, Layouts::squeeze);
    add("Gather", 1, Layouts::gather);
    add("Shape", 1, Layouts::shape);
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
          return in.x()
              .permute(
                  perm.length > 0
                      ? perm
                      : LongStream.range(0, rank).map(i -> rank - 1 - i).toArray());
        });
  }

  private static Kernel slice(Operation op) {
    var starts = op.longs(1);
    var ends = op.longs(2);
    var axes = op.axes(3);
    var steps = op.has(4) ? op.longs(4) : null;
    return one(
        in -> {
          long[] start = starts.apply(in);
          long[] end = ends.apply(in);
          long[] axis = op.has(3) ? axes.apply(in) : LongStream.range(0, start.length).toArray();
          Tensor x = in.x();
          for (int i = 0; i < start.length; i++) {
            long step = steps == null ? 1 : steps.apply(in)[i];
            if (step < 1) {
              throw op.refuse("steps below 1 are not trained with");
            }
            x = x.slice(axis[i], new LongOptional(start[i]), new LongOptional(end[i]), step);
          }
          return x;
        });
  }

  private static Kernel pad(Operation op) {
    String mode = op.s("mode", "constant");
    var pads = op.longs(1);
    var axes = op.has(3) ? op.longs(3) : null;
    double value = op.number("value", 2, 0);
    return one(
        in -> {
          long[] some = pads.apply(in);
          long rank = in.x().dim();
          long[] all = axes == null ? some : Padding.spread(some, axes.apply(in), (int) rank);
          return mode.equals("constant")
              ? Padding.constant(in.x(), all, value)
              : Padding.repeating(in.x(), all, mode);
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

  private static Kernel gather(Operation op) {
    long axis = op.i("axis", 0);
    return one(
        in -> {
          Tensor x = in.x();
          Tensor indices = in.get(1);
          int at = (int) (axis < 0 ? axis + x.dim() : axis);
          long[] shape = Torch.shape(x);
          Tensor flat = indices.reshape(-1);
          Tensor positive = torch.where(flat.lt(zero()), flat.add(scalar(shape[at])), flat);
          long[] inner = Torch.shape(indices);
          long[] out = new long[shape.length - 1 + inner.length];
          System.arraycopy(shape, 0, out, 0, at);
          System.arraycopy(inner, 0, out, at, inner.length);
          System.arraycopy(shape, at + 1, out, at + inner.length, shape.length - at - 1);
          return x.index_select(at, positive).reshape(out);
        });
  }

  private static org.bytedeco.pytorch.Scalar zero() {
    return scalar(0);
  }

  private static org.bytedeco.pytorch.Scalar scalar(long value) {
    return new org.bytedeco.pytorch.Scalar(value);
  }

  private static Kernel shape(Operation op) {
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          long n = shape.length;
          long start = op.i("start", 0);
          long end = op.i("end", n);
          int from = (int) Math.max(0, Math.min(n, start < 0 ? start + n : start));
          int to = (int) Math.max(from, Math.min(n, end < 0 ? end + n : end));
          return Torch.copy(io.fovea.onnx.Tensor.of("", Arrays.copyOfRange(shape, from, to)));
        });
  }
}
