package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * GoogLeNet: Szegedy 2015, <a href="https://arxiv.org/abs/1409.4842">Going Deeper with
 * Convolutions</a>, with batch normalization. 6,624,904 parameters for 1000 classes, 13,004,888
 * with the two heads of {@link Extra#AUXILIARY}. As in the published PyTorch checkpoint, whose
 * names it has, the branch of 5x5 convolutions is one of 3x3; that checkpoint wants pixels in [-1,
 * 1], not ImageNet's mean and deviation. Any picture of 15x15 or more.
 */
final class GoogLeNet {
  private static final double AUXILIARY_WEIGHT = 0.3;
  private static final int AUXILIARY_GRID = 4;

  private GoogLeNet() {}

  static Model googlenet(Options o) {
    Draw draw = Draw.truncated(0.01);
    Initials initials = new Initials(draw, Draw.LECUN, draw, Draw.LECUN);
    Style style = Style.of(Activation.RELU, Normalization.BATCH, initials).epsilon(1e-3f);
    Layers l = new Layers("googlenet", o, style);
    Value x = l.input(o.channelsOr(3));
    x = conv(l, "conv1", x, o.scaled(64), 7, 2); // [N, 3, H, W] -> [N, 64, H/2, W/2]
    x = l.maxPoolCeil("maxpool1", x, 3, 2, 0); // -> [N, 64, H/4, W/4]
    x = conv(l, "conv2", x, o.scaled(64), 1, 1);
    x = conv(l, "conv3", x, o.scaled(192), 3, 1);
    x = l.maxPoolCeil("maxpool2", x, 3, 2, 0); // -> [N, 192, H/8, W/8]
    x = inception(l, o, "inception3a", x, 64, 96, 128, 16, 32, 32);
    x = inception(l, o, "inception3b", x, 128, 128, 192, 32, 96, 64);
    x = l.maxPoolCeil("maxpool3", x, 3, 2, 0); // -> [N, 480, H/16, W/16]
    x = inception(l, o, "inception4a", x, 192, 96, 208, 16, 48, 64);
    auxiliary(l, o, "aux1", x);
    x = inception(l, o, "inception4b", x, 160, 112, 224, 24, 64, 64);
    x = inception(l, o, "inception4c", x, 128, 128, 256, 24, 64, 64);
    x = inception(l, o, "inception4d", x, 112, 144, 288, 32, 64, 64);
    auxiliary(l, o, "aux2", x);
    x = Blocks.nonLocal(l, "non_local", x);
    x = inception(l, o, "inception4e", x, 256, 160, 320, 32, 128, 128);
    x = l.maxPoolCeil("maxpool4", x, 2, 2, 0); // -> [N, 832, H/32, W/32]
    x = inception(l, o, "inception5a", x, 256, 160, 320, 32, 128, 128);
    x = inception(l, o, "inception5b", x, 384, 192, 384, 48, 128, 128);
    x = l.dropout("dropout", Blocks.pooled(l, "avgpool", x), 0.2f); // -> [N, 1024]
    return l.output(l.linear("fc", x, o.classesOr(1000)));
  }

  /**
   * Four branches side by side, each at the input's height and width: 1x1; 1x1 then 3x3; 1x1 then
   * what the paper has as 5x5; pool then 1x1.
   *
   * @param filters of the paper's table 1: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection
   */
  private static Value inception(Layers l, Options o, String at, Value x, int... filters) {
    Value one = conv(l, at + ".branch1", x, o.scaled(filters[0]), 1, 1);
    Value three = conv(l, at + ".branch2.0", x, o.scaled(filters[1]), 1, 1);
    three = conv(l, at + ".branch2.1", three, o.scaled(filters[2]), 3, 1);
    Value five = conv(l, at + ".branch3.0", x, o.scaled(filters[3]), 1, 1);
    five = conv(l, at + ".branch3.1", five, o.scaled(filters[4]), 3, 1);
    Value pool = l.maxPool(at + ".branch4.0", x, 3, 1, 1);
    pool = conv(l, at + ".branch4.1", pool, o.scaled(filters[5]), 1, 1);
    return Blocks.squeezeExcite(l, at + ".se", l.concat(at, 1, List.of(one, three, five, pool)));
  }

  /** [N, C, H, W] -> [N, classes]. */
  private static void auxiliary(Layers l, Options o, String at, Value x) {
    l.auxiliary(
        at,
        AUXILIARY_WEIGHT,
        () -> {
          Value y = Blocks.adaptivePool(l, "ReduceMean", at + ".pool", x, AUXILIARY_GRID);
          y = conv(l, at + ".conv", y, o.scaled(128), 1, 1); // -> [N, 128, 4, 4]
          y = l.linear(at + ".fc1", l.node("Flatten", at + ".flatten", y), o.scaled(1024));
          y = l.dropout(at + ".dropout", l.act(at + ".relu", y), 0.7f);
          return l.linear(at + ".fc2", y, o.classesOr(1000));
        });
  }

  private static Value conv(Layers l, String at, Value x, int filters, int kernel, int stride) {
    Window window = Window.of(kernel).stride(Blocks.step(l, stride));
    Value y = l.conv(at + ".conv", x, filters, window, !l.normalizes());
    return Blocks.blur(l, at + ".blur", l.act(at + ".act", l.norm(at + ".bn", y)), stride);
  }
}
