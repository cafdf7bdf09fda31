package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Convolutions and matrix products: the operators that hold most of the weights. */
final class Convolutions {
  private Convolutions() {}

  static void register() {
    add("Conv", 1, Convolutions::conv);
    add("ConvTranspose", 1, Convolutions::convTranspose);
    add("Gemm", 7, Convolutions::gemm);
  }

  /** Attributes; none said is a default for each spatial axis of the weight. */
  private record Geometry(long[] strides, long[] dilations, Padding padding, long group) {
    static Geometry of(Operation op) {
      Padding padding = new Padding(op.s("auto_pad", "NOTSET"), op.ints("pads", 0, 0));
      return new Geometry(
          op.ints("strides", 0, 1), op.ints("dilations", 0, 1), padding, op.i("group", 1));
    }

    Geometry over(int axes) {
      return strides.length * dilations.length * padding.pads().length > 0
          ? this
          : new Geometry(
              fill(strides, axes, 1),
              fill(dilations, axes, 1),
              new Padding(padding.auto(), fill(padding.pads(), 2 * axes, 0)),
              group);
    }
  }

  private static long[] fill(long[] said, int count, long otherwise) {
    return said.length > 0 ? said : LongStream.generate(() -> otherwise).limit(count).toArray();
  }

  private static Kernel conv(Operation op) {
    Geometry said = Geometry.of(op);
    return one(
        in -> {
          Tensor x = in.x();
          Tensor weight = in.get(1);
          int axes = (int) weight.dim() - 2;
          Geometry g = said.over(axes);
          long[] pads = g.padding.forConvolution(x, weight, g.strides, g.dilations);
          boolean even = Padding.symmetric(pads);
          boolean thinned =
              weight.numel() == weight.size(0) * weight.size(1) && !allEqual(g.strides, 1);
          if (!even || (thinned && !allEqual(pads, 0))) {
            x = Padding.constant(x, pads, 0);
            even = false;
          }
          long[] inside = even ? Arrays.copyOf(pads, axes) : new long[axes];
          return torch.convolution(
              thinned ? thinned(x, g.strides) : x,
              weight,
              in.optional(2),
              thinned ? fill(new long[0], axes, 1) : g.strides,
              inside,
              g.dilations,
              false,
              new long[axes],
              g.group);
        });
  }

  private static boolean allEqual(long[] values, long value) {
    return Arrays.stream(values).allMatch(v -> v == value);
  }

  /**
   * The pixels that a strided 1x1 convolution looks at. oneDNN 3.7 computes wrong gradients by the
   * kernels of such, or overwrites other memory (AVX2, and AVX-512 in bfloat16); without a stride
   * it is right.
   */
  private static Tensor thinned(Tensor x, long[] strides) {
    for (int i = 0; i < strides.length; i++) {
      x = x.slice(i + 2, new LongOptional(0), new LongOptional(x.size(i + 2)), strides[i]);
    }
    return x;
  }

  private static Kernel convTranspose(Operation op) {
    Geometry said = Geometry.of(op);
    long[] shape = op.ints("output_shape", 0, 0);
    long[] more = op.ints("output_padding", 0, 0);
    return one(
        in -> {
          Tensor weight = in.get(1);
          int axes = (int) weight.dim() - 2;
          Geometry g = said.over(axes);
          long[] after = fill(more, axes, 0);
          long[] pads = transposedPads(g, in.x(), weight, after, shape);
          boolean even = Padding.symmetric(pads);
          for (int i = 0; i < axes; i++) {
            even &= after[i] < Math.max(g.strides[i], g.dilations[i]);
          }
          if (even) {
            return transposed(in, g, in.optional(2), Arrays.copyOf(pads, axes), after);
          }
          // All of it, then cut to size; the bias also stands where nothing falls.
          long[] none = new long[axes];
          long[] change = new long[2 * axes];
          for (int i = 0; i < axes; i++) {
            change[i] = -pads[i];
            change[i + axes] = after[i] - pads[i + axes];
          }
          Tensor y = transposed(in, g, new TensorOptional(), none, none);
          y = Padding.constant(y, change, 0);
          return in.has(2) ? y.add(in.get(2).reshape(Torch.along(1, -1, y.dim()))) : y;
        });
  }

  private static Tensor transposed(
      Frame in, Geometry g, TensorOptional bias, long[] pads, long[] after) {
    return torch.convolution(
        in.x(), in.get(1), bias, g.strides, pads, g.dilations, true, after, g.group);
  }

  /**
   * Pads as said, or those that lead to {@code output_shape} or to input times stride. A stride
   * wider than the kernel leaves less than that: as in ONNX Runtime, zeros fill a shape that is
   * asked for, and SAME stays smaller.
   */
  private static long[] transposedPads(
      Geometry g, Tensor x, Tensor weight, long[] after, long[] shape) {
    int axes = g.strides.length;
    if (shape.length == 0 && !g.padding.auto().startsWith("SAME")) {
      return g.padding.auto().equals("VALID") ? new long[2 * axes] : g.padding.pads();
    }
    long[] pads = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      boolean asked = shape.length > 0;
      long wanted = asked ? shape[shape.length - axes + i] : x.size(i + 2) * g.strides[i];
      long extent = (weight.size(i + 2) - 1) * g.dilations[i] + 1;
      long total = (x.size(i + 2) - 1) * g.strides[i] + extent + after[i] - wanted;
      long cut = Math.max(0, total);
      pads[i] = g.padding.auto().equals("SAME_UPPER") ? cut / 2 : cut - cut / 2;
      pads[i + axes] = (asked ? total : cut) - pads[i];
    }
    return pads;
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
