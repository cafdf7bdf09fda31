package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * DenseNet: Huang 2017, <a href="https://arxiv.org/abs/1608.06993">Densely Connected Convolutional
 * Networks</a>, with bottlenecks and halving transitions (DenseNet-BC). 7,978,856 parameters for
 * 1000 classes. Normalization and activation come before each convolution. Names are those of the
 * published PyTorch checkpoint. Any picture of 29x29 or more.
 */
final class DenseNet {
  private static final Window HALF = Window.of(2).pad(0).stride(2);

  private DenseNet() {}

  static Model densenet121(Options o) {
    return net("densenet121", o, 6, 12, 24, 16);
  }

  private static Model net(String name, Options o, int... depths) {
    Initials initials = new Initials(Draw.HE_IN, Draw.ZERO, Draw.LECUN, Draw.ZERO);
    Layers l = new Layers(name, o, Style.of(Activation.RELU, Normalization.BATCH, initials));
    Value x = l.input(o.channelsOr(3));
    x = l.conv("features.conv0", x, o.scaled(64), 7, 2); // [N, 3, H, W] -> [N, 64, H/2, W/2]
    x = l.act("features.relu0", l.norm("features.norm0", x));
    x = l.maxPool("features.pool0", x, 3, 2, 1); // -> [N, 64, H/4, W/4]
    for (int block = 1; block <= depths.length; block++) {
      for (int i = 1; i <= depths[block - 1]; i++) {
        x = grown(l, "features.denseblock" + block + ".denselayer" + i, x, o.scaled(32));
      }
      x = Blocks.squeezeExcite(l, "features.se" + block, x);
      if (block == 3) {
        x = Blocks.nonLocal(l, "features.non_local", x);
      }
      if (block < depths.length) {
        x = halved(l, "features.transition" + block, x);
      }
    }
    x = l.act("features.relu5", l.norm("features.norm5", x));
    x = Blocks.pooled(l, "avgpool", x); // [N, 1024, H/32, W/32] -> [N, 1024]
    return l.output(l.linear("classifier", l.dropout("dropout", x, 0), o.classesOr(1000)));
  }

  /** [N, C, H, W] -> [N, C + growth, H, W]: what was there, and what a bottleneck makes of it. */
  private static Value grown(Layers l, String at, Value x, int growth) {
    Value y = l.act(at + ".relu1", l.norm(at + ".norm1", x));
    y = l.conv(at + ".conv1", y, 4 * growth, 1, 1);
    y = l.act(at + ".relu2", l.norm(at + ".norm2", y));
    y = l.conv(at + ".conv2", y, growth, 3, 1);
    return l.concat(at, 1, List.of(x, y));
  }

  /** [N, C, H, W] -> [N, C/2, H/2, W/2]. */
  private static Value halved(Layers l, String at, Value x) {
    Value y = l.act(at + ".relu", l.norm(at + ".norm", x));
    y = l.conv(at + ".conv", y, x.channels() / 2, 1, 1);
    return l.asked(Extra.BLURPOOL)
        ? Blocks.blur(l, at + ".blur", y, 2)
        : l.averagePool(at + ".pool", y, HALF);
  }
}
