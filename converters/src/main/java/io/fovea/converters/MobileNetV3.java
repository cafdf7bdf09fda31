package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import org.jspecify.annotations.Nullable;

/**
 * MobileNetV3: Howard 2019, <a href="https://arxiv.org/abs/1905.02244">Searching for
 * MobileNetV3</a>. 5,483,032 parameters (large) or 2,542,856 (small) for 1000 classes. Names are
 * those of the published PyTorch checkpoints. Any picture size.
 */
final class MobileNetV3 {
  /**
   * The paper's tables 1 and 2: kernel, filters inside, filters, whether it squeezes, whether it
   * has HardSwish, stride.
   */
  private static final int[][] LARGE = {
    {3, 16, 16, 0, 0, 1},
    {3, 64, 24, 0, 0, 2},
    {3, 72, 24, 0, 0, 1},
    {5, 72, 40, 1, 0, 2},
    {5, 120, 40, 1, 0, 1},
    {5, 120, 40, 1, 0, 1},
    {3, 240, 80, 0, 1, 2},
    {3, 200, 80, 0, 1, 1},
    {3, 184, 80, 0, 1, 1},
    {3, 184, 80, 0, 1, 1},
    {3, 480, 112, 1, 1, 1},
    {3, 672, 112, 1, 1, 1},
    {5, 672, 160, 1, 1, 2},
    {5, 960, 160, 1, 1, 1},
    {5, 960, 160, 1, 1, 1}
  };

  private static final int[][] SMALL = {
    {3, 16, 16, 1, 0, 2},
    {3, 72, 24, 0, 0, 2},
    {3, 88, 24, 0, 0, 1},
    {5, 96, 40, 1, 1, 2},
    {5, 240, 40, 1, 1, 1},
    {5, 240, 40, 1, 1, 1},
    {5, 120, 48, 1, 1, 1},
    {5, 144, 48, 1, 1, 1},
    {5, 288, 96, 1, 1, 2},
    {5, 576, 96, 1, 1, 1},
    {5, 576, 96, 1, 1, 1}
  };

  private static final int LAST_STAGE = 3; // blocks after the last reduction

  private MobileNetV3() {}

  static Model large(Options o) {
    return net("mobilenet_v3_large", o, LARGE, 1280);
  }

  static Model small(Options o) {
    return net("mobilenet_v3_small", o, SMALL, 1024);
  }

  private static Model net(String name, Options o, int[][] rows, int last) {
    Initials initials = new Initials(Draw.HE_OUT, Draw.ZERO, Draw.normal(0.01), Draw.ZERO);
    Style style = Style.of(Activation.HARDSWISH, Normalization.BATCH, initials);
    Layers l = new Layers(name, o, style.epsilon(1e-3f).momentum(0.99f));
    Value x = l.input(o.channelsOr(3));
    int stem = MobileNetV2.filters(o, 16);
    x = l.conv("features.0.0", x, stem, 3, 2); // [N, 3, H, W] -> [N, 16, H/2, W/2]
    x = l.act("features.0.2", l.norm("features.0.1", x));
    for (int i = 0; i < rows.length; i++) {
      x = inverted(l, "features." + (i + 1), x, block(o, rows[i]));
      if (i + 1 == rows.length - LAST_STAGE) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    String at = "features." + (rows.length + 1);
    x = l.conv(at + ".0", x, 6 * x.channels(), 1, 1);
    x = l.act(at + ".2", l.norm(at + ".1", x));
    x = Blocks.pooled(l, "avgpool", x); // [N, 960 or 576, H/32, W/32] -> [N, 960 or 576]
    x = l.act("classifier.1", l.linear("classifier.0", x, MobileNetV2.filters(o, last)));
    return l.output(l.linear("classifier.3", l.dropout("dropout", x, 0.2f), o.classesOr(1000)));
  }

  private static Block block(Options o, int[] row) {
    int wide = MobileNetV2.filters(o, row[1]);
    Squeeze squeeze =
        new Squeeze(MobileNetV2.rounded(wide / 4), Activation.RELU, Activation.HARDSWISH);
    return new Block(
        row[0],
        wide,
        MobileNetV2.filters(o, row[2]),
        row[5],
        row[4] == 1 ? Activation.HARDSWISH : Activation.RELU,
        row[3] == 1 ? squeeze : null);
  }

  /**
   * An inverted residual block.
   *
   * @param kernel of its depthwise convolution
   * @param wide filters inside
   * @param filters filters at its end
   * @param squeeze null for none, unless the options ask for {@link Extra#SQUEEZE_EXCITE}
   */
  record Block(
      int kernel,
      int wide,
      int filters,
      int stride,
      Activation activation,
      @Nullable Squeeze squeeze) {}

  /** How a block finds its channels' gates: {@link Blocks#squeezeExcite}. */
  record Squeeze(int channels, Activation inner, Activation gate) {}

  /** [N, C, H, W] -> [N, filters, H / stride, W / stride]; a shortcut where the shape stays. */
  static Value inverted(Layers l, String at, Value x, Block b) {
    Value y = x;
    int layer = 0;
    if (b.wide != x.channels()) {
      String expand = at + ".block." + layer++;
      y = l.conv(expand + ".0", y, b.wide, 1, 1);
      y = l.act(expand + ".2", l.norm(expand + ".1", y), b.activation);
    }
    String depthwise = at + ".block." + layer++;
    y = l.depthwise(depthwise + ".0", y, b.kernel, Blocks.step(l, b.stride), false);
    y = l.act(depthwise + ".2", l.norm(depthwise + ".1", y), b.activation);
    y = Blocks.blur(l, at + ".blur", y, b.stride);
    Squeeze s = b.squeeze;
    y =
        s == null
            ? Blocks.squeezeExcite(l, at + ".se", y)
            : Blocks.squeezeExcite(l, at + ".block." + layer++, y, s.channels, s.inner, s.gate);
    String project = at + ".block." + layer;
    y = l.conv(project + ".0", y, b.filters, 1, 1);
    boolean same = b.stride == 1 && x.channels() == b.filters;
    return same
        ? l.add(at + ".add", x, l.normLastOfBlock(project + ".1", y))
        : l.norm(project + ".1", y);
  }
}
