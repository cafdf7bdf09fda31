package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * Residual networks: He 2016, <a href="https://arxiv.org/abs/1512.03385">Deep Residual Learning for
 * Image Recognition</a>. The ImageNet family strides on the 3x3 convolution of a bottleneck and has
 * projection shortcuts; the CIFAR family (section 4.2) has shortcuts without parameters. Names are
 * those of the published PyTorch checkpoints. Any picture size.
 */
final class ResNet {
  private ResNet() {}

  /** A residual function; the shortcut is added to what it returns. */
  private interface Block {
    Value residual(Layers l, String name, Value x, int width, int stride);
  }

  static Model resnet18(Options o) {
    return imagenet("resnet18", o, ResNet::basic, 1, 2, 2, 2, 2);
  }

  static Model resnet34(Options o) {
    return imagenet("resnet34", o, ResNet::basic, 1, 3, 4, 6, 3);
  }

  static Model resnet50(Options o) {
    return imagenet("resnet50", o, ResNet::bottleneck, 4, 3, 4, 6, 3);
  }

  static Model resnet101(Options o) {
    return imagenet("resnet101", o, ResNet::bottleneck, 4, 3, 4, 23, 3);
  }

  static Model resnet152(Options o) {
    return imagenet("resnet152", o, ResNet::bottleneck, 4, 3, 8, 36, 3);
  }

  private static Model imagenet(String name, Options o, Block block, int expansion, int... depths) {
    Layers l = new Layers(name, o, Activation.RELU, Normalization.BATCH, true);
    Value x = l.input(o.channelsOr(3));
    x = l.conv("conv1", x, o.scaled(64), 7, 2); // [N, 3, H, W] -> [N, 64, H/2, W/2]
    x = l.act("relu", l.norm("bn1", x));
    x = l.maxPool("maxpool", x, 3, 2, 1); // -> [N, 64, H/4, W/4]
    for (int stage = 0; stage < 4; stage++) {
      int width = o.scaled(64 << stage);
      for (int i = 0; i < depths[stage]; i++) {
        String at = "layer" + (stage + 1) + "." + i;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        Value shortcut = x;
        if (stride > 1 || x.channels() != width * expansion) {
          shortcut = l.conv(at + ".downsample.0", x, width * expansion, 1, stride);
          shortcut = l.norm(at + ".downsample.1", shortcut);
        }
        Value y = block.residual(l, at, x, width, stride);
        x = l.act(at + ".relu", l.add(at + ".add", y, shortcut));
      }
    }
    x = l.globalAverage("avgpool", x); // [N, 512, H/32, W/32] -> [N, 512]
    return l.output(l.linear("fc", x, o.classesOr(1000)));
  }

  private static Value basic(Layers l, String at, Value x, int width, int stride) {
    Value y = l.act(at + ".relu1", l.norm(at + ".bn1", l.conv(at + ".conv1", x, width, 3, stride)));
    return l.norm(at + ".bn2", l.conv(at + ".conv2", y, width, 3, 1));
  }

  private static Value bottleneck(Layers l, String at, Value x, int width, int stride) {
    Value y = l.act(at + ".relu1", l.norm(at + ".bn1", l.conv(at + ".conv1", x, width, 1, 1)));
    y = l.act(at + ".relu2", l.norm(at + ".bn2", l.conv(at + ".conv2", y, width, 3, stride)));
    return l.norm(at + ".bn3", l.conv(at + ".conv3", y, 4 * width, 1, 1));
  }

  /**
   * The CIFAR family.
   *
   * @param depth 6n + 2 layers: 8, 20, 32, 44, 56, 110
   */
  static Model cifar(int depth, Options o) {
    Layers l = new Layers("resnet" + depth, o, Activation.RELU, Normalization.BATCH, false);
    Value x = l.input(o.channelsOr(3));
    x = l.act("relu", l.norm("bn1", l.conv("conv1", x, o.scaled(16), 3, 1)));
    for (int stage = 0; stage < 3; stage++) {
      int width = o.scaled(16 << stage);
      for (int i = 0; i < (depth - 2) / 6; i++) {
        String at = "layer" + (stage + 1) + "." + i;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        Value shortcut = l.strideAndPad(at + ".shortcut", x, width, stride);
        Value y = basic(l, at, x, width, stride);
        x = l.act(at + ".relu", l.add(at + ".add", y, shortcut));
      }
    }
    x = l.globalAverage("avgpool", x); // [N, 64, H/4, W/4] -> [N, 64]
    return l.output(l.linear("linear", x, o.classesOr(10)));
  }
}
