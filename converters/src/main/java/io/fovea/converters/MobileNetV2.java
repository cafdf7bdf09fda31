package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * MobileNetV2: Sandler 2018, <a href="https://arxiv.org/abs/1801.04381">Inverted Residuals and
 * Linear Bottlenecks</a>. 3,504,872 parameters for 1000 classes. Names are those of the published
 * PyTorch checkpoint. Any picture size.
 */
final class MobileNetV2 {
  /** The paper's table 2: expansion, filters, blocks, stride of the first block. */
  private static final int[][] STAGES = {
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1}
  };

  private MobileNetV2() {}

  static Model mobilenetV2(Options o) {
    Initials initials = new Initials(Draw.HE_OUT, Draw.ZERO, Draw.normal(0.01), Draw.ZERO);
    Layers l =
        new Layers("mobilenet_v2", o, Style.of(Activation.RELU6, Normalization.BATCH, initials));
    Value x = l.input(o.channelsOr(3));
    x = l.conv("features.0.0", x, filters(o, 32), 3, 2); // [N, 3, H, W] -> [N, 32, H/2, W/2]
    x = l.act("features.0.2", l.norm("features.0.1", x));
    int block = 1;
    for (int[] stage : STAGES) {
      for (int i = 0; i < stage[2]; i++) {
        String at = "features." + block++;
        x = inverted(l, at, x, stage[0], filters(o, stage[1]), i == 0 ? stage[3] : 1);
      }
      if (stage[1] == 64) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    int last = width(o) > 1 ? filters(o, 1280) : 1280; // a narrow net keeps its features
    x = l.conv("features.18.0", x, last, 1, 1);
    x = l.act("features.18.2", l.norm("features.18.1", x));
    x = Blocks.pooled(l, "avgpool", x); // [N, 1280, H/32, W/32] -> [N, 1280]
    return l.output(l.linear("classifier.1", l.dropout("dropout", x, 0.2f), o.classesOr(1000)));
  }

  /** Wide inside, narrow and without activation at its end; a shortcut where the shape stays. */
  private static Value inverted(
      Layers l, String at, Value x, int expansion, int filters, int stride) {
    Value y = x;
    int layer = 0;
    if (expansion > 1) {
      String conv = at + ".conv." + layer++;
      y = l.conv(conv + ".0", y, x.channels() * expansion, 1, 1);
      y = l.act(conv + ".2", l.norm(conv + ".1", y));
    }
    String conv = at + ".conv." + layer++;
    y = l.depthwise(conv + ".0", y, 3, Blocks.step(l, stride), false);
    y = l.act(conv + ".2", l.norm(conv + ".1", y));
    y = Blocks.blur(l, at + ".blur", y, stride);
    y = Blocks.squeezeExcite(l, at + ".se", y);
    y = l.conv(at + ".conv." + layer++, y, filters, 1, 1);
    boolean same = stride == 1 && x.channels() == filters;
    String last = at + ".conv." + layer;
    return same ? l.add(at + ".add", x, l.normLastOfBlock(last, y)) : l.norm(last, y);
  }

  /** Filters of a mobile net's layer that has {@code filters} in the paper. */
  static int filters(Options o, int filters) {
    return width(o) == 1 ? filters : rounded(filters * width(o));
  }

  /** A multiple of 8, and never less than nine tenths of what is asked for. */
  static int rounded(double filters) {
    int near = Math.max(8, (int) Math.round(filters / 8) * 8);
    return near < 0.9 * filters ? near + 8 : near;
  }

  static double width(Options o) {
    Double width = o.width();
    return width == null ? 1 : width;
  }
}
