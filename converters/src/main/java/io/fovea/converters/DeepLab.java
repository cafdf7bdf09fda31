package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * DeepLabv3: Chen 2017, <a href="https://arxiv.org/abs/1706.05587">Rethinking Atrous Convolution
 * for Semantic Image Segmentation</a>, at an eighth of the picture, on a ResNet-50 without the
 * auxiliary head, which only training has. 39,638,869 parameters for 21 classes. Logits {@code
 * [batch, classes, height, width]}, resized to the picture's own size. Names are those of the
 * published PyTorch checkpoint. Any picture size; the mean of the whole picture is one value a
 * channel, so that batch normalization learns from two pictures or more.
 */
final class DeepLab {
  private static final int[] RATES = {12, 24, 36};

  private DeepLab() {}

  static Model resnet50(Options o) {
    Layers l = new Layers("deeplabv3_resnet50", o, ResNet.STYLE);
    Value input = l.input(o.channelsOr(3));
    Value x = ResNet.dilated50(l, "backbone.", input, o); // -> [N, 2048, H/8, W/8]
    int filters = o.scaled(256);
    x = pyramid(l, x, filters); // -> [N, 256, H/8, W/8]
    x = conv(l, "classifier.", 1, x, filters, Window.of(3));
    x = l.conv("classifier.4", x, o.classesOr(21), Window.of(1), true, Draw.LECUN);
    return l.outputAtInputSize(Sizes.resized(l, "resize", x, Sizes.of(l, "size", input)));
  }

  /**
   * Atrous spatial pyramid pooling: each pixel, what lies around it far and wide, and the whole.
   */
  private static Value pyramid(Layers l, Value x, int filters) {
    String at = "classifier.0.convs.";
    List<Value> parts = new ArrayList<>();
    parts.add(conv(l, at + "0.", 0, x, filters, Window.of(1)));
    for (int i = 0; i < RATES.length; i++) {
      Window window = Window.of(3).dilation(RATES[i]);
      parts.add(conv(l, at + (i + 1) + ".", 0, x, filters, window));
    }
    Value mean = l.node("GlobalAveragePool", at + "4.0", x); // -> [N, 2048, 1, 1]
    mean = conv(l, at + "4.", 1, mean, filters, Window.of(1));
    parts.add(Sizes.resized(l, at + "4.resize", mean, Sizes.of(l, at + "size", x)));
    Value y = l.concat("classifier.0.concat", 1, parts);
    y = conv(l, "classifier.0.project.", 0, y, filters, Window.of(1));
    return l.dropout("classifier.0.project.3", y, 0.5f);
  }

  /** Layers of these numbers: convolution, normalization, activation. */
  private static Value conv(Layers l, String at, int number, Value x, int filters, Window window) {
    Value y = l.conv(at + number, x, filters, window, false, Draw.LECUN);
    return l.act(at + (number + 2), l.norm(at + (number + 1), y));
  }
}
