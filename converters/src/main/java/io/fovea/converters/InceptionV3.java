package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * Inception v3: Szegedy 2016, <a href="https://arxiv.org/abs/1512.00567">Rethinking the Inception
 * Architecture for Computer Vision</a>. 23,834,568 parameters for 1000 classes, 27,161,264 with the
 * auxiliary head of {@link Extra#AUXILIARY}. Names are those of the published PyTorch checkpoint,
 * which wants pixels in [-1, 1], not ImageNet's mean and deviation: a matter of preprocessing (what
 * its code calls {@code transform_input}), and no part of this graph. The paper's pictures are
 * 299x299; any of 75x75 or more fits, and of 299x299 or more with the auxiliary head.
 */
final class InceptionV3 {
  private static final double AUXILIARY_WEIGHT = 0.4;

  private final Layers l;
  private final Options o;

  private InceptionV3(Layers layers, Options options) {
    this.l = layers;
    this.o = options;
  }

  static Model inceptionV3(Options o) {
    Draw draw = Draw.truncated(0.1);
    Initials initials = new Initials(draw, Draw.ZERO, draw, Draw.LECUN);
    Style style = Style.of(Activation.RELU, Normalization.BATCH, initials).epsilon(1e-3f);
    Layers l = new Layers("inception_v3", o, style);
    return l.output(new InceptionV3(l, o).net(l.input(o.channelsOr(3))));
  }

  private Value net(Value input) {
    Value x = reduced("Conv2d_1a_3x3", input, 32); // [N, 3, H, W] -> [N, 32, H/2, W/2]
    x = conv("Conv2d_2a_3x3", x, 32, Window.of(3).pad(0));
    x = conv("Conv2d_2b_3x3", x, 64, Window.of(3));
    x = l.maxPool("maxpool1", x, 3, 2, 0); // -> [N, 64, H/4, W/4]
    x = conv("Conv2d_3b_1x1", x, 80, Window.of(1));
    x = conv("Conv2d_4a_3x3", x, 192, Window.of(3).pad(0));
    x = l.maxPool("maxpool2", x, 3, 2, 0); // -> [N, 192, H/8, W/8]
    x = small("Mixed_5b", x, 32);
    x = small("Mixed_5c", x, 64);
    x = small("Mixed_5d", x, 64);
    x = toMedium("Mixed_6a", x); // [N, 288, H/8, W/8] -> [N, 768, H/16, W/16]
    x = medium("Mixed_6b", x, 128);
    x = medium("Mixed_6c", x, 160);
    x = medium("Mixed_6d", x, 160);
    x = medium("Mixed_6e", x, 192);
    auxiliary("AuxLogits", x);
    x = Blocks.nonLocal(l, "non_local", x);
    x = toWide("Mixed_7a", x); // -> [N, 1280, H/32, W/32]
    x = wide("Mixed_7b", x);
    x = wide("Mixed_7c", x);
    x = l.dropout("dropout", Blocks.pooled(l, "avgpool", x), 0.5f); // -> [N, 2048]
    return l.linear("fc", x, o.classesOr(1000));
  }

  /** The paper's figure 5: two 3x3 in place of a 5x5. */
  private Value small(String at, Value x, int pooled) {
    Value one = conv(at + ".branch1x1", x, 64, Window.of(1));
    Value five = conv(at + ".branch5x5_1", x, 48, Window.of(1));
    five = conv(at + ".branch5x5_2", five, 64, Window.of(5));
    Value three = conv(at + ".branch3x3dbl_1", x, 64, Window.of(1));
    three = conv(at + ".branch3x3dbl_2", three, 96, Window.of(3));
    three = conv(at + ".branch3x3dbl_3", three, 96, Window.of(3));
    return side(at, one, five, three, pooled(at, x, pooled));
  }

  /** Figure 10: half the height and width. */
  private Value toMedium(String at, Value x) {
    Value three = reduced(at + ".branch3x3", x, 384);
    Value two = conv(at + ".branch3x3dbl_1", x, 64, Window.of(1));
    two = conv(at + ".branch3x3dbl_2", two, 96, Window.of(3));
    two = reduced(at + ".branch3x3dbl_3", two, 96);
    return side(at, three, two, l.maxPool(at + ".pool", x, 3, 2, 0));
  }

  /** Figure 6: 7x7 as 1x7 and 7x1. */
  private Value medium(String at, Value x, int inner) {
    Value one = conv(at + ".branch1x1", x, 192, Window.of(1));
    Value seven = conv(at + ".branch7x7_1", x, inner, Window.of(1));
    seven = conv(at + ".branch7x7_2", seven, inner, Window.of(1, 7));
    seven = conv(at + ".branch7x7_3", seven, 192, Window.of(7, 1));
    Value twice = conv(at + ".branch7x7dbl_1", x, inner, Window.of(1));
    twice = conv(at + ".branch7x7dbl_2", twice, inner, Window.of(7, 1));
    twice = conv(at + ".branch7x7dbl_3", twice, inner, Window.of(1, 7));
    twice = conv(at + ".branch7x7dbl_4", twice, inner, Window.of(7, 1));
    twice = conv(at + ".branch7x7dbl_5", twice, 192, Window.of(1, 7));
    return side(at, one, seven, twice, pooled(at, x, 192));
  }

  /** Half the height and width again. */
  private Value toWide(String at, Value x) {
    Value three = conv(at + ".branch3x3_1", x, 192, Window.of(1));
    three = reduced(at + ".branch3x3_2", three, 320);
    Value seven = conv(at + ".branch7x7x3_1", x, 192, Window.of(1));
    seven = conv(at + ".branch7x7x3_2", seven, 192, Window.of(1, 7));
    seven = conv(at + ".branch7x7x3_3", seven, 192, Window.of(7, 1));
    seven = reduced(at + ".branch7x7x3_4", seven, 192);
    return side(at, three, seven, l.maxPool(at + ".pool", x, 3, 2, 0));
  }

  /** Figure 7: 1x3 and 3x1 beside one another. */
  private Value wide(String at, Value x) {
    Value one = conv(at + ".branch1x1", x, 320, Window.of(1));
    Value three = conv(at + ".branch3x3_1", x, 384, Window.of(1));
    Value across = conv(at + ".branch3x3_2a", three, 384, Window.of(1, 3));
    Value down = conv(at + ".branch3x3_2b", three, 384, Window.of(3, 1));
    Value twice = conv(at + ".branch3x3dbl_1", x, 448, Window.of(1));
    twice = conv(at + ".branch3x3dbl_2", twice, 384, Window.of(3));
    Value twiceAcross = conv(at + ".branch3x3dbl_3a", twice, 384, Window.of(1, 3));
    Value twiceDown = conv(at + ".branch3x3dbl_3b", twice, 384, Window.of(3, 1));
    return side(at, one, across, down, twiceAcross, twiceDown, pooled(at, x, 192));
  }

  /** Figure 8, on the last medium grid: [N, 768, 17, 17] -> [N, classes]. */
  private void auxiliary(String at, Value x) {
    l.auxiliary(
        "aux",
        AUXILIARY_WEIGHT,
        () -> {
          Value y = l.averagePool(at + ".avg_pool", x, Window.of(5).pad(0).stride(3)); // -> 5x5
          y = conv(at + ".conv0", y, 128, Window.of(1));
          y = conv(at + ".conv1", y, 768, Window.of(5).pad(0), Draw.truncated(0.01)); // -> 1x1
          y = l.globalAverage(at + ".pool", y);
          return l.linear(at + ".fc", y, o.classesOr(1000), Draw.truncated(0.001));
        });
  }

  /** Branches side by side in the channels. */
  private Value side(String at, Value... branches) {
    return Blocks.squeezeExcite(l, at + ".se", l.concat(at, 1, List.of(branches)));
  }

  private Value pooled(String at, Value x, int filters) {
    return conv(
        at + ".branch_pool", l.averagePool(at + ".pool", x, Window.of(3)), filters, Window.of(1));
  }

  /** A 3x3 at every second pixel, without padding. */
  private Value reduced(String at, Value x, int filters) {
    Value y = conv(at, x, filters, Window.of(3).pad(0).stride(Blocks.step(l, 2)));
    return Blocks.blur(l, at + ".blur", y, 2);
  }

  private Value conv(String at, Value x, int filters, Window window) {
    return conv(at, x, filters, window, Draw.truncated(0.1));
  }

  private Value conv(String at, Value x, int filters, Window window, Draw draw) {
    Value y = l.conv(at + ".conv", x, o.scaled(filters), window, !l.normalizes(), draw);
    return l.act(at + ".act", l.norm(at + ".bn", y));
  }
}
