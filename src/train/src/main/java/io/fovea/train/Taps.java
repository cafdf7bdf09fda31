package io.fovea.train;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What each output of a resized axis is made of: {@code weight[t][o]} times the input at {@code
 * index[t][o]}, over all t.
 *
 * <p>Coordinates are single-precision floats, operation by operation as ONNX Runtime has them:
 * where a coordinate falls on the border of two pixels, its rounding decides which one is nearest.
 *
 * @param outside 1 where an output lies outside of the input and is extrapolated
 */
record Taps(long[][] index, double[][] weight, long[] outside) {
  /**
   * An axis and its place in the source.
   *
   * @param length the output's length before it is cut to a whole number
   * @param start where the region begins, as a share of the input
   */
  record Axis(long in, long out, float scale, float length, float start, float end) {
    boolean whole() {
      return length == out && scale == (float) out / in;
    }
  }

  /** The attributes, by ONNX's names. */
  record Rule(
      String mode,
      String coordinates,
      String nearest,
      double a,
      boolean exclude,
      boolean antialias) {
    private static final Set<String> COORDINATES =
        Set.of(
            "half_pixel",
            "half_pixel_symmetric",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_half_pixel_for_nn",
            "tf_crop_and_resize");
    private static final Set<String> NEAREST =
        Set.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil");

    /** Before opset 11. */
    static Rule old(Operation op) {
      String mode = op.s("mode", "nearest");
      if (!Set.of("nearest", "linear").contains(mode)) {
        throw op.refuse("mode '" + mode + "' is not one of ONNX's");
      }
      return new Rule(mode, "asymmetric", "simple", 0, false, false);
    }

    static Rule of(Operation op) {
      Rule rule =
          new Rule(
              op.s("mode", "nearest"),
              op.s("coordinate_transformation_mode", "half_pixel"),
              op.s("nearest_mode", "round_prefer_floor"),
              op.f("cubic_coeff_a", -0.75f),
              op.i("exclude_outside", 0) != 0,
              op.i("antialias", 0) != 0);
      if (!Set.of("nearest", "linear", "cubic").contains(rule.mode)
          || !COORDINATES.contains(rule.coordinates)
          || !NEAREST.contains(rule.nearest)
          || (rule.antialias && rule.mode.equals("nearest"))) {
        throw op.refuse("%s is not one of ONNX's ways to resize".formatted(rule));
      }
      return rule;
    }

    boolean crops() {
      return coordinates.equals("tf_crop_and_resize");
    }

    /** Where an output stands in the input. */
    float source(long output, Axis axis) {
      float x = output;
      float in = axis.in;
      float out = axis.out;
      return switch (coordinates) {
        case "asymmetric" -> x / axis.scale;
        case "pytorch_half_pixel" -> out > 1 ? (x + 0.5f) / axis.scale - 0.5f : 0;
        case "tf_half_pixel_for_nn" -> (x + 0.5f) / axis.scale;
        // ONNX divides by the length before it is cut, where ONNX Runtime takes the cut one
        case "align_corners" -> axis.length == 1 ? 0 : x * (in - 1) / (axis.length - 1);
        case "tf_crop_and_resize" ->
            out > 1
                ? axis.start * (in - 1) + x * (axis.end - axis.start) * (in - 1) / (out - 1)
                : (float) (0.5 * (axis.start + axis.end) * (in - 1));
        case "half_pixel_symmetric" -> {
          float offset = in / 2 * (1 - out / (axis.scale * in));
          yield (float) (offset + (x + 0.5) / axis.scale - 0.5);
        }
        default -> (x + 0.5f) / axis.scale - 0.5f;
      };
    }

    private long nearest(float x, float scale) {
      long below = (long) Math.floor(x);
      boolean half = Math.abs(x - below - 0.5f) <= 1e-6f; // ONNX Runtime's allowance for rounding
      return switch (nearest) {
        case "simple" -> (long) (scale < 1 ? Math.ceil(x) : x);
        case "floor" -> below;
        case "ceil" -> (long) Math.ceil(x);
        case "round_prefer_ceil" -> half ? below + 1 : Math.round(x);
        default -> half ? below : Math.round(x);
      };
    }

    /** Weight of a pixel at a distance. */
    private double kernel(double distance) {
      double d = Math.abs(distance);
      if (mode.equals("linear")) {
        return Math.max(0, 1 - d);
      }
      return d <= 1
          ? ((a + 2) * d - (a + 3)) * d * d + 1
          : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }
  }

  static Taps of(Rule rule, Axis axis) {
    int n = Math.toIntExact(axis.out);
    int reach = rule.mode.equals("cubic") ? 2 : 1;
    double stretch = rule.antialias ? Math.max(1, 1 / (double) axis.scale) : 1;
    int count = rule.mode.equals("nearest") ? 1 : 2 * (int) Math.ceil(reach * stretch) + 1;
    Taps taps = new Taps(new long[count][n], new double[count][n], new long[n]);
    for (int o = 0; o < n; o++) {
      float x = rule.source(o, axis);
      boolean beyond = x < 0 || x > axis.in - 1;
      taps.outside[o] = rule.crops() && beyond ? 1 : 0;
      if (count == 1) {
        taps.index[0][o] = clamp(rule.nearest(x, axis.scale), axis.in);
        taps.weight[0][o] = 1;
      } else {
        taps.weigh(rule, axis, o, x, reach * stretch, stretch);
      }
    }
    return taps;
  }

  /** Pixels beyond an edge are the edge's, or nothing where outside is excluded. */
  private void weigh(Rule rule, Axis axis, int o, float x, double support, double stretch) {
    long first = (long) Math.ceil(x - support);
    double total = 0;
    for (int t = 0; t < weight.length; t++) {
      long i = first + t;
      index[t][o] = clamp(i, axis.in);
      boolean counts = i <= x + support && !(rule.exclude && index[t][o] != i);
      weight[t][o] = counts ? rule.kernel((i - (double) x) / stretch) : 0;
      total += weight[t][o];
    }
    if (rule.exclude || rule.antialias) {
      for (double[] w : weight) {
        w[o] /= total == 0 ? 1 : total;
      }
    }
  }

  private static long clamp(long i, long n) {
    return Math.max(0, Math.min(n - 1, i));
  }

  boolean anyOutside() {
    return Arrays.stream(outside).anyMatch(o -> o != 0);
  }

  /** Whether output o is input o / times. */
  boolean repeats(long times) {
    return Arrays.equals(
        index[0], LongStream.range(0, outside.length).map(o -> o / times).toArray());
  }

  Tensor apply(Tensor x, int axis) {
    if (weight.length == 1) {
      return x.index_select(axis, Torch.beside(x, Torch.longs(index[0])));
    }
    Tensor y = null;
    for (int t = 0; t < weight.length; t++) {
      if (Arrays.stream(weight[t]).allMatch(w -> w == 0)) {
        continue;
      }
      Tensor w = Numbers.like(x, weight[t]).reshape(Torch.along(axis, outside.length, x.dim()));
      Tensor part = x.index_select(axis, Torch.beside(x, Torch.longs(index[t]))).mul(w);
      y = y == null ? part : y.add(part);
    }
    return y == null ? x.index_select(axis, Torch.beside(x, Torch.longs(index[0]))) : y;
  }
}
