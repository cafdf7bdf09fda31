package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * AlexNet in one column: Krizhevsky 2014, <a href="https://arxiv.org/abs/1404.5997">One Weird Trick
 * for Parallelizing Convolutional Neural Networks</a>. 61,100,840 parameters for 1000 classes; no
 * normalization. Names and the way in which first weights are drawn are those of the published
 * PyTorch net. Any picture of 63x63 or more: what is left of it is averaged in a grid of 6x6.
 */
final class AlexNet {
  private static final int GRID = 6;

  private AlexNet() {}

  static Model alexnet(Options o) {
    Initials initials = new Initials(Draw.LECUN, Draw.LECUN, Draw.LECUN, Draw.LECUN);
    Layers l = new Layers("alexnet", o, Style.of(Activation.RELU, Normalization.NONE, initials));
    Value x = l.input(o.channelsOr(3));
    Window first = Window.of(11).pad(2).stride(2 * Blocks.step(l, 2));
    x = conv(l, 0, x, o.scaled(64), first); // [N, 3, H, W] -> [N, 64, H/4, W/4]
    x = pool(l, 2, Blocks.blur(l, "features.1.blur", x, 2)); // -> [N, 64, H/8, W/8]
    x = conv(l, 3, x, o.scaled(192), Window.of(5));
    x = pool(l, 5, x); // -> [N, 192, H/16, W/16]
    x = conv(l, 6, x, o.scaled(384), Window.of(3));
    x = conv(l, 8, x, o.scaled(256), Window.of(3));
    x = Blocks.nonLocal(l, "non_local", x);
    x = conv(l, 10, x, o.scaled(256), Window.of(3));
    x = pool(l, 12, x); // -> [N, 256, H/32, W/32]
    x = Blocks.pooled(l, "avgpool", x, GRID); // -> [N, 9216]
    x = hidden(l, o, 1, l.dropout("classifier.0", x, 0.5f));
    x = hidden(l, o, 4, l.dropout("classifier.3", x, 0.5f));
    return l.output(l.linear("classifier.6", x, o.classesOr(1000)));
  }

  private static Value conv(Layers l, int index, Value x, int filters, Window window) {
    String at = "features." + index;
    Value y = l.norm(at + ".norm", l.conv(at, x, filters, window, true));
    return l.act("features." + (index + 1), y);
  }

  /** Ends a stage. */
  private static Value pool(Layers l, int index, Value x) {
    String at = "features." + index;
    return l.maxPool(at, Blocks.squeezeExcite(l, at + ".se", x), 3, 2, 0);
  }

  private static Value hidden(Layers l, Options o, int index, Value x) {
    Value y = l.linear("classifier." + index, x, o.scaled(4096));
    return l.act("classifier." + (index + 1), y);
  }
}
