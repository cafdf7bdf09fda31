package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * ShuffleNet V2: Ma 2018, <a href="https://arxiv.org/abs/1807.11164">Practical Guidelines for
 * Efficient CNN Architecture Design</a>. 2,278,604 parameters for 1000 classes. Widths 0.5, 1, 1.5
 * and 2 are those of the paper's table 5; the stem keeps its 24 filters at every width. Names are
 * those of the published PyTorch checkpoint. Any picture size.
 */
final class ShuffleNetV2 {
  private static final int[] DEPTHS = {4, 8, 4};

  private final Layers l;

  private ShuffleNetV2(Layers layers) {
    this.l = layers;
  }

  static Model x1(Options o) {
    Initials initials = new Initials(Draw.LECUN, Draw.LECUN, Draw.LECUN, Draw.LECUN);
    Style style = Style.of(Activation.RELU, Normalization.BATCH, initials);
    return new ShuffleNetV2(new Layers("shufflenet_v2_x1_0", o, style)).net(o);
  }

  private Model net(Options o) {
    Value x = l.input(o.channelsOr(3));
    x = l.conv("conv1.0", x, 24, 3, 2); // [N, 3, H, W] -> [N, 24, H/2, W/2]
    x = l.act("conv1.2", l.norm("conv1.1", x));
    x = l.maxPool("maxpool", x, 3, 2, 1); // -> [N, 24, H/4, W/4]
    int filters = filters(o);
    for (int stage = 2; stage <= 4; stage++) { // -> [N, 116, H/8, W/8] -> [N, 464, H/32, W/32]
      x = reduced("stage" + stage + ".0", x, filters);
      for (int i = 1; i < DEPTHS[stage - 2]; i++) {
        x = kept("stage" + stage + "." + i, x);
      }
      if (stage == 3) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
      filters *= 2;
    }
    x = l.conv("conv5.0", x, filters < 8 * 244 ? 1024 : 2048, 1, 1);
    x = l.act("conv5.2", l.norm("conv5.1", x));
    x = Blocks.pooled(l, "avgpool", x); // -> [N, 1024]
    return l.output(l.linear("fc", l.dropout("dropout", x, 0), o.classesOr(1000)));
  }

  /** Filters of the first stage: a multiple of 4, so that halves of it shuffle. */
  private static int filters(Options o) {
    double width = MobileNetV2.width(o);
    if (width == 0.5) {
      return 48;
    }
    if (width == 1.5) {
      return 176;
    }
    return width == 2 ? 244 : o.scaled(116);
  }

  /** [N, C, H, W] -> [N, filters, H/2, W/2]: both branches see all channels. */
  private Value reduced(String at, Value x, int filters) {
    String branch = at + ".branch1";
    Value y = depthwise(branch, 0, x, 2);
    y = pointwise(branch, 2, y, filters / 2);
    return shuffled(at, y, branch2(at, x, filters / 2, 2));
  }

  /** Half of the channels stay as they are. */
  private Value kept(String at, Value x) {
    int half = x.channels() / 2;
    Value from = l.constant(at + ".from", 0);
    Value middle = l.constant(at + ".middle", half);
    Value end = l.constant(at + ".end", 2L * half);
    Value stays = l.slice(at + ".stays", x, 1, from, middle);
    Value changes = l.slice(at + ".changes", x, 1, middle, end);
    return shuffled(at, stays, branch2(at, changes, half, 1));
  }

  private Value branch2(String at, Value x, int filters, int stride) {
    String branch = at + ".branch2";
    Value y = pointwise(branch, 0, x, filters);
    y = depthwise(branch, 3, y, stride);
    return Blocks.squeezeExcite(l, at + ".se", pointwise(branch, 5, y, filters));
  }

  /** A 1x1 convolution, normalized and activated. */
  private Value pointwise(String at, int layer, Value x, int filters) {
    Value y = l.conv(at + "." + layer, x, filters, 1, 1);
    return l.act(at + "." + (layer + 2), l.norm(at + "." + (layer + 1), y));
  }

  /** A 3x3 filter for each channel, normalized. */
  private Value depthwise(String at, int layer, Value x, int stride) {
    Value y = l.depthwise(at + "." + layer, x, 3, Blocks.step(l, stride), false);
    return Blocks.blur(l, at + ".blur", l.norm(at + "." + (layer + 1), y), stride);
  }

  /** Both together, one channel of each in turn. */
  private Value shuffled(String at, Value a, Value b) {
    Value x = l.concat(at + ".concat", 1, List.of(a, b));
    Value shape = l.node("Shape", at + ".shape", x);
    Value pairs = l.constant(at + ".pairs", 0, 2, a.channels(), -1);
    Value y = l.node("Reshape", at + ".apart", List.of(x, pairs)); // -> [N, 2, C/2, HW]
    y = l.node("Transpose", at + ".turned", y, Attribute.ints("perm", 0, 2, 1, 3));
    return l.node("Reshape", at, List.of(y, shape)); // -> [N, C, H, W]
  }
}
