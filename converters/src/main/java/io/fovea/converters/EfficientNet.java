package io.fovea.converters;

import io.fovea.converters.MobileNetV3.Block;
import io.fovea.converters.MobileNetV3.Squeeze;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * EfficientNet: Tan 2019, <a href="https://arxiv.org/abs/1905.11946">Rethinking Model Scaling for
 * Convolutional Neural Networks</a>, without drop-path, which only training has. 5,288,548
 * parameters for 1000 classes. Names, and the 1e-5 that its normalizations add, are those of the
 * published PyTorch checkpoint. Any picture size.
 */
final class EfficientNet {
  /** The paper's table 1: expansion, kernel, stride of the first block, filters, blocks. */
  private static final int[][] STAGES = {
    {1, 3, 1, 16, 1},
    {6, 3, 2, 24, 2},
    {6, 5, 2, 40, 2},
    {6, 3, 2, 80, 3},
    {6, 5, 1, 112, 3},
    {6, 5, 2, 192, 4},
    {6, 3, 1, 320, 1}
  };

  private EfficientNet() {}

  static Model b0(Options o) {
    Draw classifier = (random, in, out) -> Draw.uniform(1 / Math.sqrt(out)).from(random, in, out);
    Initials initials = new Initials(Draw.HE_OUT, Draw.ZERO, classifier, Draw.ZERO);
    Style style = Style.of(Activation.SWISH, Normalization.BATCH, initials);
    Layers l = new Layers("efficientnet_b0", o, style);
    Value x = l.input(o.channelsOr(3));
    int stem = MobileNetV2.filters(o, 32);
    x = l.conv("features.0.0", x, stem, 3, 2); // [N, 3, H, W] -> [N, 32, H/2, W/2]
    x = l.act("features.0.2", l.norm("features.0.1", x));
    for (int stage = 1; stage <= STAGES.length; stage++) {
      int[] s = STAGES[stage - 1];
      for (int i = 0; i < s[4]; i++) {
        int filters = MobileNetV2.filters(o, s[3]);
        Squeeze squeeze =
            new Squeeze(Math.max(1, x.channels() / 4), Activation.SWISH, Activation.SIGMOID);
        Block block =
            new Block(
                s[1], s[0] * x.channels(), filters, i == 0 ? s[2] : 1, Activation.SWISH, squeeze);
        x = MobileNetV3.inverted(l, "features." + stage + "." + i, x, block);
      }
      if (s[3] == 112) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    x = l.conv("features.8.0", x, 4 * x.channels(), 1, 1);
    x = l.act("features.8.2", l.norm("features.8.1", x));
    x = Blocks.pooled(l, "avgpool", x); // [N, 1280, H/32, W/32] -> [N, 1280]
    return l.output(l.linear("classifier.1", l.dropout("dropout", x, 0.2f), o.classesOr(1000)));
  }
}
