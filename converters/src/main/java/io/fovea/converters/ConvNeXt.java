package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * ConvNeXt: Liu 2022, <a href="https://arxiv.org/abs/2201.03545">A ConvNet for the 2020s</a>,
 * without stochastic depth, which only training has. 28,589,128 parameters for 1000 classes. Names
 * are those of the published PyTorch checkpoint. Any picture of 32x32 or more.
 */
final class ConvNeXt {
  private static final float LAYER_SCALE = 1e-6f;
  private static final Window PATCH = Window.of(4).pad(0).stride(4);
  private static final Window HALF = Window.of(2).pad(0).stride(2);

  private ConvNeXt() {}

  static Model tiny(Options o) {
    return net("convnext_tiny", o, 3, 3, 9, 3);
  }

  private static Model net(String name, Options o, int... depths) {
    Initials initials = Initials.all(Draw.truncated(0.02));
    Style style = Style.of(Activation.GELU, Normalization.LAYER, initials).epsilon(1e-6f);
    Layers l = new Layers(name, o, style);
    Value x = l.input(o.channelsOr(3));
    x = l.conv("features.0.0", x, o.scaled(96), PATCH, true); // -> [N, 96, H/4, W/4]
    x = l.norm("features.0.1", x);
    for (int stage = 0; stage < depths.length; stage++) {
      if (stage > 0) { // [N, C, H, W] -> [N, 2C, H/2, W/2]
        String at = "features." + 2 * stage;
        x = l.conv(at + ".1", l.norm(at + ".0", x), o.scaled(96 << stage), HALF, true);
      }
      for (int i = 0; i < depths[stage]; i++) {
        x = block(l, "features." + (2 * stage + 1) + "." + i, x);
      }
      if (stage == 2) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    x = Blocks.pooled(l, "avgpool", x); // [N, 768, H/32, W/32] -> [N, 768]
    if (l.normalizes()) {
      x = l.layerNorm("classifier.0", x);
    }
    x = l.dropout("classifier.1.dropout", x, 0);
    return l.output(l.linear("classifier.2", x, o.classesOr(1000)));
  }

  /** A depthwise convolution, then two linear layers at each pixel, wide between them. */
  private static Value block(Layers l, String at, Value x) {
    int channels = x.channels();
    Value y = l.depthwise(at + ".block.0", x, 7, 1, true);
    Value last = l.normLast(at + ".block.2", y); // -> [N, H, W, C]
    y = l.node("Flatten", at + ".block.pixels", last, Attribute.of("axis", 3)); // -> [NHW, C]
    y = l.act(at + ".block.4", l.linear(at + ".block.3", y, 4 * channels));
    y = l.linear(at + ".block.5", y, channels);
    Value shape = l.node("Shape", at + ".block.shape", last);
    y = l.node("Reshape", at + ".block.picture", List.of(y, shape)); // -> [N, H, W, C]
    y = Blocks.squeezeExcite(l, at + ".se", l.channelsFirst(at + ".block.6", y));
    return l.add(at + ".add", x, l.scale(at + ".layer_scale", y, LAYER_SCALE));
  }
}
