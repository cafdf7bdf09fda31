package io.fovea.converters;

import static io.fovea.onnx.Attribute.of;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Seven convolutions that learn CIFAR-10 with the least work: Jordan 2024, <a
 * href="https://arxiv.org/abs/2404.00498">94% on CIFAR-10 in 3.29 Seconds on a Single GPU</a>. The
 * first one, 2x2, is meant to whiten the data's patches and to stay so: training does that where it
 * is asked to. The others start by passing their input on. Pictures of 9x9 pixels and up.
 *
 * <p>With {@link Extra#MIRROR}, every filter has a twin that is its mirror image: channels are
 * those of the filters, then those of the twins, and {@code groupN.convM.weight [C / 2, channels,
 * 3, 3]} holds the filters alone. What a picture gives in the one half, its mirror image gives in
 * the other, mirrored, and of each two the larger counts in the end. That holds but nearly:
 * normalizations, squeeze-and-excitation and non-local blocks learn of each half by itself, and a
 * pool of an odd width leaves its last column out.
 */
final class AirBench {
  private static final Style STYLE =
      Style.of(Activation.GELU, Normalization.BATCH, Initials.all(Draw.LECUN));
  private static final Window PATCH = Window.of(2).pad(0);
  private static final Window WINDOW = Window.of(3);

  private final Layers l;
  private final boolean mirrors;

  private AirBench(Layers layers) {
    this.l = layers;
    this.mirrors = layers.asked(Extra.MIRROR);
  }

  static Model airbench94(Options o) {
    return new AirBench(new Layers("airbench94", o, STYLE)).net(o);
  }

  private Model net(Options o) {
    int channels = o.channelsOr(3);
    int filters = 2 * channels * 2 * 2; // each direction of a patch, and its negative
    Value x = l.act("whiten.act", whiten(l.input(channels), filters)); // [N, 24, H - 1, W - 1]
    x = group("group1", x, o.scaled(64)); // [N, C, H, W] -> [N, filters, H/2, W/2]
    x = group("group2", x, o.scaled(256));
    x = Blocks.nonLocal(l, "non_local", x);
    x = group("group3", x, o.scaled(256));
    x = mirrors ? larger("either", x) : x;
    x = l.asked(Extra.SPP) ? Blocks.pooled(l, "pool", x) : l.globalMax("pool", x); // -> [N, 256]
    x = l.mul("scale", l.dropout("dropout", x, 0), l.number(1f / 9));
    int classes = o.classesOr(10);
    long inputs = x.channels();
    Value w = l.parameter(Draw.LECUN, "linear.weight", inputs, classes, classes, inputs);
    return l.output(l.node("Gemm", "linear", List.of(x, w), of("transB", 1)));
  }

  private Value whiten(Value x, int filters) {
    long fan = 4L * x.channels();
    Value w = l.parameter(Draw.LECUN, "whiten.weight", fan, filters, filters, x.channels(), 2, 2);
    Value b = l.parameter(Draw.ZERO, "whiten.bias", fan, filters, filters);
    Value own = l.node("Conv", "whiten", List.of(x, w, b), PATCH.attributes());
    if (!mirrors) {
      return own;
    }
    Value twins =
        l.node("Conv", "whiten.twins", List.of(x, mirrored("whiten", w, 2), b), PATCH.attributes());
    return l.concat("whiten.both", 1, List.of(own, twins));
  }

  private Value group(String at, Value input, int filters) {
    Value x = conv(at + ".conv1", input, filters);
    x = l.maxPool(at + ".pool", x, 2, 2, 0);
    x = l.act(at + ".act1", l.norm(at + ".norm1", x));
    x = l.norm(at + ".norm2", conv(at + ".conv2", x, filters));
    return Blocks.squeezeExcite(l, at + ".se", l.act(at + ".act2", x));
  }

  private Value conv(String name, Value x, int filters) {
    if (!mirrors) {
      return l.conv(name, x, filters, WINDOW, !l.normalizes(), Draw.passing(3));
    }
    int seen = x.channels();
    int own = Math.max(1, filters / 2);
    Value w = l.parameter(Draw.passing(3), name + ".weight", 9L * seen, 9L * own, own, seen, 3, 3);
    long[] halves = LongStream.range(0, seen).map(i -> (i + seen / 2) % seen).toArray();
    Value twins = gather(name + ".twins", mirrored(name, w, 3), 1, halves);
    List<Value> inputs =
        new ArrayList<>(List.of(x, l.concat(name + ".both", 0, List.of(w, twins))));
    if (!l.normalizes()) {
      Value b = l.parameter(Draw.ZERO, name + ".bias", 9L * seen, 9L * own, own);
      inputs.add(l.concat(name + ".biases", 0, List.of(b, b)));
    }
    return l.node("Conv", name, inputs, WINDOW.attributes());
  }

  /** Filters whose columns stand the other way round. */
  private Value mirrored(String name, Value filters, int columns) {
    return gather(
        name + ".mirrored",
        filters,
        3,
        LongStream.range(0, columns).map(i -> columns - 1 - i).toArray());
  }

  private Value gather(String name, Value x, int axis, long... indices) {
    return l.node(
        "Gather", name, List.of(x, l.constant(name + ".order", indices)), of("axis", axis));
  }

  /** [N, C, H, W] -> [N, C / 2, H, W]: the larger of what each filter and its twin give. */
  private Value larger(String name, Value x) {
    int half = x.channels() / 2;
    Value own = gather(name + ".own", x, 1, LongStream.range(0, half).toArray());
    Value twins = gather(name + ".twins", x, 1, LongStream.range(half, 2L * half).toArray());
    return l.node("Max", name, List.of(own, twins));
  }
}
