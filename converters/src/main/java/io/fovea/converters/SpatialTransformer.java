package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * A net that first brings its picture upright: Jaderberg 2015, <a
 * href="https://arxiv.org/abs/1506.02025">Spatial Transformer Networks</a>. A localisation net
 * looks at the picture and gives an affine map; the picture is read anew at the mapped coordinates,
 * bilinearly, its border repeated outside; a classifier of two convolutions and a global average
 * sees what comes out. Everything is learned from the classes alone. It starts as identity.
 *
 * <p>The localisation net sees the picture at 28x28, so that any height and width from 4x4 fit.
 * 120,776 parameters for 1 channel and 10 classes.
 *
 * <p>Initializers are {@code localisation.conv1}, {@code .conv2}, {@code .fc1}, {@code .theta} and
 * {@code conv1}, {@code conv2}, {@code fc}, each {@code .weight} and {@code .bias}; with a
 * normalization {@code .norm1} and {@code .norm2} beside the convolutions, which then have no bias.
 */
final class SpatialTransformer {
  private static final int SIDE = 28;
  private static final float CALM = 0.1f; // else a step or two move the map off the picture

  private final Layers l;
  private final Options o;

  private SpatialTransformer(Layers layers, Options options) {
    this.l = layers;
    this.o = options;
  }

  static Model classifier(Options o) {
    Layers l = layers(o);
    Value x = l.input(o.channelsOr(1));
    return l.output(new SpatialTransformer(l, o).classes(transformed(l, o, x)));
  }

  static Layers layers(Options o) {
    Initials he = new Initials(Draw.HE_IN, Draw.LECUN, Draw.HE_IN, Draw.ZERO);
    Style style = Style.of(Activation.RELU, Normalization.NONE, he);
    return new Layers("spatial_transformer", o, style);
  }

  /** The picture as its localisation net wants it, at its own size. */
  static Value transformed(Layers l, Options o, Value x) {
    Value theta = new SpatialTransformer(l, o).localisation("localisation", x);
    return sampled(l, "transformer", x, theta);
  }

  /** [N, C, H, W] -> [N, classes]. */
  private Value classes(Value x) {
    x = stage("", 1, x, o.scaled(32), 9, 4);
    x = stage("", 2, x, o.scaled(64), 7, 3);
    x = l.dropout("dropout", Blocks.pooled(l, "average", x), 0);
    return l.linear("fc", x, o.classesOr(10));
  }

  /** [N, C, H, W] -> [N, 6]: a matrix for (x, y, 1), column by column, which starts as identity. */
  private Value localisation(String name, Value x) {
    Value seen = Sizes.resized(l, name, x, l.constant(name + ".sides", SIDE, SIDE));
    seen = stage(name + ".", 1, seen, o.scaled(20), 5, 0); // [N, C, 28, 28] -> [N, 20, 12, 12]
    seen = stage(name + ".", 2, seen, o.scaled(20), 5, 0); // [N, 20, 4, 4]
    Value flat = l.node("Flatten", name + ".flatten", seen);
    Value hidden = l.act(name + ".act3", l.linear(name + ".fc1", flat, o.scaled(20)));
    Value moves = l.linear(name + ".theta", hidden, 6, Draw.ZERO);
    moves = l.mul(name + ".calm", moves, l.number(CALM));
    float[] identity = {1, 0, 0, 1, 0, 0};
    return l.add(name + ".map", moves, l.fixed(Tensor.of("identity", new long[] {6}, identity)));
  }

  private Value stage(String at, int i, Value x, int filters, int kernel, int pad) {
    Value y = l.conv(at + "conv" + i, x, filters, Window.of(kernel).pad(pad), !l.normalizes());
    y = l.act(at + "act" + i, l.norm(at + "norm" + i, y));
    return l.maxPool(at + "pool" + i, y, 2, 2, 0);
  }

  /**
   * The values of {@code x} where an affine map reads them, at the same size. Coordinates go from
   * -1 to 1, from edge to edge of the picture.
   *
   * @param theta {@code [N, 6]}: (x, y) is read at (x t0 + y t2 + t4, x t1 + y t3 + t5)
   */
  static Value sampled(Layers l, String name, Value x, Value theta) {
    Value shape = l.constant(name + ".columns.shape", 0, 3, 1, 2);
    Value columns = l.node("Reshape", name + ".columns", List.of(theta, shape));
    Value across = moved(l, name + ".x", x, 3, columns, 0); // [N, 1, W, 2]
    Value down = moved(l, name + ".y", x, 2, columns, 1); // [N, H, 1, 2]
    Value turned = l.add(name + ".turned", across, down);
    Value grid = l.add(name + ".grid", turned, column(l, name + ".shift", columns, 2));
    return l.node("GridSample", name, List.of(x, grid), Attribute.of("padding_mode", "border"));
  }

  /** Centres of the pixels along an axis, each times a column: what it adds to (x, y). */
  private static Value moved(Layers l, String name, Value x, int axis, Value columns, int which) {
    Attribute end = Attribute.of("end", axis + 1);
    Value list = l.node("Shape", name + ".list", x, Attribute.of("start", axis), end);
    Value size = l.node("Squeeze", name + ".size", list);
    Value first = l.node("Sub", name + ".first", List.of(integer(l, name + ".one", 1), size));
    List<Value> ends = List.of(first, size, integer(l, name + ".two", 2));
    Value doubled = real(l, name + ".doubled", l.node("Range", name + ".range", ends));
    Value length = real(l, name + ".length", size);
    Value centres = l.node("Div", name + ".centres", List.of(doubled, length));
    long[] along = {1, 1, 1, 1};
    along[axis - 1] = -1; // of a grid [N, H, W, 2]
    Value shape = l.constant(name + ".shape", along);
    Value spread = l.node("Reshape", name + ".spread", List.of(centres, shape));
    return l.node("Mul", name, List.of(spread, column(l, name + ".column", columns, which)));
  }

  /** [N, 3, 1, 2] -> [N, 1, 1, 2]. */
  private static Value column(Layers l, String name, Value columns, int which) {
    Value index = l.constant(name + ".index", which);
    return l.node("Gather", name, List.of(columns, index), Attribute.of("axis", 1));
  }

  private static Value integer(Layers l, String name, long value) {
    return l.node("Constant", name, List.of(), Attribute.of("value_int", value));
  }

  private static Value real(Layers l, String name, Value x) {
    return l.node("Cast", name, x, Attribute.of("to", DataType.FLOAT.code()));
  }
}
