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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Short helpers that add a layer with its initial weights to a graph. Parameters are named as the
 * published checkpoints of PyTorch name them: {@code NAME.weight}, {@code NAME.bias}, {@code
 * NAME.running_mean}, {@code NAME.running_var}. Values are {@code [N, C, H, W]} unless said. A
 * helper names its node as it is told, and its errors name it. Not thread-safe.
 *
 * @see Blocks
 */
public final class Layers {
  private final GraphBuilder graph;
  private final int opset;
  private final Options options;
  private final Style style;
  private final Activation activation;
  private final Normalization normalization;
  private final Weights weights;
  private final Map<Float, Value> numbers = new HashMap<>();
  private final Map<Object, Value> kept = new HashMap<>();
  private final List<Auxiliary> auxiliaries = new ArrayList<>();
  private final Set<String> idle = new TreeSet<>(); // options that nothing has asked for yet

  /** Starts a graph of this name. */
  public Layers(String name, Options options, Style style) {
    this.options = options;
    this.style = style;
    Activation wanted = options.activation();
    Normalization norm = options.normalization();
    this.activation = wanted == null ? style.activation() : wanted;
    this.normalization = norm == null ? style.normalization() : norm;
    this.opset = opset();
    this.graph = new GraphBuilder(name, opset);
    this.weights = new Weights(options.seed());
    if (wanted != null) {
      idle.add("activation");
    }
    if (norm != null) {
      idle.add("normalization");
    }
    if (options.dropout() != null) {
      idle.add("dropout");
    }
    options.extras().forEach(e -> idle.add(e.toString()));
  }

  /** The oldest that graphs are built in, or the one that brought what is asked for. */
  private int opset() {
    if (normalization == Normalization.GROUP) {
      return 21;
    }
    return activation == Activation.GELU ? 20 : 17;
  }

  /** Pictures of any number and size. */
  public Value input(int channels) {
    return graph.input(
        "input",
        DataType.FLOAT,
        Dim.of("batch"),
        Dim.of(channels),
        Dim.of("height"),
        Dim.of("width"));
  }

  /**
   * The net, which gives this value.
   *
   * @throws OnnxException where an option changed nothing
   */
  public Model output(Value value) {
    graph.output(node("Identity", "output", value));
    return build();
  }

  /** A net that gives a picture of the input's own size, {@code [batch, C, height, width]}. */
  public Model outputAtInputSize(Value value) {
    Value output = node("Identity", "output", value);
    Dim channels = Dim.of(value.channels());
    graph.output(output, Dim.of("batch"), channels, Dim.of("height"), Dim.of("width"));
    return build();
  }

  private Model build() {
    auxiliaries.forEach(a -> graph.output(node("Identity", a.name(), a.logits().get())));
    Model model = graph.build();
    if (!idle.isEmpty()) {
      throw new OnnxException(
          "%s has no place for %s".formatted(model.graph().name(), String.join(", ", idle)));
    }
    return auxiliaries.isEmpty()
        ? model
        : model.withMetadata(Auxiliary.KEY, Auxiliary.toJson(auxiliaries));
  }

  /**
   * With {@link Extra#AUXILIARY}: one more output, a head that serves training alone.
   *
   * @param weight factor on its loss
   * @param logits adds the head's nodes, once all others are there: [N, classes]
   */
  public void auxiliary(String name, double weight, Supplier<Value> logits) {
    if (asked(Extra.AUXILIARY)) {
      auxiliaries.add(new Auxiliary(name, weight, logits));
    }
  }

  /** What the paper's net has; the options may ask for other things. */
  Style style() {
    return style;
  }

  /** Whether the options ask for it; the net then has a place for it. */
  public boolean asked(Extra extra) {
    idle.remove(extra.toString());
    return options.extras().contains(extra);
  }

  /** Whether {@link #norm} adds anything: a convolution before it then needs no bias. */
  public boolean normalizes() {
    return normalization != Normalization.NONE;
  }

  public Value node(String operator, String name, List<Value> inputs, Attribute... attributes) {
    return graph.node(operator, name, inputs, attributes);
  }

  public Value node(String operator, String name, Value x, Attribute... attributes) {
    return graph.node(operator, name, List.of(x), attributes);
  }

  public Value add(String name, Value a, Value b) {
    return graph.node("Add", name, List.of(a, b));
  }

  public Value mul(String name, Value a, Value b) {
    return graph.node("Mul", name, List.of(a, b));
  }

  /** Integers, such as a shape; kept as an initializer of this name. */
  public Value constant(String name, long... values) {
    return graph.initializer(Tensor.of(name, values));
  }

  /** Numbers that training leaves alone, and no initializer: checkpoints do not have them. */
  public Value fixed(Tensor tensor) {
    return graph.node("Constant", tensor.name(), List.of(), Attribute.of("value", tensor));
  }

  /** A number that training leaves alone. */
  public Value number(float value) {
    return numbers.computeIfAbsent(
        value,
        v -> graph.node("Constant", "number." + v, List.of(), Attribute.of("value_float", v)));
  }

  /** What training changes, drawn from the seed. */
  public Value parameter(Draw draw, String name, long fanIn, long fanOut, long... dims) {
    return graph.initializer(weights.draw(draw, name, fanIn, fanOut, dims));
  }

  /** What training changes, all the same at first. */
  public Value parameter(String name, float value, long... dims) {
    return graph.initializer(Weights.filled(name, value, dims));
  }

  public Value concat(String name, int axis, List<Value> parts) {
    return graph.node("Concat", name, parts, Attribute.of("axis", axis));
  }

  /** Part of an axis; bounds are tensors of one integer. */
  public Value slice(String name, Value x, int axis, Value start, Value end) {
    Value axes = kept.computeIfAbsent(axis, a -> constant("axis" + axis, axis));
    return graph.node("Slice", name, List.of(x, start, end, axes));
  }

  /** {@code ReduceMax}, {@code ReduceMean} and their like over one axis, which becomes one. */
  public Value reduce(String operator, String name, Value x, int axis) {
    return opset < 18
        ? node(operator, name, x, ints("axes", axis))
        : graph.node(
            operator,
            name,
            List.of(x, kept.computeIfAbsent(axis, a -> constant("axis" + axis, axis))));
  }

  /** A convolution without bias that keeps the size, or divides it by its stride (rounded up). */
  public Value conv(String name, Value x, int filters, int kernel, int stride) {
    return conv(name, x, filters, Window.of(kernel).stride(stride), false);
  }

  /** A filter for each channel, at the input's size or that divided by the stride (rounded up). */
  public Value depthwise(String name, Value x, int kernel, int stride, boolean bias) {
    Window window = Window.of(kernel).stride(stride).groups(x.channels());
    return conv(name, x, x.channels(), window, bias);
  }

  /** [N, C, H, W] -> [N, filters, (H + 2 pad - height) / stride + 1, ...]. */
  public Value conv(String name, Value x, int filters, Window window, boolean bias) {
    return conv(name, x, filters, window, bias, style.initials().conv());
  }

  /** A convolution whose first weights are not drawn as the others are. */
  public Value conv(String name, Value x, int filters, Window window, boolean bias, Draw draw) {
    int channels = x.channels() / window.groups();
    long area = (long) window.height() * window.width();
    long in = channels * area;
    long out = filters * area;
    List<Value> inputs = new ArrayList<>();
    inputs.add(x);
    inputs.add(
        parameter(
            draw, name + ".weight", in, out, filters, channels, window.height(), window.width()));
    if (bias) {
      inputs.add(parameter(style.initials().convBias(), name + ".bias", in, out, filters));
    }
    return graph.node("Conv", name, inputs, window.attributes());
  }

  /** [N, C, H, W] -> [N, filters, 2H, 2W], each value spread over a square of its own. */
  public Value doubled(String name, Value x, int filters) {
    return deconv(name, x, filters, Window.of(2).pad(0).stride(2), true);
  }

  /**
   * A transposed convolution: [N, C, H, W] -> [N, filters, (H - 1) stride + height - 2 pad, ..].
   */
  public Value deconv(String name, Value x, int filters, Window window, boolean bias) {
    int channels = x.channels();
    int area = window.height() * window.width();
    long in = Math.max(1, (long) channels * area / (window.stride() * window.stride()));
    Draw draw = style.initials().conv();
    List<Value> inputs = new ArrayList<>();
    inputs.add(x);
    inputs.add(
        parameter(
            draw,
            name + ".weight",
            in,
            (long) filters * area,
            channels,
            filters,
            window.height(),
            window.width()));
    if (bias) {
      inputs.add(parameter(style.initials().convBias(), name + ".bias", in, filters, filters));
    }
    return graph.node("ConvTranspose", name, inputs, window.attributes());
  }

  /** [N, features] -> [N, outputs]. */
  public Value linear(String name, Value x, int outputs) {
    return linear(name, x, outputs, style.initials().linear());
  }

  /** A fully connected layer whose first weights are not drawn as the others are. */
  public Value linear(String name, Value x, int outputs, Draw draw) {
    int inputs = x.channels();
    Value w = parameter(draw, name + ".weight", inputs, outputs, outputs, inputs);
    Value b = parameter(style.initials().linearBias(), name + ".bias", inputs, outputs, outputs);
    return graph.node("Gemm", name, List.of(x, w, b), Attribute.of("transB", 1));
  }

  public Value maxPool(String name, Value x, int kernel, int stride, int pad) {
    return maxPool(name, x, Window.of(kernel).stride(stride).pad(pad), 0);
  }

  /** A pool whose last window may reach over the edge: sizes are rounded up. */
  public Value maxPoolCeil(String name, Value x, int kernel, int stride, int pad) {
    return maxPool(name, x, Window.of(kernel).stride(stride).pad(pad), stride - 1);
  }

  /**
   * The largest of each window; with {@link Extra#BLURPOOL} at every pixel, then blurred.
   *
   * @param over pixels that the last window may reach over the edge
   */
  private Value maxPool(String name, Value x, Window window, int over) {
    int stride = window.stride();
    if (Blocks.step(this, stride) == stride) {
      Attribute[] ceil = {Attribute.of("ceil_mode", 1)};
      Attribute[] floor = {};
      return node("MaxPool", name, x, window.attributes(over > 0 ? ceil : floor));
    }
    Value y = node("MaxPool", name, x, window.stride(1).reaching(over));
    return Blocks.blur(this, name + ".blur", y, stride);
  }

  /** The mean of each window; zeros at the sides count. */
  public Value averagePool(String name, Value x, Window window) {
    boolean padded = window.padHeight() > 0 || window.padWidth() > 0;
    Attribute[] none = {};
    Attribute[] count = {Attribute.of("count_include_pad", 1)};
    return node("AveragePool", name, x, window.attributes(padded ? count : none));
  }

  /** [N, C, H, W] -> [N, C], whatever H and W are. */
  public Value globalAverage(String name, Value x) {
    return node("Flatten", name + ".flatten", node("GlobalAveragePool", name, x));
  }

  /** [N, C, H, W] -> [N, C]: the largest of each channel, whatever H and W are. */
  public Value globalMax(String name, Value x) {
    return node("Flatten", name + ".flatten", node("GlobalMaxPool", name, x));
  }

  /**
   * Drops a share of the values while training; nothing in a graph that is served.
   *
   * @param ratio the paper's, unless the options ask for another; nothing is added for 0
   */
  public Value dropout(String name, Value x, float ratio) {
    idle.remove("dropout");
    Double wanted = options.dropout();
    float share = wanted == null ? ratio : wanted.floatValue();
    return share == 0 ? x : graph.node("Dropout", name, List.of(x, number(share)));
  }

  /** Each channel times a factor of its own that starts as {@code initial}. */
  public Value scale(String name, Value x, float initial) {
    return mul(name + ".mul", x, parameter(name, initial, x.channels(), 1, 1));
  }

  /** The normalization that the options ask for. */
  public Value norm(String name, Value x) {
    return norm(name, x, 1);
  }

  /** The last normalization of a residual function. */
  public Value normLastOfBlock(String name, Value x) {
    return norm(name, x, normalizes() && asked(Extra.ZERO_RESIDUAL) ? 0 : 1);
  }

  /** The normalization that the options ask for, whose factors start as {@code weight}. */
  public Value norm(String name, Value x, float weight) {
    idle.remove("normalization");
    return Norms.of(this, normalization, name, x, weight);
  }

  /** The normalization that the options ask for, [N, C, H, W] -> [N, H, W, C]. */
  public Value normLast(String name, Value x) {
    if (normalization != Normalization.LAYER) {
      return channelsLast(name + ".nhwc", norm(name, x));
    }
    idle.remove("normalization");
    return layerNorm(name, channelsLast(name + ".nhwc", x)); // ONNX normalizes last axes
  }

  /** Layer normalization over the last axis. */
  public Value layerNorm(String name, Value x) {
    return Norms.layer(this, name, x, 1);
  }

  public Value channelsLast(String name, Value x) {
    return node("Transpose", name, x, ints("perm", 0, 2, 3, 1));
  }

  public Value channelsFirst(String name, Value x) {
    return node("Transpose", name, x, ints("perm", 0, 3, 1, 2));
  }

  /** The paper's activation, or the one that the options ask for. */
  public Value act(String name, Value x) {
    return act(name, x, style.activation());
  }

  /** An activation of this place, unless the options ask for another. */
  public Value act(String name, Value x, Activation here) {
    idle.remove("activation");
    return Blocks.activation(this, name, x, options.activation() == null ? here : activation);
  }
}
