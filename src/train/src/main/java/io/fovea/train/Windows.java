package io.fovea.train;

import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The windows of a pool over two or three spatial axes; one axis is pooled as a line of height 1.
 *
 * <p>With {@code ceil_mode} there is a last window that may reach beyond the padding, but must
 * start before its end: libtorch, ONNX Runtime and ONNX since opset 22 agree on this. What lies
 * beyond counts for nothing, not even with {@code count_include_pad}.
 */
record Windows(
    long[] kernel, long[] strides, long[] dilations, Padding padding, boolean ceil, boolean line) {

  static Windows of(Operation op) {
    long[] kernel = op.node().attribute("kernel_shape", new long[0]);
    int axes = kernel.length;
    if (axes < 1 || axes > 3) {
      throw op.refuse("pools of %d axes are not trained with".formatted(axes));
    }
    long[] strides = op.ints("strides", axes, 1);
    long[] dilations = op.ints("dilations", axes, 1);
    Padding padding = Padding.of(op, axes);
    boolean ceil = op.i("ceil_mode", 0) != 0;
    if (padding.auto().startsWith("SAME") && Arrays.stream(dilations).anyMatch(d -> d != 1)) {
      throw op.refuse("ONNX and ONNX Runtime pad dilated windows unlike for auto_pad SAME");
    }
    if (axes > 1) {
      return new Windows(kernel, strides, dilations, padding, ceil, false);
    }
    long[] pads = {0, padding.pads()[0], 0, padding.pads()[1]};
    Padding flat = new Padding(padding.auto(), pads);
    return new Windows(line(kernel), line(strides), line(dilations), flat, ceil, true);
  }

  private static long[] line(long[] one) {
    return new long[] {1, one[0]};
  }

  int axes() {
    return kernel.length;
  }

  /** {@code [N, C, W] -> [N, C, 1, W]} where one axis is pooled. */
  Tensor open(Tensor x) {
    return line ? x.unsqueeze(2) : x;
  }

  Tensor close(Tensor y) {
    return line ? y.squeeze(2) : y;
  }

  long extent(int axis) {
    return (kernel[axis] - 1) * dilations[axis] + 1;
  }

  /** Padding of an input that is open. */
  long[] pads(Tensor x) {
    return padding.forPool(x, kernel, strides, dilations);
  }

  /** Whether libtorch pads so itself: at most half a window, and both ends alike. */
  boolean fits(long[] pads) {
    for (int i = 0; i < axes(); i++) {
      if (2 * pads[i] > kernel[i]) {
        return false;
      }
    }
    return Padding.symmetric(pads);
  }

  boolean dilated() {
    return Arrays.stream(dilations).anyMatch(d -> d != 1);
  }

  /** Number of windows along an axis. */
  long count(Tensor x, long[] pads, int axis) {
    long size = x.size(axis + 2) + pads[axis];
    long room = size + pads[axis + axes()] - extent(axis);
    long windows = Math.floorDiv(room, strides[axis]) + 1;
    boolean more = ceil && room % strides[axis] != 0 && windows * strides[axis] < size;
    return more ? windows + 1 : windows;
  }

  /** Pads so that every window lies inside: ends are longer than asked for under ceil_mode. */
  long[] full(Tensor x, long[] pads) {
    long[] full = pads.clone();
    for (int i = 0; i < axes(); i++) {
      long needed = (count(x, pads, i) - 1) * strides[i] + extent(i);
      full[i + axes()] = Math.max(full[i + axes()], needed - x.size(i + 2) - pads[i]);
    }
    return full;
  }

  /** The largest element of each window, and its position in its plane. */
  Tensor[] max(Tensor x, long[] pads, boolean up) {
    try (T_TensorTensor_T both =
        axes() == 2
            ? torch.max_pool2d_with_indices(x, kernel, strides, pads, dilations, up)
            : torch.max_pool3d_with_indices(x, kernel, strides, pads, dilations, up)) {
      return new Tensor[] {new Tensor(both.get0()), new Tensor(both.get1())}; // outlive the pair
    }
  }

  /** The average of each window where libtorch pads so itself. */
  Tensor average(Tensor x, long[] pads, boolean padsToo) {
    long[] inside = Arrays.copyOf(pads, axes());
    LongOptional own = new LongOptional();
    return axes() == 2
        ? torch.avg_pool2d(x, kernel, strides, inside, ceil, padsToo, own)
        : torch.avg_pool3d(x, kernel, strides, inside, ceil, padsToo, own);
  }

  /** The sum of each window, zeros standing in the padding. */
  Tensor sum(Tensor x, long[] pads) {
    LongOptional one = new LongOptional(1);
    if (fits(pads) && !dilated()) {
      long[] inside = Arrays.copyOf(pads, axes());
      return axes() == 2
          ? torch.avg_pool2d(x, kernel, strides, inside, ceil, true, one)
          : torch.avg_pool3d(x, kernel, strides, inside, ceil, true, one);
    }
    Tensor padded = Padding.constant(x, full(x, pads), 0);
    long[] none = new long[axes()];
    if (!dilated()) {
      return axes() == 2
          ? torch.avg_pool2d(padded, kernel, strides, none, false, true, one)
          : torch.avg_pool3d(padded, kernel, strides, none, false, true, one);
    }
    long[] last = new long[axes()];
    for (int i = 0; i < axes(); i++) { // [N, C, o.., k..]
      padded =
          padded
              .unfold(i + 2, extent(i), strides[i])
              .slice(-1, new LongOptional(0), new LongOptional(extent(i)), dilations[i]);
      last[i] = axes() + 2 + i;
    }
    return torch.sum(padded, last, false, null);
  }

  /**
   * How many elements each window averages, {@code [1, 1, o..]}.
   *
   * @param padsToo whether padding counts
   */
  Tensor sizes(Tensor x, long[] pads, boolean padsToo) {
    Tensor all = null;
    for (int i = 0; i < axes(); i++) {
      long end = x.size(i + 2) + (padsToo ? pads[i + axes()] : 0);
      double[] sizes = new double[Math.toIntExact(count(x, pads, i))];
      for (int o = 0; o < sizes.length; o++) {
        for (long k = 0; k < kernel[i]; k++) {
          long at = o * strides[i] - pads[i] + k * dilations[i];
          sizes[o] += (padsToo || at >= 0) && at < end ? 1 : 0;
        }
      }
      Tensor axis = Numbers.like(x, sizes).reshape(Torch.along(i + 2, sizes.length, x.dim()));
      all = all == null ? axis : all.mul(axis);
    }
    return Objects.requireNonNull(all).clamp_min(new Scalar(1));
  }
}
