package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What looks along axes: sums and extremes, softmaxes, positions and orders. */
final class Reductions {
  private Reductions() {}

  static void register() {
    reduce("ReduceSum", (x, axes, keep) -> torch.sum(x, axes, keep, null));
    reduce("ReduceMean", Reductions::mean);
    reduce("ReduceMax", (x, axes, keep) -> extreme(x, axes, keep, true));
    reduce("ReduceMin", (x, axes, keep) -> extreme(x, axes, keep, false));
    reduce("ReduceProd", Reductions::product);
    reduce("ReduceL1", (x, axes, keep) -> torch.sum(x.abs(), axes, keep, null));
    reduce("ReduceL2", Reductions::length);
    reduce("ReduceLogSum", (x, axes, keep) -> torch.sum(x, axes, keep, null).log());
    reduce("ReduceLogSumExp", torch::logsumexp);
    reduce("ReduceSumSquare", (x, axes, keep) -> torch.sum(x.mul(x), axes, keep, null));

    softmax("Softmax", torch::softmax);
    softmax("LogSoftmax", torch::log_softmax);
    softmax("Hardmax", Reductions::hardmax);
    add("LpNormalization", 1, Reductions::lpNormalization);
    add("ArgMax", 1, op -> position(op, true));
    add("ArgMin", 1, op -> position(op, false));
    add("CumSum", 11, Reductions::cumSum);
    add("TopK", 1, Reductions::topK);
  }

  private interface Reduction {
    Tensor apply(Tensor x, long[] axes, boolean keep);
  }

  /** Axes are an attribute at first, an input from opset 13 (sum) or 18 on; none means all. */
  private static void reduce(String name, Reduction f) {
    add(
        name,
        1,
        op -> {
          boolean keep = op.i("keepdims", 1) != 0;
          boolean nothing = op.i("noop_with_empty_axes", 0) != 0;
          var axes = op.axes(1);
          return one(
              in -> {
                long[] which = axes.apply(in);
                if (which.length == 0) {
                  if (nothing) {
                    return in.x();
                  }
                  which = LongStream.range(0, in.x().dim()).toArray();
                }
                long[] all = which;
                ScalarType type = in.x().scalar_type().intern();
                return all.length == 0
                    ? f.apply(in.x().unsqueeze(0), new long[] {0}, false).to(type)
                    : Torch.signed(in.x(), x -> f.apply(x, all, keep).to(x.scalar_type()));
              });
        });
  }

  private static Tensor mean(Tensor x, long[] axes, boolean keep) {
    return x.is_floating_point()
        ? torch.mean(x, axes, keep, null)
        : torch.mean(x.to(ScalarType.Double), axes, keep, null);
  }

  /** The largest of nothing is the smallest number there is. */
  private static Tensor extreme(Tensor x, long[] axes, boolean keep, boolean largest) {
    if (x.scalar_type().intern() == ScalarType.Bool) {
      return extreme(x.to(ScalarType.Byte), axes, keep, largest).to(ScalarType.Bool);
    }
    if (x.numel() == 0) {
      double end = largest ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      Tensor shape = torch.sum(x, axes, keep, null);
      return x.is_floating_point()
          ? torch.full_like(shape, new Scalar(end))
          : torch.full_like(shape, new Scalar(largest ? smallest(x) : ~smallest(x)));
    }
    return largest ? torch.amax(x, axes, keep) : torch.amin(x, axes, keep);
  }

  private static long smallest(Tensor x) {
    return Long.MIN_VALUE >> (64 - 8 * x.element_size());
  }

  private static Tensor product(Tensor x, long[] axes, boolean keep) {
    long rank = x.dim();
    long[] order = LongStream.of(axes).map(a -> a < 0 ? a + rank : a).sorted().toArray();
    Tensor y = x;
    for (int i = order.length - 1; i >= 0; i--) { // from the last, so that the others stay
      y = torch.prod(y, order[i], keep, new ScalarTypeOptional());
    }
    return y;
  }

  private static Tensor length(Tensor x, long[] axes, boolean keep) {
    Tensor real = x.is_floating_point() ? x : x.to(ScalarType.Double);
    return torch.linalg_vector_norm(real, new Scalar(2), axes, keep, new ScalarTypeOptional());
  }

  private interface AlongAxis {
    Tensor apply(Tensor x, long axis);
  }

  /** Before opset 13 the axes from {@code axis} on are taken as one. */
  private static void softmax(String name, AlongAxis f) {
    add(name, 13, op -> one(in -> f.apply(in.x(), op.i("axis", -1))));
    add(
        name,
        1,
        op ->
            one(
                in -> {
                  long[] shape = Torch.shape(in.x());
                  int axis = (int) op.i("axis", 1);
                  int from = axis < 0 ? axis + shape.length : axis;
                  long rows = Arrays.stream(shape, 0, from).reduce(1, (a, b) -> a * b);
                  return f.apply(in.x().reshape(rows, -1), 1).reshape(shape);
                }));
  }

  private static Tensor hardmax(Tensor x, long axis) {
    Tensor first = torch.argmax(x, new LongOptional(axis), true);
    return torch.zeros_like(x).scatter(axis, first, new Scalar(1));
  }

  private static Kernel lpNormalization(Operation op) {
    long axis = op.i("axis", -1);
    Scalar p = new Scalar((double) op.i("p", 2));
    return one(
        in -> {
          Tensor x = in.x();
          Tensor norm =
              torch.linalg_vector_norm(x, p, new long[] {axis}, true, new ScalarTypeOptional());
          return torch.where(norm.eq(new Scalar(0)), torch.zeros_like(x), x.div(norm));
        });
  }

  private static Kernel position(Operation op, boolean largest) {
    long axis = op.i("axis", 0);
    boolean keep = op.i("keepdims", 1) != 0;
    boolean last = op.i("select_last_index", 0) != 0;
    return one(
        in -> {
          Tensor x = last ? in.x().flip(axis) : in.x();
          LongOptional along = new LongOptional(axis);
          Tensor at = largest ? torch.argmax(x, along, keep) : torch.argmin(x, along, keep);
          return last ? at.neg().add(new Scalar(x.size(axis) - 1)) : at;
        });
  }

  private static Kernel cumSum(Operation op) {
    boolean exclusive = op.i("exclusive", 0) != 0;
    boolean reverse = op.i("reverse", 0) != 0;
    var axes = op.longs(1);
    return one(
        in -> {
          Tensor x = in.x();
          long axis = axes.apply(in)[0];
          Tensor y = torch.cumsum(reverse ? x.flip(axis) : x, axis);
          if (exclusive) { // moved on by one, with a zero before
            long n = x.size(axis);
            Tensor zero = torch.zeros_like(y.narrow(axis, 0, 1));
            y = torch.cat(new TensorVector(zero, y.narrow(axis, 0, n - 1)), axis);
          }
          return (reverse ? y.flip(axis) : y).to(x.scalar_type());
        });
  }

  /** Of equals the first wins, which libtorch promises of its stable sort only. */
  private static Kernel topK(Operation op) {
    long axis = op.i("axis", -1);
    boolean largest = op.i("largest", 1) != 0;
    var count = op.node().has("k") ? null : op.longs(1);
    long fixed = op.i("k", 0);
    return in -> {
      Tensor x = in.x();
      long k = count == null ? fixed : count.apply(in)[0];
      ScalarType type = x.scalar_type().intern();
      Tensor sortable = Torch.isWide(type) ? x.to(ScalarType.Long) : x;
      T_TensorTensor_T sorted = torch.sort(sortable, new BoolOptional(true), axis, largest);
      Tensor values = sorted.get0().narrow(axis, 0, k).to(type);
      return new Tensor[] {values, sorted.get1().narrow(axis, 0, k)};
    };
  }

  /** Numbers 0 to n-1. */
  static Tensor range(long n) {
    return torch.arange(new Scalar(n), new TensorOptions(ScalarType.Long));
  }
}
