package io.fovea.converters;

import static io.fovea.onnx.Attribute.ints;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Short helpers that add a layer with its initial weights to a graph. Parameters are named as the
 * published checkpoints of PyTorch name them: {@code NAME.weight}, {@code NAME.bias}, {@code
 * NAME.running_mean}, {@code NAME.running_var}. Values are {@code [N, C, H, W]}.
 */
final class Layers {
  private final GraphBuilder graph;
  private final Weights weights;
  private final Activation activation;
  private final Normalization normalization;
  private final boolean fanOut;
  private final float epsilon;
  private final Map<Float, Value> numbers = new HashMap<>();

  /**
   * Starts a graph.
   *
   * @param fanOut whether convolutions draw their weights by the number of outputs of a unit, as
   *     the ImageNet nets of torchvision do, or by the number of inputs
   */
  Layers(String name, Options o, Activation activation, Normalization norm, boolean fanOut) {
    this(name, o, activation, norm, fanOut, 1e-5f);
  }

  /**
   * Starts a graph.
   *
   * @param epsilon what normalizations add to a variance
   */
  Layers(
      String name,
      Options o,
      Activation activation,
      Normalization norm,
      boolean fanOut,
      float epsilon) {
    this.activation = o.activationOr(activation);
    this.normalization = o.normalizationOr(norm);
    this.graph = new GraphBuilder(name, opset());
    this.weights = new Weights(o.seed());
    this.fanOut = fanOut;
    this.epsilon = epsilon;
  }

  /** The oldest that graphs are built in, or the one that brought what is asked for. */
  private int opset() {
    if (normalization == Normalization.GROUP) {
      return 21;
    }
    return activation == Activation.GELU ? 20 : 17;
  }

  /** Pictures of any number and size. */
  Value input(int channels) {
    return graph.input(
        "input",
        DataType.FLOAT,
        Dim.of("batch"),
        Dim.of(channels),
        Dim.of("height"),
        Dim.of("width"));
  }

  Model output(Value value) {
    graph.output(node("Identity", "output", value));
    return graph.build();
  }

  /** Logits of every pixel, {@code [batch, classes, height, width]} with the input's own sizes. */
  Model outputAtInputSize(Value value) {
    Value output = node("Identity", "output", value);
    Dim classes = Dim.of(value.channels());
    graph.output(output, Dim.of("batch"), classes, Dim.of("height"), Dim.of("width"));
    return graph.build();
  }

  /** Whether {@link #norm} adds anything: a convolution before it then needs no bias. */
  boolean normalizes() {
    return normalization != Normalization.NONE;
  }

  Value node(String operator, String name, List<Value> inputs, Attribute... attributes) {
    return graph.node(operator, name, inputs, attributes);
  }

  Value node(String operator, String name, Value x, Attribute... attributes) {
    return graph.node(operator, name, List.of(x), attributes);
  }

  Value add(String name, Value a, Value b) {
    return graph.node("Add", name, List.of(a, b));
  }

  Value constant(String name, long... values) {
    return graph.initializer(Tensor.of(name, values));
  }

  Value concat(String name, int axis, List<Value> parts) {
    return graph.node("Concat", name, parts, Attribute.of("axis", axis));
  }

  /** A convolution that keeps the size, or divides it by its stride (rounded up). */
  Value conv(String name, Value x, int filters, int kernel, int stride) {
    return conv(name, x, filters, kernel, stride, kernel / 2, false);
  }

  Value conv(String name, Value x, int filters, int kernel, int stride, int pad, boolean bias) {
    return conv(name, x, filters, 1, kernel, stride, pad, bias);
  }

  /** A filter for each channel, at the input's size or that divided by the stride (rounded up). */
  Value depthwise(String name, Value x, int kernel, int stride, boolean bias) {
    return conv(name, x, x.channels(), x.channels(), kernel, stride, kernel / 2, bias);
  }

  private Value conv(
      String name,
      Value x,
      int filters,
      int groups,
      int kernel,
      int stride,
      int pad,
      boolean bias) {
    int channels = x.channels() / groups;
    long fan = (long) kernel * kernel * (fanOut ? filters / groups : channels);
    Value w =
        graph.initializer(
            weights.heNormal(name + ".weight", fan, filters, channels, kernel, kernel));
    List<Value> inputs = List.of(x, w);
    if (bias) {
      long fanIn = (long) channels * kernel * kernel;
      Tensor b = weights.uniform(name + ".bias", fanIn, filters);
      inputs = List.of(x, w, graph.initializer(b));
    }
    List<Attribute> attributes = new ArrayList<>();
    attributes.add(ints("kernel_shape", kernel, kernel));
    attributes.add(ints("strides", stride, stride));
    attributes.add(ints("pads", pad, pad, pad, pad));
    if (groups > 1) {
      attributes.add(Attribute.of("group", groups));
    }
    return graph.node("Conv", name, inputs, attributes.toArray(new Attribute[0]));
  }

  /** [N, C, H, W] -> [N, filters, 2H, 2W], each value spread over a square of its own. */
  Value doubled(String name, Value x, int filters) {
    int channels = x.channels(); // each output sees one pixel
    Tensor w = weights.heNormal(name + ".weight", channels, channels, filters, 2, 2);
    Tensor b = weights.uniform(name + ".bias", channels, filters);
    return graph.node(
        "ConvTranspose",
        name,
        List.of(x, graph.initializer(w), graph.initializer(b)),
        ints("kernel_shape", 2, 2),
        ints("strides", 2, 2));
  }

  /** [N, features] -> [N, outputs]. */
  Value linear(String name, Value x, int outputs) {
    int inputs = x.channels();
    Value w = graph.initializer(weights.uniform(name + ".weight", inputs, outputs, inputs));
    Value b = graph.initializer(weights.uniform(name + ".bias", inputs, outputs));
    return graph.node("Gemm", name, List.of(x, w, b), Attribute.of("transB", 1));
  }

  Value maxPool(String name, Value x, int kernel, int stride, int pad) {
    return node(
        "MaxPool",
        name,
        x,
        ints("kernel_shape", kernel, kernel),
        ints("strides", stride, stride),
        ints("pads", pad, pad, pad, pad));
  }

  /** A pool whose last window may reach over the edge: sizes are rounded up. */
  Value maxPoolCeil(String name, Value x, int kernel, int stride, int pad) {
    return node(
        "MaxPool",
        name,
        x,
        ints("kernel_shape", kernel, kernel),
        ints("strides", stride, stride),
        ints("pads", pad, pad, pad, pad),
        Attribute.of("ceil_mode", 1));
  }

  Value averagePool(String name, Value x, int kernel) {
    return node(
        "AveragePool",
        name,
        x,
        ints("kernel_shape", kernel, kernel),
        ints("strides", kernel, kernel));
  }

  /** [N, C, H, W] -> [N, C], whatever H and W are. */
  Value globalAverage(String name, Value x) {
    return node("Flatten", name + ".flatten", node("GlobalAveragePool", name, x));
  }

  /** Drops this share of the values while training; nothing in a graph that is served. */
  Value dropout(String name, Value x, float ratio) {
    return graph.node("Dropout", name, List.of(x, number(ratio)));
  }

  /** A number that training leaves alone, and no initializer: checkpoints do not have it. */
  private Value number(float value) {
    return numbers.computeIfAbsent(
        value,
        v -> graph.node("Constant", "number." + v, List.of(), Attribute.of("value_float", v)));
  }

  /** Each channel times a factor of its own that starts as {@code initial}. */
  Value scale(String name, Value x, float initial) {
    return graph.node(
        "Mul", name + ".mul", List.of(x, parameter(name, initial, x.channels(), 1, 1)));
  }

  /** The normalization that the options ask for. */
  Value norm(String name, Value x) {
    int channels = x.channels();
    switch (normalization) {
      case NONE:
        return x;
      case BATCH:
        return graph.node(
            "BatchNormalization",
            name,
            List.of(
                x,
                parameter(name + ".weight", 1, channels),
                parameter(name + ".bias", 0, channels),
                parameter(name + ".running_mean", 0, channels),
                parameter(name + ".running_var", 1, channels)),
            Attribute.of("epsilon", epsilon));
      case INSTANCE:
        return affine("InstanceNormalization", name, x, channels);
      case GROUP:
        Attribute groups = Attribute.of("num_groups", groups(channels));
        return affine("GroupNormalization", name, x, channels, groups);
      case LAYER:
        return channelsFirst(name + ".nchw", normLast(name, x));
      default:
        throw new AssertionError(normalization);
    }
  }

  /** The normalization that the options ask for, [N, C, H, W] -> [N, H, W, C]. */
  Value normLast(String name, Value x) {
    return normalization == Normalization.LAYER
        ? layerNorm(name, channelsLast(name + ".nhwc", x)) // ONNX normalizes last axes
        : channelsLast(name + ".nhwc", norm(name, x));
  }

  /** Layer normalization over the last axis. */
  Value layerNorm(String name, Value x) {
    int last = x.shape().size() - 1;
    return affine("LayerNormalization", name, x, (int) x.shape().get(last).size());
  }

  private Value affine(String operator, String name, Value x, int channels, Attribute... more) {
    Value weight = parameter(name + ".weight", 1, channels);
    Value bias = parameter(name + ".bias", 0, channels);
    Attribute[] attributes = Arrays.copyOf(more, more.length + 1);
    attributes[more.length] = Attribute.of("epsilon", epsilon);
    return graph.node(operator, name, List.of(x, weight, bias), attributes);
  }

  Value channelsLast(String name, Value x) {
    return node("Transpose", name, x, ints("perm", 0, 2, 3, 1));
  }

  Value channelsFirst(String name, Value x) {
    return node("Transpose", name, x, ints("perm", 0, 3, 1, 2));
  }

  private Value parameter(String name, float value, long... dims) {
    return graph.initializer(Weights.filled(name, value, dims));
  }

  /** 32 as in the paper, or the largest number below that divides the channels. */
  private static int groups(int channels) {
    int groups = Math.min(32, channels);
    while (channels % groups != 0) {
      groups--;
    }
    return groups;
  }

  /** The activation that the options ask for. */
  Value act(String name, Value x) {
    return switch (activation) {
      case RELU -> node("Relu", name, x);
      case RELU6 -> graph.node("Clip", name, List.of(x, number(0), number(6)));
      case LEAKY_RELU -> node("LeakyRelu", name, x, Attribute.of("alpha", 0.01f));
      case PRELU -> graph.node("PRelu", name, List.of(x, parameter(name + ".weight", 0.25f, 1)));
      case ELU -> node("Elu", name, x);
      case SELU -> node("Selu", name, x);
      case SWISH -> graph.node("Mul", name, List.of(x, node("Sigmoid", name + ".sigmoid", x)));
      case HARDSWISH -> node("HardSwish", name, x);
      case MISH -> {
        Value gate = node("Tanh", name + ".tanh", node("Softplus", name + ".softplus", x));
        yield graph.node("Mul", name, List.of(x, gate));
      }
      case GELU -> node("Gelu", name, x);
      case SIGMOID -> node("Sigmoid", name, x);
      case TANH -> node("Tanh", name, x);
      case SOFTPLUS -> node("Softplus", name, x);
    };
  }

  /** Every second row and column, with the missing channels zero: He 2016, option A. */
  Value strideAndPad(String name, Value x, int filters, int stride) {
    Value y = x;
    if (stride > 1) {
      y =
          graph.node(
              "Slice",
              name + ".slice",
              List.of(
                  x,
                  constant(name + ".starts", 0, 0),
                  constant(name + ".ends", Long.MAX_VALUE, Long.MAX_VALUE),
                  constant(name + ".axes", 2, 3),
                  constant(name + ".steps", stride, stride)));
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
    return graph.node("Pad", name, List.of(y, constant(name + ".pads", pads)));
  }
}
