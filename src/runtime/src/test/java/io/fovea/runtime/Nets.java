package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Nets that are small enough to know their answers. */
final class Nets {
  private Nets() {}

  /** What stands between input and output. */
  @FunctionalInterface
  interface Body {
    Value of(GraphBuilder g, Value x);
  }

  /** A net of RGB pictures of any size. */
  static Model net(Body body) {
    GraphBuilder g = new GraphBuilder("small", 17);
    Dim n = Dim.of("batch");
    Value x = g.input("x", DataType.FLOAT, n, Dim.of(3), Dim.of("height"), Dim.of("width"));
    g.output(body.of(g, x));
    return g.build();
  }

  static ImageModel load(Model model) {
    return ImageModel.load("small", model.toBytes(), Device.cpu());
  }

  static ImageModel load(Body body) {
    return load(net(body));
  }

  /** The file with a task, and labels. */
  static Model with(Model model, Task.Kind kind, Task.Output output, String... labels) {
    Specification s =
        Specification.none().withTask(new Task(kind, output)).withLabels(List.of(labels));
    Model out = model;
    for (Map.Entry<String, String> e : s.toMetadata().entrySet()) {
      out = out.withMetadata(e.getKey(), e.getValue());
    }
    return out;
  }

  /** A 1x1 convolution; {@code weights[class]} has one weight a channel, and then its bias. */
  static Value pointwise(GraphBuilder g, Value x, float[]... weights) {
    float[] w = new float[3 * weights.length];
    float[] b = new float[weights.length];
    for (int c = 0; c < weights.length; c++) {
      System.arraycopy(weights[c], 0, w, 3 * c, 3);
      b[c] = weights[c][3];
    }
    Value weight = g.initializer(Tensor.of("w", new long[] {weights.length, 3, 1, 1}, w));
    Value bias = g.initializer(Tensor.of("b", new long[] {weights.length}, b));
    return g.node("Conv", "conv", List.of(x, weight, bias));
  }

  /** The class of a pixel is its strongest channel. */
  static Value strongest(GraphBuilder g, Value x) {
    return pointwise(
        g, x, new float[] {1, 0, 0, 0}, new float[] {0, 1, 0, 0}, new float[] {0, 0, 1, 0});
  }

  /** Two 3x3 convolutions that tell left from right and above from below. */
  static Value blurred(GraphBuilder g, Value x) {
    return shifting(g, "blur2", shifting(g, "blur1", x));
  }

  private static Value shifting(GraphBuilder g, String name, Value x) {
    float[] w = new float[3 * 3 * 9];
    for (int i = 0; i < w.length; i++) {
      w[i] = (i * 37 % 23 - 9) / 40f;
    }
    Value weight = g.initializer(Tensor.of(name + ".w", new long[] {3, 3, 3, 3}, w));
    return g.node("Conv", name, List.of(x, weight), Attribute.ints("pads", 1, 1, 1, 1));
  }

  /** Means of squares of this side. */
  static Value pooled(GraphBuilder g, Value x, int side) {
    return g.node(
        "AveragePool",
        "pool",
        List.of(x),
        Attribute.ints("kernel_shape", side, side),
        Attribute.ints("strides", side, side));
  }

  /** Four pixels for each. */
  static Value doubled(GraphBuilder g, Value x) {
    float[][] weights = new float[12][4];
    for (int i = 0; i < 12; i++) {
      weights[i][i / 4] = 1;
    }
    Attribute block = Attribute.of("blocksize", 2);
    Value four = pointwise(g, x, weights);
    return g.node("DepthToSpace", "shuffle", List.of(four), block, Attribute.of("mode", "CRD"));
  }

  /** A net of grey pictures that makes {@code scale * scale} pixels of each. */
  static Model grey(int scale) {
    GraphBuilder g = new GraphBuilder("grey", 17);
    Dim n = Dim.of("batch");
    Value x = g.input("x", DataType.FLOAT, n, Dim.of(1), Dim.of("height"), Dim.of("width"));
    float[] ones = new float[scale * scale];
    Arrays.fill(ones, 1);
    Value w = g.initializer(Tensor.of("w", new long[] {ones.length, 1, 1, 1}, ones));
    Value many = g.node("Conv", "conv", List.of(x, w));
    Attribute block = Attribute.of("blocksize", scale);
    g.output(g.node("DepthToSpace", "shuffle", List.of(many), block, Attribute.of("mode", "CRD")));
    return g.build();
  }

  /** Class 1 is where red is over 100. */
  static Value red(GraphBuilder g, Value x) {
    return pointwise(g, x, new float[] {1, 0, 0, -100});
  }

  /** Means of the channels, {@code [N, 3]}. */
  static Value means(GraphBuilder g, Value x) {
    Value mean = g.node("GlobalAveragePool", "mean", List.of(x));
    return g.node("Flatten", "flat", List.of(mean), Attribute.of("axis", 1));
  }

  /** A picture whose upper left part, of this size, is blue, and the rest green. */
  static Picture corner(int width, int height, int blueWidth, int blueHeight) {
    byte[] pixels = new byte[width * height * 3];
    for (int i = 0; i < width * height; i++) {
      boolean blue = i % width < blueWidth && i / width < blueHeight;
      pixels[3 * i + (blue ? 2 : 1)] = (byte) 200;
    }
    return Picture.of(width, height, 3, pixels);
  }
}
