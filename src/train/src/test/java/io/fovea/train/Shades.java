package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Grey pictures of 4x4, each of one level and its own target; levels have mean 100 and deviation
 * 25. And nets that learn to make some in seconds.
 */
record Shades(int size, long seed) implements Dataset {
  static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.GREY), new Step.Normalize(255, List.of(0f), List.of(1f)));

  @Override
  public Task.Kind task() {
    return Task.Kind.PICTURE;
  }

  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public Picture picture(int index) {
    double drawn = new Random(Loader.mix(seed, 0, index)).nextGaussian();
    byte[] pixels = new byte[16];
    Arrays.fill(pixels, (byte) Math.max(0, Math.min(255, Math.round(100 + 25 * drawn))));
    return Picture.of(4, 4, 1, pixels);
  }

  @Override
  public Target target(int index) {
    return new Target.Itself();
  }

  private static Value weight(GraphBuilder g, Random random, String name, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.3 * random.nextGaussian());
    }
    return g.initializer(Tensor.of(name, shape, values));
  }

  private static Value zeros(GraphBuilder g, String name, int count) {
    return g.initializer(Tensor.of(name, new long[] {count}, new float[count]));
  }

  /** From noise {@code [batch, 5, 1, 1]} to pictures {@code [batch, 1, 4, 4]} in (-1, 1). */
  static Model generator() {
    Random random = new Random(1);
    GraphBuilder g = new GraphBuilder("generator", 17);
    Value x =
        g.input(
            "noise", DataType.FLOAT, Dim.of("batch"), Dim.of(5), Dim.of("height"), Dim.of("width"));
    x = conv(g, random, "first", x, 5, 16, 1);
    x = g.node("LeakyRelu", "act", List.of(x), Attribute.of("alpha", 0.2f));
    Value w = weight(g, random, "last.weight", 16, 1, 4, 4);
    x = g.node("ConvTranspose", "last", List.of(x, w, zeros(g, "last.bias", 1)));
    g.output(g.node("Tanh", "picture", List.of(x)));
    return g.build();
  }

  private static Value conv(
      GraphBuilder g, Random random, String name, Value x, int from, int to, int side) {
    Value w = weight(g, random, name + ".weight", to, from, side, side);
    return g.node("Conv", name, List.of(x, w, zeros(g, name + ".bias", to)));
  }

  /** A number or more for each picture {@code [batch, channels, 4, 4]}. */
  static Model critic(int channels, int answers, boolean normalizes) {
    Random random = new Random(2);
    GraphBuilder g = new GraphBuilder("critic", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of("batch"), Dim.of(channels), Dim.of(4), Dim.of(4));
    x = conv(g, random, "first", x, channels, 24, 2);
    x = normalizes ? normalized(g, "norm", x, 24) : x;
    x = g.node("LeakyRelu", "act", List.of(x), Attribute.of("alpha", 0.2f));
    x = conv(g, random, "second", x, 24, 24, 3);
    x = g.node("LeakyRelu", "act2", List.of(x), Attribute.of("alpha", 0.2f));
    g.output(conv(g, random, "third", x, 24, answers, 1));
    return g.build();
  }

  private static Value normalized(GraphBuilder g, String name, Value x, int count) {
    long[] shape = {count};
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    Value scale = g.initializer(Tensor.of(name + ".weight", shape, ones));
    Value mean = g.initializer(Tensor.of(name + ".mean", shape, new float[count]));
    Value variance = g.initializer(Tensor.of(name + ".var", shape, ones));
    Value shift = zeros(g, name + ".bias", count);
    return g.node("BatchNormalization", name, List.of(x, scale, shift, mean, variance));
  }

  /** A critic's file. */
  static Path criticIn(Path folder, boolean normalizes) {
    Path file = folder.resolve("critic.onnx");
    critic(1, 1, normalizes).write(file);
    return file;
  }
}
