package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * Fully convolutional network: Long 2015, <a href="https://arxiv.org/abs/1411.4038">Fully
 * Convolutional Networks for Semantic Segmentation</a>, on a ResNet-50 that dilates where it would
 * stride for the fourth and fifth time, without the auxiliary head, which only training has.
 * 32,957,013 parameters for 21 classes. Logits {@code [batch, classes, height, width]}, resized
 * from an eighth of the picture to its own size. Names are those of the published PyTorch
 * checkpoint. Any picture size.
 */
final class Fcn {
  private Fcn() {}

  static Model resnet50(Options o) {
    Layers l = new Layers("fcn_resnet50", o, ResNet.STYLE);
    Value input = l.input(o.channelsOr(3));
    Value x = ResNet.dilated50(l, "backbone.", input, o); // -> [N, 2048, H/8, W/8]
    x = l.conv("classifier.0", x, x.channels() / 4, Window.of(3), false, Draw.LECUN);
    x = l.act("classifier.2", l.norm("classifier.1", x));
    x = l.dropout("classifier.3", x, 0.1f);
    x = l.conv("classifier.4", x, o.classesOr(21), Window.of(1), true, Draw.LECUN);
    return l.outputAtInputSize(Sizes.resized(l, "resize", x, Sizes.of(l, "size", input)));
  }
}
