package io.fovea.converters;

import static io.fovea.onnx.Attribute.of;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * Seven convolutions that learn CIFAR-10 with the least work: Jordan 2024, <a
 * href="https://arxiv.org/abs/2404.00498">94% on CIFAR-10 in 3.29 Seconds on a Single GPU</a>. The
 * first one, 2x2, is meant to whiten the data's patches and to stay so: training does that where it
 * is asked to. The others start by passing their input on. Pictures of 9x9 pixels and up.
 */
final class AirBench {
  private static final Style STYLE =
      Style.of(Activation.GELU, Normalization.BATCH, Initials.all(Draw.LECUN));

  private AirBench() {}

  static Model airbench94(Options o) {
    Layers l = new Layers("airbench94", o, STYLE);
    int channels = o.channelsOr(3);
    Value x = l.input(channels);
    int filters = 2 * channels * 2 * 2; // each direction of a patch, and its negative
    x = l.conv("whiten", x, filters, Window.of(2).pad(0), true);
    x = l.act("whiten.act", x); // -> [N, 24, H - 1, W - 1]
    x = group(l, "group1", x, o.scaled(64)); // [N, C, H, W] -> [N, filters, H/2, W/2]
    x = group(l, "group2", x, o.scaled(256));
    x = Blocks.nonLocal(l, "non_local", x);
    x = group(l, "group3", x, o.scaled(256));
    x = l.asked(Extra.SPP) ? Blocks.pooled(l, "pool", x) : l.globalMax("pool", x); // -> [N, 256]
    x = l.mul("scale", l.dropout("dropout", x, 0), l.number(1f / 9));
    int classes = o.classesOr(10);
    long inputs = x.channels();
    Value w = l.parameter(Draw.LECUN, "linear.weight", inputs, classes, classes, inputs);
    return l.output(l.node("Gemm", "linear", List.of(x, w), of("transB", 1)));
  }

  private static Value group(Layers l, String at, Value input, int filters) {
    Value x = conv(l, at + ".conv1", input, filters);
    x = l.maxPool(at + ".pool", x, 2, 2, 0);
    x = l.act(at + ".act1", l.norm(at + ".norm1", x));
    x = l.norm(at + ".norm2", conv(l, at + ".conv2", x, filters));
    return Blocks.squeezeExcite(l, at + ".se", l.act(at + ".act2", x));
  }

  private static Value conv(Layers l, String name, Value x, int filters) {
    return l.conv(name, x, filters, Window.of(3), !l.normalizes(), Draw.passing(3));
  }
}
