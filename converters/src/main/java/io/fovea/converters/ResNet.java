package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * Residual networks: He 2016, <a href="https://arxiv.org/abs/1512.03385">Deep Residual Learning for
 * Image Recognition</a>; wide ones, Zagoruyko 2016, <a href="https://arxiv.org/abs/1605.07146">
 * 1605.07146</a>; ones of many paths, Xie 2017, <a href="https://arxiv.org/abs/1611.05431">
 * 1611.05431</a>. The ImageNet family strides on the 3x3 convolution of a bottleneck and has
 * projection shortcuts; the CIFAR family (section 4.2) has shortcuts without parameters. Names are
 * those of the published PyTorch checkpoints. Any picture size.
 */
final class ResNet {
  private ResNet() {}

  /**
   * A family member.
   *
   * @param expansion outputs of a bottleneck by its width, or 1 for a block of two 3x3
   * @param base width of a bottleneck where its net has 64 filters
   * @param groups of a bottleneck's 3x3 convolution
   */
  private record Kind(int expansion, int base, int groups) {}

  static final Style STYLE = Style.of(Activation.RELU, Normalization.BATCH, Initials.HE_OUT);
  private static final Kind BASIC = new Kind(1, 64, 1);
  private static final Kind BOTTLENECK = new Kind(4, 64, 1);

  static Model resnet18(Options o) {
    return imagenet("resnet18", o, BASIC, 2, 2, 2, 2);
  }

  static Model resnet34(Options o) {
    return imagenet("resnet34", o, BASIC, 3, 4, 6, 3);
  }

  static Model resnet50(Options o) {
    return imagenet("resnet50", o, BOTTLENECK, 3, 4, 6, 3);
  }

  static Model resnet101(Options o) {
    return imagenet("resnet101", o, BOTTLENECK, 3, 4, 23, 3);
  }

  static Model resnet152(Options o) {
    return imagenet("resnet152", o, BOTTLENECK, 3, 8, 36, 3);
  }

  static Model wide50(Options o) {
    return imagenet("wide_resnet50_2", o, new Kind(4, 128, 1), 3, 4, 6, 3);
  }

  static Model resnext50(Options o) {
    return imagenet("resnext50_32x4d", o, new Kind(4, 4, 32), 3, 4, 6, 3);
  }

  private static Model imagenet(String name, Options o, Kind kind, int... depths) {
    Layers l = new Layers(name, o, STYLE);
    Value x = trunk(l, "", l.input(o.channelsOr(3)), o, kind, depths, 4);
    x = Blocks.pooled(l, "avgpool", x); // [N, 512, H/32, W/32] -> [N, 512]
    return l.output(l.linear("fc", l.dropout("dropout", x, 0), o.classesOr(1000)));
  }

  /**
   * ResNet-50 up to its last feature map, [N, 2048, H/8, W/8]: its last stages dilate instead.
   *
   * @param in what stands before each name, such as {@code backbone.}
   */
  static Value dilated50(Layers l, String in, Value x, Options o) {
    return trunk(l, in, x, o, BOTTLENECK, new int[] {3, 4, 6, 3}, 2);
  }

  /**
   * [N, 3, H, W] -> [N, 512 times the expansion, H/32, W/32].
   *
   * @param strided stages of the four that may stride; the others dilate, and keep the size
   */
  private static Value trunk(
      Layers l, String in, Value input, Options o, Kind kind, int[] depths, int strided) {
    Value x = l.conv(in + "conv1", input, o.scaled(64), 7, 2); // -> [N, 64, H/2, W/2]
    x = l.act(in + "relu", l.norm(in + "bn1", x));
    x = l.maxPool(in + "maxpool", x, 3, 2, 1); // -> [N, 64, H/4, W/4]
    int dilation = 1;
    for (int stage = 0; stage < 4; stage++) {
      int outputs = o.scaled(64 << stage) * kind.expansion;
      int width = o.scaled((64 << stage) * kind.base / 64 * kind.groups, Math.max(8, kind.groups));
      for (int i = 0; i < depths[stage]; i++) {
        String at = in + "layer" + (stage + 1) + "." + i;
        int reduction = stage > 0 && i == 0 ? 2 : 1;
        int stride = stage < strided ? reduction : 1;
        Value shortcut = x;
        if (stride > 1 || x.channels() != outputs) {
          shortcut = Blocks.blur(l, at + ".downsample.blur", x, stride);
          shortcut = l.conv(at + ".downsample.0", shortcut, outputs, 1, Blocks.step(l, stride));
          shortcut = l.norm(at + ".downsample.1", shortcut);
        }
        Window window = Window.of(3).groups(kind.groups).dilation(dilation);
        Value y =
            kind.expansion == 1
                ? basic(l, at, x, outputs, stride)
                : bottleneck(l, at, x, width, outputs, stride, window);
        x = l.act(at + ".relu", l.add(at + ".add", y, shortcut));
        dilation *= stage < strided ? 1 : reduction;
      }
      if (stage == 2) {
        x = Blocks.nonLocal(l, in + "non_local", x);
      }
    }
    return x;
  }

  private static Value basic(Layers l, String at, Value x, int width, int stride) {
    Value y = l.conv(at + ".conv1", x, width, 3, Blocks.step(l, stride));
    y = l.act(at + ".relu1", l.norm(at + ".bn1", y));
    y = Blocks.blur(l, at + ".blur", y, stride);
    y = l.normLastOfBlock(at + ".bn2", l.conv(at + ".conv2", y, width, 3, 1));
    return Blocks.squeezeExcite(l, at + ".se", y);
  }

  private static Value bottleneck(
      Layers l, String at, Value x, int width, int outputs, int stride, Window window) {
    Value y = l.act(at + ".relu1", l.norm(at + ".bn1", l.conv(at + ".conv1", x, width, 1, 1)));
    y = l.conv(at + ".conv2", y, width, window.stride(Blocks.step(l, stride)), false);
    y = l.act(at + ".relu2", l.norm(at + ".bn2", y));
    y = Blocks.blur(l, at + ".blur", y, stride);
    y = l.normLastOfBlock(at + ".bn3", l.conv(at + ".conv3", y, outputs, 1, 1));
    return Blocks.squeezeExcite(l, at + ".se", y);
  }

  /**
   * The CIFAR family.
   *
   * @param depth 6n + 2 layers: 8, 20, 32, 44, 56, 110
   */
  static Model cifar(int depth, Options o) {
    Style style = Style.of(Activation.RELU, Normalization.BATCH, Initials.HE_IN);
    Layers l = new Layers("resnet" + depth, o, style);
    Value x = l.input(o.channelsOr(3));
    x = l.act("relu", l.norm("bn1", l.conv("conv1", x, o.scaled(16), 3, 1)));
    for (int stage = 0; stage < 3; stage++) {
      int width = o.scaled(16 << stage);
      for (int i = 0; i < (depth - 2) / 6; i++) {
        String at = "layer" + (stage + 1) + "." + i;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        Value shortcut = Blocks.blur(l, at + ".shortcut.blur", x, stride);
        int step = Blocks.step(l, stride);
        shortcut = Blocks.strideAndPad(l, at + ".shortcut", shortcut, width, step);
        Value y = basic(l, at, x, width, stride);
        x = l.act(at + ".relu", l.add(at + ".add", y, shortcut));
      }
      if (stage == 1) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    x = Blocks.pooled(l, "avgpool", x); // [N, 64, H/4, W/4] -> [N, 64]
    return l.output(l.linear("linear", l.dropout("dropout", x, 0), o.classesOr(10)));
  }

  /**
   * Nine layers for small pictures, few at full size, by which the fewest sums give the most: Page
   * 2018, <a href="https://myrtle.ai/learn/how-to-train-your-resnet/">How to train your ResNet</a>.
   * 6,573,130 parameters for 10 classes.
   */
  static Model resnet9(Options o) {
    Layers l = new Layers("resnet9", o, STYLE);
    Value x = layer(l, "prep", l.input(o.channelsOr(3)), o.scaled(64));
    for (int stage = 1; stage <= 3; stage++) { // [N, C, H, W] -> [N, 2C, H/2, W/2]
      String at = "layer" + stage;
      x = layer(l, at, x, o.scaled(64 << stage));
      x = l.maxPool(at + ".pool", x, 2, 2, 0);
      if (stage != 2) {
        Value y = layer(l, at + ".residual.0", x, x.channels());
        y = Blocks.squeezeExcite(l, at + ".se", layer(l, at + ".residual.1", y, x.channels()));
        x = l.add(at + ".add", x, y);
      }
      if (stage == 2) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    x = l.asked(Extra.SPP) ? Blocks.pooled(l, "pool", x) : l.globalMax("pool", x); // -> [N, 512]
    return l.output(l.linear("linear", l.dropout("dropout", x, 0), o.classesOr(10)));
  }

  private static Value layer(Layers l, String at, Value x, int filters) {
    return l.act(at + ".relu", l.norm(at + ".bn", l.conv(at + ".conv", x, filters, 3, 1)));
  }
}
