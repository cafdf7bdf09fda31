package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * Super-resolution: Shi 2016, <a href="https://arxiv.org/abs/1609.05158">Real-Time Single Image and
 * Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network</a>. From a
 * picture {@code [batch, 1, height, width]}, the paper's luminance, to one {@code factor} times as
 * high and wide, in the range of the pictures that it learns from; its last layer is linear. 21,284
 * parameters for twice the size, 22,729 for three and 24,752 for four times. Any picture size.
 *
 * <p>Initializers are {@code conv1.weight}, {@code conv1.bias} and so on to {@code conv3}.
 */
final class Espcn {
  private Espcn() {}

  static Model espcn(int factor, Options o) {
    Style style = Style.of(Activation.TANH, Normalization.NONE, Initials.all(Draw.GLOROT));
    Layers l = new Layers("espcn_x" + factor, o, style);
    int channels = o.channelsOr(1);
    Value x = l.input(channels);
    x = stage(l, "1", x, o.scaled(64), 5);
    x = stage(l, "2", x, o.scaled(32), 3);
    x = l.conv("conv3", x, channels * factor * factor, Window.of(3), true);
    Attribute block = Attribute.of("blocksize", factor);
    // [N, r²C, H, W] -> [N, C, rH, rW]
    return l.output(l.node("DepthToSpace", "shuffle", x, block, Attribute.of("mode", "CRD")));
  }

  private static Value stage(Layers l, String number, Value x, int filters, int kernel) {
    Value y = l.conv("conv" + number, x, filters, Window.of(kernel), true);
    return l.act("act" + number, l.norm("norm" + number, y));
  }
}
