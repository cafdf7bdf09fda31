package io.fovea.converters;

import static io.fovea.onnx.Attribute.ints;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Group-equivariant nets: Cohen 2016, <a href="https://arxiv.org/abs/1602.07576">Group Equivariant
 * Convolutional Networks</a>, section 8.1. A turned picture gives the same logits (P4), a mirrored
 * one too (P4M), whatever its height and width.
 *
 * <p>Training changes a bank of filters; the graph itself makes from it a filter for every
 * orientation, so that the tie holds in every file. Features are {@code [N, C * G, H, W]}, the G
 * orientations of a feature next to each other. Six unpadded 3x3 convolutions and a 4x4 one to the
 * classes, a 2x2 max-pool after the second; of every class the largest value of all orientations
 * and places counts. The paper's dropout is an option.
 *
 * <p>A pool that halves an odd size drops a row, and what it drops does not turn with the picture:
 * so a picture of odd height or width first becomes even, as the mean of each two neighbouring rows
 * or columns. From 28x28.
 *
 * <p>Initializers are {@code conv1.weight [C, channels, 3, 3]}, {@code conv2.weight [C, C, G, 3,
 * 3]} to {@code conv7.weight [classes, C, G, 4, 4]}, {@code conv7.bias}, and {@code norm1.weight},
 * {@code norm1.bias}, {@code norm1.running_mean}, {@code norm1.running_var [C]} to {@code norm6}.
 */
final class GroupNet {
  private static final int HEIGHT = 2;
  private static final int WIDTH = 3;

  private final Layers l;
  private final PlaneGroup group;

  private GroupNet(Layers layers, PlaneGroup group) {
    this.l = layers;
    this.group = group;
  }

  /** The planar twin: 20 features. 21,630 parameters for 1 channel and 10 classes. */
  static Model z2cnn(Options o) {
    return net("z2cnn", o, PlaneGroup.Z2, 20);
  }

  /**
   * Quarter turns: 10 features in 4 orientations. 24,620 parameters for 1 channel and 10 classes:
   * the five 3x3 layers between features have 18,000 as in the planar twin, the last has 6,400
   * instead of 3,200, because classes are not halved.
   */
  static Model p4cnn(Options o) {
    return net("p4cnn", o, PlaneGroup.P4, 10);
  }

  /**
   * Quarter turns and mirror images: 7 features in 8 orientations. 26,757 parameters for 1 channel
   * and 10 classes.
   */
  static Model p4mcnn(Options o) {
    return net("p4mcnn", o, PlaneGroup.P4M, 7);
  }

  private static Model net(String name, Options o, PlaneGroup group, int features) {
    Layers l = new Layers(name, o, Style.of(Activation.RELU, Normalization.BATCH, Initials.HE_IN));
    GroupNet net = new GroupNet(l, group);
    Value x = l.input(o.channelsOr(1));
    x = net.even("columns", net.even("rows", x, HEIGHT), WIDTH);
    int filters = o.scaled(features);
    for (int i = 1; i <= 6; i++) { // [N, 1, 28, 28] -> [N, C * G, 4, 4]
      x = net.conv("conv" + i, x, filters, 3, i == 1 ? 1 : group.order(), !l.normalizes());
      x = l.act("act" + i, net.norm("norm" + i, x));
      x = i == 2 ? l.maxPool("pool", x, 2, 2, 0) : x;
    }
    int classes = o.classesOr(10);
    x = net.conv("conv7", l.dropout("dropout", x, 0), classes, 4, group.order(), true);
    x = net.reshaped("places", x, 0, classes, -1, 1); // [N, classes, G * H * W, 1]
    return l.output(l.node("Flatten", "flatten", l.node("GlobalMaxPool", "max", x)));
  }

  /** The mean of each two neighbours along an axis of odd size; as it is where the size is even. */
  private Value even(String name, Value x, int axis) {
    Attribute end = Attribute.of("end", axis + 1);
    Value size = l.node("Shape", name + ".size", x, Attribute.of("start", axis), end);
    Value odd = l.node("Mod", name + ".odd", List.of(size, l.constant(name + ".two", 2)));
    Value less = l.node("Sub", name + ".less", List.of(size, odd));
    Value first = l.slice(name + ".first", x, axis, l.constant(name + ".zero", 0), less);
    Value last = l.slice(name + ".last", x, axis, odd, size);
    return l.node("Mean", name, List.of(first, last));
  }

  /**
   * [N, I * seen, H, W] -> [N, filters * G, H - kernel + 1, W - kernel + 1].
   *
   * @param seen orientations that the input has
   */
  private Value conv(String name, Value x, int filters, int kernel, int seen, boolean bias) {
    int channels = x.channels() / seen;
    long fan = (long) channels * seen * kernel * kernel; // that of an orientation
    long[] dims =
        seen == 1
            ? new long[] {filters, channels, kernel, kernel}
            : new long[] {filters, channels, seen, kernel, kernel};
    Value bank = l.parameter(Draw.HE_IN, name + ".weight", fan, fan, dims);
    Value all = group.order() == 1 ? bank : turned(name + ".filters", bank, channels, seen, kernel);
    List<Value> inputs = bias ? List.of(x, all, biases(name, filters, fan)) : List.of(x, all);
    return l.node("Conv", name, inputs, ints("kernel_shape", kernel, kernel));
  }

  /** One bias for all orientations of a feature. */
  private Value biases(String name, int filters, long fan) {
    Value each = l.parameter(Draw.LECUN, name + ".bias", fan, fan, filters);
    if (group.order() == 1) {
      return each;
    }
    int all = filters * group.order();
    long[] features = LongStream.range(0, all).map(i -> i / group.order()).toArray();
    Value which = l.constant(name + ".features", features);
    return l.node("Gather", name + ".biases", List.of(each, which));
  }

  /** [O, I, seen, K, K] -> [O * G, I * seen, K, K]: the bank in every orientation. */
  private Value turned(String name, Value bank, int channels, int seen, int kernel) {
    int cells = seen * kernel * kernel;
    Value flat = reshaped(name + ".flat", bank, 0, 0, cells);
    Value where = l.constant(name + ".cells", group.cells(seen, kernel));
    Value each = l.node("Gather", name + ".each", List.of(flat, where), Attribute.of("axis", 2));
    Value split = reshaped(name + ".split", each, 0, channels, group.order(), cells);
    Value outer = l.node("Transpose", name + ".outer", split, ints("perm", 0, 2, 1, 3));
    return reshaped(name, outer, -1, (long) channels * seen, kernel, kernel);
  }

  /**
   * One scale and one mean for all orientations of a feature: they are stacked into one picture.
   */
  private Value norm(String name, Value x) {
    int features = x.channels() / group.order();
    if (group.order() == 1 || !l.normalizes()) {
      return l.norm(name, x);
    }
    Value stacked = reshaped(name + ".stacked", x, 0, features, -1, 0); // [N, C, G * H, W]
    return reshaped(name + ".apart", l.norm(name, stacked), 0, x.channels(), -1, 0);
  }

  private Value reshaped(String name, Value x, long... shape) {
    return l.node("Reshape", name, List.of(x, l.constant(name + ".shape", shape)));
  }
}
