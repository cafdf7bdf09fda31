package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** On every machine that the suite runs on, with the kernels that its processor gets. */
class OneDnnTest {
  private static final long[] CHANNELS = {1, 3, 4, 8, 12, 16, 24, 32, 40, 64, 96};

  /** One convolution: how it is computed is another matter. */
  private record Case(
      long[] shape, long[] kernels, long stride, long pad, long dilation, long groups, boolean up) {
    static Case random(Random r) {
      int axes = r.nextInt(4) == 0 ? 1 : 2;
      boolean up = r.nextInt(4) == 0;
      long in = CHANNELS[r.nextInt(CHANNELS.length)];
      long out = CHANNELS[r.nextInt(CHANNELS.length)];
      long groups = new long[] {1, 1, 1, 2, 4, in}[r.nextInt(6)];
      if (groups == in) {
        out = in;
      } else {
        in *= groups;
        out *= groups;
      }
      long kernel = 1 + r.nextInt(5);
      long dilation = r.nextInt(4) == 0 ? 2 : 1;
      long size = r.nextInt(axes == 1 ? 200 : 40) + (kernel - 1) * dilation + 1;
      long[] sides = filled(axes, size);
      long[] kernelSides = filled(axes, kernel);
      long[] channels = up ? new long[] {in, out / groups} : new long[] {out, in / groups};
      return new Case(
          joined(new long[] {1 + r.nextInt(4), in}, sides),
          joined(channels, kernelSides),
          1 + r.nextInt(2),
          r.nextInt((int) kernel / 2 + 1),
          dilation,
          groups,
          up);
    }

    Tensor of(Tensor x, Tensor w) {
      int axes = shape.length - 2;
      long[] strides = filled(axes, stride);
      long[] pads = filled(axes, pad);
      long[] dilations = filled(axes, dilation);
      var bias = new TensorOptional();
      return torch.convolution(x, w, bias, strides, pads, dilations, up, filled(axes, 0), groups);
    }

    /** Result and gradients, in float. */
    Tensor[] computed(Tensor x, Tensor w, Tensor weight) {
      Tensor pictures = x.detach().set_requires_grad(true);
      Tensor kernels = w.detach().set_requires_grad(true);
      Tensor y = of(pictures, kernels);
      y.mul(weight.to(y.scalar_type())).sum().backward();
      return new Tensor[] {
        y.to(ScalarType.Float),
        pictures.grad().to(ScalarType.Float),
        kernels.grad().to(ScalarType.Float)
      };
    }

    @Override
    public String toString() {
      return "%s * %s, stride %d, pad %d, dilation %d, groups %d%s"
          .formatted(
              Arrays.toString(shape),
              Arrays.toString(kernels),
              stride,
              pad,
              dilation,
              groups,
              up ? ", transposed" : "");
    }
  }

  private static long[] filled(int n, long value) {
    return LongStream.generate(() -> value).limit(n).toArray();
  }

  private static long[] joined(long[] a, long[] b) {
    return LongStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
  }

  private static Tensor random(long... shape) {
    return torch.rand(shape).sub_(new org.bytedeco.pytorch.Scalar(0.5));
  }

  /** Both layouts; result and both gradients. */
  private static void compare(int seeds, ScalarType type, double tolerance) {
    try (Torch.Work work = Torch.work()) {
      for (int seed = 0; seed < seeds; seed++) {
        Case one = Case.random(new Random(seed));
        boolean pointwise = one.kernels[2] == 1 && one.stride > 1;
        // Dilated ones stay in float; strided 1x1 ones are thinned out first (Convolutions).
        if (pointwise || (type == ScalarType.BFloat16 && one.dilation > 1)) {
          continue;
        }
        try (PointerScope scope = new PointerScope()) {
          Torch.seed(seed);
          Tensor x = random(one.shape).to(type);
          Tensor w = random(one.kernels).to(type);
          Tensor weight = torch.rand_like(one.of(x, w)).sub(new org.bytedeco.pytorch.Scalar(0.5));
          Tensor[] plain;
          try (Torch.Work own = Torch.plainKernels()) {
            plain = one.computed(x.to(ScalarType.Float), w.to(ScalarType.Float), weight);
          }
          for (MemoryFormat layout :
              new MemoryFormat[] {MemoryFormat.Contiguous, MemoryFormat.ChannelsLast}) {
            if (layout == MemoryFormat.ChannelsLast && one.shape.length != 4) {
              continue;
            }
            Tensor[] swift = one.computed(x.contiguous(layout), w.contiguous(layout), weight);
            for (int i = 0; i < plain.length; i++) {
              double apart = swift[i].sub(plain[i]).norm().item_double();
              double length = plain[i].norm().item_double();
              String which = new String[] {"result", "gradient by x", "gradient by w"}[i];
              assertTrue(
                  apart <= tolerance * (length + 0.01),
                  "seed %d, %s, %s, %s: %s of %s apart"
                      .formatted(seed, one, layout, which, apart, length));
            }
          }
        }
      }
    }
  }

  @Test
  void convolutionsAreLibtorchsOwn() {
    Torch.load();
    compare(200, ScalarType.Float, 1e-4);
  }

  /** Operands hold 8 bits; sums are in float. */
  @Test
  void convolutionsInBfloat16AreLibtorchsOwnButForRounding() {
    Torch.load();
    compare(200, ScalarType.BFloat16, 0.02);
  }
}
