package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * SqueezeNet: Iandola 2016, <a href="https://arxiv.org/abs/1602.07360">AlexNet-Level Accuracy with
 * 50x Fewer Parameters</a>. 1,248,424 parameters for 1000 classes; its authors' version 1.1, which
 * pools earlier and needs less than half of the work, 1,235,496. The classes' scores are means of a
 * convolution's rectified answers, and so never below 0. Names are those of the published PyTorch
 * checkpoints. Any picture of 21x21 or more, of version 1.1 17x17.
 */
final class SqueezeNet {
  private SqueezeNet() {}

  static Model v10(Options o) {
    Layers l = layers("squeezenet1_0", o);
    Value x = stem(l, o, 96, 7); // [N, 3, H, W] -> [N, 96, H/4, W/4]
    x = fire(l, o, 3, x, 16, 64);
    x = fire(l, o, 4, x, 16, 64);
    x = fire(l, o, 5, x, 32, 128);
    x = l.maxPoolCeil("features.6", x, 3, 2, 0); // -> [N, 256, H/8, W/8]
    x = Blocks.nonLocal(l, "non_local", x);
    x = fire(l, o, 7, x, 32, 128);
    x = fire(l, o, 8, x, 48, 192);
    x = fire(l, o, 9, x, 48, 192);
    x = fire(l, o, 10, x, 64, 256);
    x = l.maxPoolCeil("features.11", x, 3, 2, 0); // -> [N, 512, H/16, W/16]
    return head(l, o, fire(l, o, 12, x, 64, 256));
  }

  static Model v11(Options o) {
    Layers l = layers("squeezenet1_1", o);
    Value x = stem(l, o, 64, 3); // [N, 3, H, W] -> [N, 64, H/4, W/4]
    x = fire(l, o, 3, x, 16, 64);
    x = fire(l, o, 4, x, 16, 64);
    x = l.maxPoolCeil("features.5", x, 3, 2, 0); // -> [N, 128, H/8, W/8]
    x = fire(l, o, 6, x, 32, 128);
    x = fire(l, o, 7, x, 32, 128);
    x = l.maxPoolCeil("features.8", x, 3, 2, 0); // -> [N, 256, H/16, W/16]
    x = Blocks.nonLocal(l, "non_local", x);
    x = fire(l, o, 9, x, 48, 192);
    x = fire(l, o, 10, x, 48, 192);
    x = fire(l, o, 11, x, 64, 256);
    return head(l, o, fire(l, o, 12, x, 64, 256));
  }

  private static Layers layers(String name, Options o) {
    Initials initials = new Initials(Draw.HE_UNIFORM, Draw.ZERO, Draw.HE_UNIFORM, Draw.ZERO);
    return new Layers(name, o, Style.of(Activation.RELU, Normalization.NONE, initials));
  }

  private static Value stem(Layers l, Options o, int filters, int kernel) {
    Window window = Window.of(kernel).pad(0).stride(Blocks.step(l, 2));
    Value x = l.conv("features.0", l.input(o.channelsOr(3)), o.scaled(filters), window, true);
    x = l.act("features.1", l.norm("features.0.norm", x));
    return l.maxPoolCeil("features.2", Blocks.blur(l, "features.1.blur", x, 2), 3, 2, 0);
  }

  /** Few channels, then many of 1x1 and of 3x3 side by side: [N, C, H, W] -> [N, 2 wide, H, W]. */
  private static Value fire(Layers l, Options o, int index, Value x, int narrow, int wide) {
    String at = "features." + index;
    Value y = conv(l, at + ".squeeze", x, o.scaled(narrow), 1);
    Value one = conv(l, at + ".expand1x1", y, o.scaled(wide), 1);
    Value three = conv(l, at + ".expand3x3", y, o.scaled(wide), 3);
    return Blocks.squeezeExcite(l, at + ".se", l.concat(at, 1, List.of(one, three)));
  }

  private static Value conv(Layers l, String at, Value x, int filters, int kernel) {
    Value y = l.norm(at + ".norm", l.conv(at, x, filters, Window.of(kernel), true));
    return l.act(at + "_activation", y);
  }

  private static Model head(Layers l, Options o, Value x) {
    Value y = l.dropout("classifier.0", x, 0.5f);
    Draw draw = Draw.normal(0.01);
    y = l.conv("classifier.1", y, o.classesOr(1000), Window.of(1), true, draw);
    return l.output(l.globalAverage("classifier.3", l.act("classifier.2", y)));
  }
}
