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
import java.util.List;

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
    this.graph = new GraphBuilder(name, normalization == Normalization.GROUP ? 21 : 17);
    this.weights = new Weights(o.seed());
    this.fanOut = fanOut;
    this.epsilon = epsilon;
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
    int channels = x.channels();
    long fan = (long) kernel * kernel * (fanOut ? filters : channels);
    Value w =
        graph.initializer(
            weights.heNormal(name + ".weight", fan, filters, channels, kernel, kernel));
    List<Value> inputs = List.of(x, w);
    if (bias) {
      long fanIn = (long) channels * kernel * kernel;
      Tensor b = weights.uniform(name + ".bias", fanIn, filters);
      inputs = List.of(x, w, graph.initializer(b));
    }
    return graph.node(
        "Conv",
        name,
        inputs,
        ints("kernel_shape", kernel, kernel),
        ints("strides", stride, stride),
        ints("pads", pad, pad, pad, pad));
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
    Attribute value = Attribute.of("value_float", ratio);
    Value share = graph.node("Constant", name + ".ratio", List.of(), value);
    return graph.node("Dropout", name, List.of(x, share));
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
        return affine("InstanceNormalization", name, x, Attribute.of("epsilon", epsilon));
      case GROUP:
        return affine(
            "GroupNormalization",
            name,
            x,
            Attribute.of("epsilon", epsilon),
            Attribute.of("num_groups", groups(channels)));
      case LAYER: // [N, C, H, W] -> [N, H, W, C] and back: ONNX normalizes last axes
        Value last = node("Transpose", name + ".nhwc", x, ints("perm", 0, 2, 3, 1));
        Value normed = affine("LayerNormalization", name, last, Attribute.of("epsilon", epsilon));
        return node("Transpose", name + ".nchw", normed, ints("perm", 0, 3, 1, 2));
      default:
        throw new AssertionError(normalization);
    }
  }

  private Value affine(String operator, String name, Value x, Attribute... attributes) {
    int channels = operator.startsWith("Layer") ? (int) x.shape().get(3).size() : x.channels();
    Value weight = parameter(name + ".weight", 1, channels);
    Value bias = parameter(name + ".bias", 0, channels);
    return graph.node(operator, name, List.of(x, weight, bias), attributes);
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
      case GELU -> gelu(name, x);
      case SIGMOID -> node("Sigmoid", name, x);
      case TANH -> node("Tanh", name, x);
      case SOFTPLUS -> node("Softplus", name, x);
    };
  }

  /** x/2 (1 + erf(x / sqrt 2)), which older runtimes know too; newer ones fuse it. */
  private Value gelu(String name, Value x) {
    Value root = parameter(name + ".sqrt2", (float) Math.sqrt(2));
    Value one = parameter(name + ".one", 1);
    Value half = parameter(name + ".half", 0.5f);
    Value erf = node("Erf", name + ".erf", graph.node("Div", name + ".div", List.of(x, root)));
    Value gate = graph.node("Add", name + ".add", List.of(erf, one));
    Value scaled = graph.node("Mul", name + ".mul", List.of(x, gate));
    return graph.node("Mul", name, List.of(scaled, half));
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
