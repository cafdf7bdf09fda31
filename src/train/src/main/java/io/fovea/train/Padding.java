package io.fovea.train;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Padding of a window operator: said in numbers, or {@code SAME}, which puts an odd pixel at the
 * end (upper) or the start (lower).
 *
 * @param pads all starts, then all ends, as ONNX orders them
 */
record Padding(String auto, long[] pads) {
  static Padding of(Operation op, int axes) {
    return new Padding(op.s("auto_pad", "NOTSET"), op.ints("pads", 2 * axes, 0));
  }

  long[] forConvolution(Tensor x, Tensor weight, long[] strides, long[] dilations) {
    return auto.startsWith("SAME")
        ? same(x, kernel(weight, strides.length), strides, dilations, 0)
        : auto.equals("VALID") ? new long[pads.length] : pads;
  }

  long[] forPool(Tensor x, long[] kernel, long[] strides, long[] dilations) {
    // Strides wider than a window make these negative: ONNX then drops pixels from both ends.
    return auto.startsWith("SAME")
        ? same(x, kernel, strides, dilations, Long.MIN_VALUE)
        : auto.equals("VALID") ? new long[pads.length] : pads;
  }

  private static long[] kernel(Tensor weight, int axes) {
    long[] kernel = new long[axes];
    for (int i = 0; i < axes; i++) {
      kernel[i] = weight.size(i + 2);
    }
    return kernel;
  }

  private long[] same(Tensor x, long[] kernel, long[] strides, long[] dilations, long least) {
    int axes = kernel.length;
    long[] out = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      long size = x.size(i + 2);
      long windows = Math.floorDiv(size + strides[i] - 1, strides[i]);
      long extent = (kernel[i] - 1) * dilations[i] + 1;
      long total = Math.max(least, (windows - 1) * strides[i] + extent - size);
      long start = (auto.equals("SAME_LOWER") ? total + 1 : total) / 2;
      out[i] = start;
      out[i + axes] = total - start;
    }
    return out;
  }

  static boolean symmetric(long[] pads) {
    int axes = pads.length / 2;
    for (int i = 0; i < axes; i++) {
      if (pads[i] != pads[i + axes] || pads[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Pads the last axes; libtorch counts axes from the last, a start and an end each. */
  static Tensor constant(Tensor x, long[] pads, double value) {
    int axes = pads.length / 2;
    long[] torchPads = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      torchPads[2 * (axes - 1 - i)] = pads[i];
      torchPads[2 * (axes - 1 - i) + 1] = pads[i + axes];
    }
    return torch.constant_pad_nd(x, torchPads, new Scalar(value));
  }

  /** Pads of some axes as pads of all. */
  static long[] spread(long[] pads, long[] axes, int rank) {
    long[] all = new long[2 * rank];
    for (int i = 0; i < axes.length; i++) {
      int axis = (int) (axes[i] < 0 ? axes[i] + rank : axes[i]);
      all[axis] = pads[i];
      all[axis + rank] = pads[i + axes.length];
    }
    return all;
  }

  /** Pads all axes by what the tensor holds: {@code reflect}, {@code edge} or {@code wrap}. */
  static Tensor repeating(Tensor x, long[] pads, String mode) {
    Tensor y = fast(x, pads, mode);
    if (y != null) {
      return y;
    }
    y = x;
    int rank = pads.length / 2;
    for (int axis = 0; axis < rank; axis++) {
      long before = pads[axis];
      long n = x.size(axis);
      if (before == 0 && pads[axis + rank] == 0) {
        continue;
      }
      long[] from = new long[Math.toIntExact(before + n + pads[axis + rank])];
      for (int i = 0; i < from.length; i++) {
        from[i] = source(i - before, n, mode);
      }
      y = y.index_select(axis, Torch.beside(y, Torch.longs(from)));
    }
    return y;
  }

  /** libtorch's kernels for frames of pictures, whose gradients are fast; null for all else. */
  private static @Nullable Tensor fast(Tensor x, long[] pads, String mode) {
    boolean frames = pads.length == 8 && x.is_floating_point() && x.numel() > 0;
    for (int axis = 0; frames && axis < 4; axis++) {
      long before = pads[axis];
      long after = pads[axis + 4];
      boolean even = axis < 2 && before == 0 && after == 0;
      frames =
          even
              || (axis >= 2
                  && Math.min(before, after) >= 0
                  && Math.max(before, after) < x.size(axis));
    }
    if (!frames || mode.equals("wrap")) {
      return null;
    }
    long[] sides = {pads[3], pads[7], pads[2], pads[6]};
    return mode.equals("reflect")
        ? torch.reflection_pad2d(x, sides)
        : torch.replication_pad2d(x, sides);
  }

  /** The element that stands at a position that may lie outside of 0..n-1. */
  private static long source(long i, long n, String mode) {
    return switch (mode) {
      case "edge" -> Math.max(0, Math.min(n - 1, i));
      case "wrap" -> Math.floorMod(i, n);
      case "reflect" -> {
        long period = Math.max(1, 2 * (n - 1)); // 0 1 2 1 | 0 1 2 1
        long k = Math.floorMod(i, period);
        yield Math.min(k, period - k) % n;
      }
      default -> throw new TrainException("padding mode '" + mode + "' is not one of ONNX's");
    };
  }
}
