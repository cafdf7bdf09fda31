package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Parts that nets of several papers share. Those of an {@link Extra} give their input back where
 * the options do not ask for it. Values are {@code [N, C, H, W]}; names are those of the nodes.
 */
public final class Blocks {
  private static final int[] PYRAMID = {1, 2, 4};
  private static final float[] BINOMIAL = {0.25f, 0.5f, 0.25f};

  private Blocks() {}

  /** An activation; the shape stays. */
  static Value activation(Layers l, String name, Value x, Activation activation) {
    return switch (activation) {
      case RELU -> l.node("Relu", name, x);
      case RELU6 -> l.node("Clip", name, List.of(x, l.number(0), l.number(6)));
      case LEAKY_RELU -> l.node("LeakyRelu", name, x, Attribute.of("alpha", l.style().slope()));
      case PRELU -> l.node("PRelu", name, List.of(x, l.parameter(name + ".weight", 0.25f, 1)));
      case ELU -> l.node("Elu", name, x);
      case SELU -> l.node("Selu", name, x);
      case SWISH -> l.mul(name, x, l.node("Sigmoid", name + ".sigmoid", x));
      case HARDSWISH -> l.node("HardSwish", name, x);
      case MISH -> {
        Value gate = l.node("Tanh", name + ".tanh", l.node("Softplus", name + ".softplus", x));
        yield l.mul(name, x, gate);
      }
      case GELU -> l.node("Gelu", name, x);
      case SIGMOID -> l.node("Sigmoid", name, x);
      case TANH -> l.node("Tanh", name, x);
      case SOFTPLUS -> l.node("Softplus", name, x);
    };
  }

  /** [N, C, H, W] -> [N, F]: the mean of each channel, or with {@link Extra#SPP} a pyramid. */
  public static Value pooled(Layers l, String name, Value x) {
    return l.asked(Extra.SPP) ? pyramid(l, name, x, PYRAMID) : l.globalAverage(name, x);
  }

  /** [N, C, H, W] -> [N, C bins²]: the mean of each bin of a grid, or a pyramid. */
  static Value pooled(Layers l, String name, Value x, int bins) {
    return l.asked(Extra.SPP)
        ? pyramid(l, name, x, PYRAMID)
        : l.node("Flatten", name, adaptivePool(l, "ReduceMean", name + ".grid", x, bins));
  }

  /**
   * Spatial pyramid pooling: He 2014, <a href="https://arxiv.org/abs/1406.4729">1406.4729</a>. The
   * largest value of each bin of grids over the picture, whatever its size: [N, C, H, W] -> [N, C
   * times the number of bins].
   *
   * @param levels bins along each side of each grid
   */
  public static Value pyramid(Layers l, String name, Value x, int... levels) {
    List<Value> parts = new ArrayList<>();
    for (int bins : levels) {
      String at = name + "." + bins;
      parts.add(l.node("Flatten", at + ".flatten", adaptivePool(l, "ReduceMax", at, x, bins)));
    }
    return l.concat(name, 1, parts);
  }

  /**
   * [N, C, H, W] -> [N, C, bins, bins] at any H and W from 1. Bin i of n covers floor(iH / n) to
   * ceil((i + 1)H / n).
   *
   * @param operator {@code ReduceMax} or {@code ReduceMean}
   */
  public static Value adaptivePool(Layers l, String operator, String name, Value x, int bins) {
    Value rows = alongAxis(l, operator, name + ".rows", x, 2, bins);
    return alongAxis(l, operator, name + ".columns", rows, 3, bins);
  }

  private static Value alongAxis(
      Layers l, String operator, String name, Value x, int axis, int bins) {
    if (bins == 1) {
      return l.reduce(operator, name, x, axis);
    }
    long[] first = new long[bins];
    long[] last = new long[bins];
    for (int i = 0; i < bins; i++) {
      first[i] = i;
      last[i] = i + 1;
    }
    Attribute from = Attribute.of("start", axis);
    Value size = l.node("Shape", name + ".size", x, from, Attribute.of("end", axis + 1));
    Value n = l.constant(name + ".bins", bins);
    Value starts = l.mul(name + ".first", size, l.constant(name + ".i", first));
    starts = l.node("Div", name + ".starts", List.of(starts, n));
    Value ends = l.mul(name + ".last", size, l.constant(name + ".next", last));
    ends = l.add(name + ".up", ends, l.constant(name + ".almost", bins - 1));
    ends = l.node("Div", name + ".ends", List.of(ends, n));
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < bins; i++) {
      String at = name + "." + i;
      Value index = l.constant(at + ".index", i);
      Value start = l.node("Gather", at + ".start", List.of(starts, index));
      Value end = l.node("Gather", at + ".end", List.of(ends, index));
      parts.add(l.reduce(operator, at, l.slice(at + ".bin", x, axis, start, end), axis));
    }
    return l.concat(name, axis, parts);
  }

  /**
   * With {@link Extra#SQUEEZE_EXCITE}: Hu 2018, <a href="https://arxiv.org/abs/1709.01507">
   * Squeeze-and-Excitation Networks</a>, squeezed to a sixteenth of the channels.
   */
  public static Value squeezeExcite(Layers l, String name, Value x) {
    if (!l.asked(Extra.SQUEEZE_EXCITE)) {
      return x;
    }
    return squeezeExcite(
        l, name, x, Math.max(8, x.channels() / 16), Activation.RELU, Activation.SIGMOID);
  }

  /**
   * Multiplies each channel by a gate in [0, 1], which two 1x1 convolutions {@code NAME.fc1} and
   * {@code NAME.fc2} find from all channels' means.
   *
   * @param gate {@link Activation#SIGMOID}, or {@link Activation#HARDSWISH}'s own gate for
   *     HardSigmoid
   */
  public static Value squeezeExcite(
      Layers l, String name, Value x, int squeezed, Activation inner, Activation gate) {
    Value y = l.node("GlobalAveragePool", name + ".avgpool", x);
    y = l.conv(name + ".fc1", y, squeezed, Window.of(1), true);
    y = activation(l, name + ".activation", y, inner);
    y = l.conv(name + ".fc2", y, x.channels(), Window.of(1), true);
    String at = name + ".scale_activation";
    y =
        gate == Activation.HARDSWISH
            ? l.node("HardSigmoid", at, y, Attribute.of("alpha", 1 / 6f))
            : activation(l, at, y, gate);
    return l.mul(name, x, y);
  }

  /**
   * With {@link Extra#NON_LOCAL}: Wang 2018, <a href="https://arxiv.org/abs/1711.07971">Non-local
   * Neural Networks</a>, embedded Gaussian at half the channels. Its last layer starts as zero, so
   * that the block starts as identity. It holds (HW)² numbers a picture: for small H and W.
   */
  public static Value nonLocal(Layers l, String name, Value x) {
    if (!l.asked(Extra.NON_LOCAL)) {
      return x;
    }
    int half = Math.max(1, x.channels() / 2);
    Value flat = l.constant(name + ".flat", 0, half, -1);
    Value theta = l.conv(name + ".theta", x, half, Window.of(1), true);
    Value shape = l.node("Shape", name + ".shape", theta);
    Value places = transposed(l, name + ".places", reshape(l, name + ".theta.flat", theta, flat));
    Value phi = l.conv(name + ".phi", x, half, Window.of(1), true);
    Value g = l.conv(name + ".g", x, half, Window.of(1), true);
    Value others = reshape(l, name + ".phi.flat", phi, flat);
    Value alike = l.node("MatMul", name + ".alike", List.of(places, others)); // [N, HW, HW]
    Value shares = l.node("Softmax", name + ".softmax", alike, Attribute.of("axis", -1));
    Value said = transposed(l, name + ".said", reshape(l, name + ".g.flat", g, flat));
    Value y = l.node("MatMul", name + ".attended", List.of(shares, said)); // [N, HW, C/2]
    y = reshape(l, name + ".picture", transposed(l, name + ".back", y), shape);
    Draw draw = l.normalizes() ? Draw.HE_IN : Draw.ZERO;
    y = l.conv(name + ".W.0", y, x.channels(), Window.of(1), false, draw);
    return l.add(name, x, l.norm(name + ".W.1", y, 0));
  }

  private static Value reshape(Layers l, String name, Value x, Value shape) {
    return l.node("Reshape", name, List.of(x, shape));
  }

  private static Value transposed(Layers l, String name, Value x) {
    return l.node("Transpose", name, x, Attribute.ints("perm", 0, 2, 1));
  }

  /** The stride that a layer takes itself: 1 where the {@link #blur} behind it takes it. */
  public static int step(Layers l, int stride) {
    return stride > 1 && l.asked(Extra.BLURPOOL) ? 1 : stride;
  }

  /**
   * With {@link Extra#BLURPOOL}: Zhang 2019, <a href="https://arxiv.org/abs/1904.11486">Making
   * Convolutional Networks Shift-Invariant Again</a>. A binomial filter of 3x3 at every {@code
   * stride}th pixel, on a picture whose edge is repeated; no parameters.
   */
  public static Value blur(Layers l, String name, Value x, int stride) {
    if (stride == 1 || !l.asked(Extra.BLURPOOL)) {
      return x;
    }
    Value pads = l.constant(name + ".pads", 0, 0, 1, 1, 0, 0, 1, 1);
    Value wide = l.node("Pad", name + ".edge", List.of(x, pads), Attribute.of("mode", "edge"));
    int channels = x.channels();
    float[] filter = new float[channels * 9];
    for (int i = 0; i < filter.length; i++) {
      filter[i] = BINOMIAL[i % 9 / 3] * BINOMIAL[i % 3];
    }
    Value w = l.fixed(Tensor.of(name + ".filter", new long[] {channels, 1, 3, 3}, filter));
    Window window = Window.of(3).pad(0).stride(stride).groups(channels);
    return l.node("Conv", name, List.of(wide, w), window.attributes());
  }

  /** Every second row and column, with the missing channels zero: He 2016, option A. */
  static Value strideAndPad(Layers l, String name, Value x, int filters, int stride) {
    Value y = x;
    if (stride > 1) {
      y =
          l.node(
              "Slice",
              name + ".slice",
              List.of(
                  x,
                  l.constant(name + ".starts", 0, 0),
                  l.constant(name + ".ends", Long.MAX_VALUE, Long.MAX_VALUE),
                  l.constant(name + ".axes", 2, 3),
                  l.constant(name + ".steps", stride, stride)));
    }
    int more = filters - x.channels();
    if (more < 0) {
      throw new OnnxException(
          "%s: a shortcut without parameters cannot go from %d to %d channels"
              .formatted(name, x.channels(), filters));
    }
    if (more == 0) {
      return y;
    }
    long[] pads = new long[8];
    pads[1] = more / 2;
    pads[5] = more - more / 2;
    return l.node("Pad", name, List.of(y, l.constant(name + ".pads", pads)));
  }
}
