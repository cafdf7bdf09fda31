package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import io.fovea.onnx.Attribute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Resize and Upsample: axis by axis, each output is a weighted sum of a few inputs. libtorch's own
 * kernels serve the cases that they define alike.
 */
final class Resizing {
  private Resizing() {}

  static void register() {
    add("Upsample", 7, op -> scaled(op, Resizing::attribute));
    add("Upsample", 9, op -> scaled(op, o -> Numbers.of(o, 1)));
    add("Resize", 10, op -> scaled(op, o -> Numbers.of(o, 1)));
    add("Resize", 11, Resizing::resize);
  }

  private static Function<Frame, double[]> attribute(Operation op) {
    Attribute scales = op.node().attribute("scales");
    if (scales == null) {
      throw op.refuse("it has no scales");
    }
    double[] values = scales.proto().getFloatsList().stream().mapToDouble(f -> f).toArray();
    return in -> values;
  }

  /** Before opset 11: scales alone, and one way to place pixels. */
  private static Kernel scaled(Operation op, Function<Operation, Function<Frame, double[]>> from) {
    Taps.Rule rule = Taps.Rule.old(op);
    var scales = from.apply(op);
    return one(in -> apply(op, rule, in.x(), byScales(in.x(), scales.apply(in)), 0));
  }

  private static Kernel resize(Operation op) {
    Taps.Rule rule = Taps.Rule.of(op);
    double outside = op.f("extrapolation_value", 0);
    long[] axes = op.node().attribute("axes", new long[0]);
    String policy = op.s("keep_aspect_ratio_policy", "stretch");
    if (!Set.of("stretch", "not_larger", "not_smaller").contains(policy)) {
      throw op.refuse("keep_aspect_ratio_policy '" + policy + "' is not one of ONNX's");
    }
    var roi = rule.crops() ? Numbers.of(op, 1) : null;
    var scales = Numbers.of(op, 2);
    Function<Frame, long[]> sizes = op.has(3) ? op.longs(3) : in -> new long[0];
    return one(
        in -> {
          Tensor x = in.x();
          int rank = (int) x.dim();
          int[] which = positive(axes, rank);
          double[] scale = scales.apply(in);
          Taps.Axis[] all =
              scale.length > 0
                  ? byScales(x, spread(scale, which, rank))
                  : bySizes(x, sizes.apply(in), which, policy);
          if (roi != null) {
            crop(all, roi.apply(in), which);
          }
          return apply(op, rule, x, all, outside);
        });
  }

  private static int[] positive(long[] axes, int rank) {
    return axes.length == 0
        ? IntStream.range(0, rank).toArray()
        : Arrays.stream(axes).mapToInt(a -> (int) (a < 0 ? a + rank : a)).toArray();
  }

  private static double[] spread(double[] some, int[] axes, int rank) {
    double[] all = new double[rank];
    Arrays.fill(all, 1);
    for (int i = 0; i < axes.length; i++) {
      all[axes[i]] = some[i];
    }
    return all;
  }

  private static Taps.Axis[] byScales(Tensor x, double[] scales) {
    Taps.Axis[] all = new Taps.Axis[scales.length];
    for (int i = 0; i < all.length; i++) {
      float length = (float) scales[i] * x.size(i);
      all[i] = new Taps.Axis(x.size(i), (long) length, (float) scales[i], length, 0, 1);
    }
    return all;
  }

  private static Taps.Axis[] bySizes(Tensor x, long[] sizes, int[] axes, String policy) {
    long[] out = Torch.shape(x);
    float[] scales = new float[out.length];
    Arrays.fill(scales, 1);
    float common = policy.equals("not_larger") ? Float.MAX_VALUE : 0;
    for (int i = 0; i < axes.length; i++) {
      out[axes[i]] = sizes[i];
      float scale = (float) sizes[i] / x.size(axes[i]);
      scales[axes[i]] = scale;
      common = policy.equals("not_larger") ? Math.min(common, scale) : Math.max(common, scale);
    }
    for (int axis : policy.equals("stretch") ? new int[0] : axes) {
      scales[axis] = common;
      out[axis] = Math.round(common * x.size(axis));
    }
    Taps.Axis[] all = new Taps.Axis[out.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Taps.Axis(x.size(i), out[i], scales[i], out[i], 0, 1);
    }
    return all;
  }

  private static void crop(Taps.Axis[] all, double[] roi, int[] axes) {
    for (int i = 0; i < axes.length; i++) {
      Taps.Axis axis = all[axes[i]];
      float start = (float) roi[i];
      float end = (float) roi[i + axes.length];
      all[axes[i]] = new Taps.Axis(axis.in(), axis.out(), axis.scale(), axis.length(), start, end);
    }
  }

  private static Tensor apply(
      Operation op, Taps.Rule rule, Tensor x, Taps.Axis[] axes, double outside) {
    if (!rule.mode().equals("nearest") && !x.is_floating_point()) {
      throw op.refuse("integers are not interpolated");
    }
    if (axes.length != x.dim()) {
      throw op.refuse("%d scales for %d axes".formatted(axes.length, x.dim()));
    }
    if (Arrays.stream(axes).allMatch(a -> a.in() == a.out())) {
      return x; // as ONNX Runtime does, whatever the scales and the region
    }
    Tensor y = fast(rule, x, axes);
    if (y != null) {
      return y;
    }
    y = x;
    List<Tensor> masks = new ArrayList<>();
    for (int i = 0; i < axes.length; i++) {
      if (same(rule, axes[i])) {
        continue;
      }
      Taps taps = Taps.of(rule, axes[i]);
      y = taps.apply(y, i);
      if (taps.anyOutside()) {
        Tensor mask = Torch.beside(x, Torch.longs(taps.outside())).ne(new Scalar(0));
        masks.add(mask.reshape(Torch.along(i, axes[i].out(), x.dim())));
      }
    }
    for (Tensor mask : masks) {
      y = y.masked_fill(mask, new Scalar(outside));
    }
    return y;
  }

  /** Whether ONNX Runtime leaves an axis alone, even where a region is cropped from it. */
  private static boolean same(Taps.Rule rule, Taps.Axis axis) {
    return axis.scale() == 1 || (rule.antialias() && axis.in() == axis.out());
  }

  /** libtorch's kernels for the last two of four axes; null where they would differ. */
  private static @Nullable Tensor fast(Taps.Rule rule, Tensor x, Taps.Axis[] axes) {
    if (axes.length != 4 || axes[0].scale() != 1 || axes[1].scale() != 1) {
      return null;
    }
    long[] sizes = {axes[2].out(), axes[3].out()};
    if (rule.mode().equals("nearest")) {
      return x.is_floating_point() && repeats(rule, axes[2]) && repeats(rule, axes[3])
          ? torch.upsample_nearest2d(x, sizes)
          : null;
    }
    boolean corners = rule.coordinates().equals("align_corners");
    boolean halves =
        rule.coordinates().equals("half_pixel")
            || (rule.coordinates().equals("pytorch_half_pixel") && sizes[0] > 1 && sizes[1] > 1);
    boolean whole = axes[2].whole() && axes[3].whole();
    if (!whole || rule.antialias() || !(corners || halves)) {
      return null;
    }
    if (rule.mode().equals("linear")) {
      return torch.upsample_bilinear2d(x, sizes, corners);
    }
    return rule.a() == -0.75 && !rule.exclude()
        ? torch.upsample_bicubic2d(x, sizes, corners)
        : null;
  }

  /** Whether each pixel is repeated 1, 2, 4, ... times: others libtorch may round apart. */
  private static boolean repeats(Taps.Rule rule, Taps.Axis axis) {
    long times = axis.in() == 0 ? 0 : axis.out() / axis.in();
    if (axis.in() * times != axis.out() || Long.bitCount(times) != 1 || rule.crops()) {
      return false;
    }
    return axis.scale() == 1 || Taps.of(rule, axis).repeats(times);
  }
}
