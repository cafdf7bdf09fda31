package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Pools over two spatial axes, and reductions. */
final class Pools {
  private Pools() {}

  static void register() {
    add("MaxPool", 1, Pools::maxPool);
    add("AveragePool", 7, Pools::averagePool);
    add("GlobalAveragePool", 1, op -> one(in -> torch.mean(in.x(), spatial(in.x()), true, null)));
    add("GlobalMaxPool", 1, op -> one(in -> torch.amax(in.x(), spatial(in.x()), true)));
  }

  private static long[] spatial(Tensor x) {
    return LongStream.range(2, x.dim()).toArray();
  }

  private static Kernel maxPool(Operation op) {
    long[] kernel = kernel(op);
    long[] strides = op.ints("strides", 2, 1);
    long[] dilations = op.ints("dilations", 2, 1);
    Padding padding = Padding.of(op, 2);
    if (op.outputs() > 1) {
      throw op.refuse("its indices are not trained with");
    }
    return one(
        in -> {
          Tensor x = in.x();
          long[] pads = padding.forPool(x, kernel, strides, dilations);
          // libtorch pads at most half a window, and both ends alike
          boolean fits =
              Padding.symmetric(pads) && 2 * pads[0] <= kernel[0] && 2 * pads[1] <= kernel[1];
          if (!fits) {
            x = Padding.constant(x, pads, Double.NEGATIVE_INFINITY);
          }
          long[] inside = fits ? Arrays.copyOf(pads, 2) : new long[2];
          return torch.max_pool2d(x, kernel, strides, inside, dilations, false);
        });
  }

  private static Kernel averagePool(Operation op) {
    long[] kernel = kernel(op);
    long[] strides = op.ints("strides", 2, 1);
    boolean countPads = op.i("count_include_pad", 0) != 0;
    Padding padding = Padding.of(op, 2);
    long[] pads = op.ints("pads", 4, 0);
    if (!padding.auto().equals("NOTSET")
        || !Padding.symmetric(pads)
        || op.node().has("dilations")) {
      throw op.refuse("auto_pad, uneven pads and dilations are not trained with");
    }
    long[] inside = Arrays.copyOf(pads, 2);
    return one(
        in ->
            torch.avg_pool2d(
                in.x(), kernel, strides, inside, false, countPads, new LongOptional()));
  }

  private static long[] kernel(Operation op) {
    long[] kernel = op.node().attribute("kernel_shape", new long[0]);
    if (kernel.length != 2) {
      throw op.refuse("pools of %d axes are not trained with".formatted(kernel.length));
    }
    if (op.i("ceil_mode", 0) != 0) {
      throw op.refuse("ceil_mode is not trained with");
    }
    return kernel;
  }
}
