package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Convolutions and matrix products: the operators that hold most of the weights. */
final class Convolutions {
  private Convolutions() {}

  static void register() {
    add("Conv", 1, Convolutions::conv);
    add("ConvTranspose", 1, Convolutions::convTranspose);
    add("Gemm", 7, Convolutions::gemm);
  }

  private static Kernel conv(Operation op) {
    int axes = axes(op);
    long[] strides = op.ints("strides", axes, 1);
    long[] dilations = op.ints("dilations", axes, 1);
    long group = op.i("group", 1);
    Padding padding = Padding.of(op, axes);
    long[] none = new long[axes];
    long[] output = new long[axes];
    return one(
        in -> {
          Tensor x = in.x();
          long[] pads = padding.forConvolution(x, in.get(1), strides, dilations);
          boolean even = Padding.symmetric(pads);
          if (!even) {
            x = Padding.constant(x, pads, 0);
          }
          return torch.convolution(
              x,
              in.get(1),
              in.optional(2),
              strides,
              even ? Arrays.copyOf(pads, axes) : none,
              dilations,
              false,
              output,
              group);
        });
  }

  private static Kernel convTranspose(Operation op) {
    int axes = axes(op);
    long[] strides = op.ints("strides", axes, 1);
    long[] dilations = op.ints("dilations", axes, 1);
    long[] more = op.ints("output_padding", axes, 0);
    long[] pads = op.ints("pads", 2 * axes, 0);
    if (!op.s("auto_pad", "NOTSET").equals("NOTSET")
        || op.node().has("output_shape")
        || !Padding.symmetric(pads)) {
      throw op.refuse("auto_pad, output_shape and uneven pads are not trained with");
    }
    long group = op.i("group", 1);
    return one(
        in ->
            torch.convolution(
                in.x(),
                in.get(1),
                in.optional(2),
                strides,
                Arrays.copyOf(pads, axes),
                dilations,
                true,
                more,
                group));
  }

  /** Spatial axes: from the attributes, or from a constant weight. */
  private static int axes(Operation op) {
    for (String name : new String[] {"kernel_shape", "strides", "dilations"}) {
      if (op.node().has(name)) {
        return op.node().attribute(name, new long[0]).length;
      }
    }
    var weight = op.constants().get(op.node().inputs().get(1));
    return weight == null ? 2 : weight.dims().length - 2;
  }

  private static Kernel gemm(Operation op) {
    float alpha = op.f("alpha", 1);
    float beta = op.f("beta", 1);
    boolean transA = op.i("transA", 0) != 0;
    boolean transB = op.i("transB", 0) != 0;
    if (!transA && transB && alpha == 1 && beta == 1) {
      return one(in -> torch.linear(in.x(), in.get(1), in.optional(2)));
    }
    return one(
        in -> {
          Tensor a = transA ? in.x().t() : in.x();
          Tensor b = transB ? in.get(1).t() : in.get(1);
          return in.has(2)
              ? torch.addmm(in.get(2), a, b, new Scalar(beta), new Scalar(alpha))
              : torch.mm(a, b).mul(new Scalar(alpha));
        });
  }
}
