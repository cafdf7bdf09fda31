package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * Style transfer: Johnson 2016, <a href="https://arxiv.org/abs/1603.08155">Perceptual Losses for
 * Real-Time Style Transfer and Super-Resolution</a> and its supplement, with instance normalization
 * (<a href="https://arxiv.org/abs/1607.08022">Ulyanov 2016</a>), reflection padding throughout, and
 * pixels repeated before a convolution instead of transposed convolutions. 1,679,235 parameters.
 *
 * <p>From a picture to one of the same size and range: the published PyTorch checkpoints, whose
 * names it has, take levels of 0 to 255; a new net learns whatever range its pictures are fed in,
 * soonest [0, 1]. As in those the last layer is linear, where the paper has a scaled tanh, so that
 * a few values may lie beyond the range, to be clipped by whoever shows them. Any picture of 5x5 or
 * more: a mirror of 4 pixels wants 5.
 */
final class StyleTransfer {
  private static final int BLOCKS = 5;

  private final Layers l;

  private StyleTransfer(Layers layers) {
    this.l = layers;
  }

  static Model net(Options o) {
    Initials initials = new Initials(Draw.LECUN, Draw.LECUN, Draw.LECUN, Draw.LECUN);
    Style style = Style.of(Activation.RELU, Normalization.INSTANCE, initials);
    Layers l = new Layers("style_transfer", o, style);
    StyleTransfer net = new StyleTransfer(l);
    Value input = l.input(o.channelsOr(3));
    Value x = net.stage("conv1", "in1", input, o.scaled(32), 9, 1); // [N, 3, H, W] -> [N, 32, H, W]
    x = net.stage("conv2", "in2", x, o.scaled(64), 3, 2); // -> [N, 64, H/2, W/2], rounded up
    x = net.stage("conv3", "in3", x, o.scaled(128), 3, 2); // -> [N, 128, H/4, W/4]
    for (int i = 1; i <= BLOCKS; i++) {
      x = net.residual("res" + i, x);
      x = i == 3 ? Blocks.nonLocal(l, "non_local", x) : x;
    }
    x = Sizes.repeated(l, "deconv1.upsample", x);
    x = net.stage("deconv1", "in4", x, o.scaled(64), 3, 1); // -> [N, 64, H/2, W/2]
    x = Sizes.repeated(l, "deconv2.upsample", x);
    x = net.stage("deconv2", "in5", x, o.scaled(32), 3, 1); // -> [N, 32, H, W] up to 4k
    x = net.conv("deconv3", x, input.channels(), 9, 1);
    return l.outputAtInputSize(Sizes.cropped(l, "crop", x, Sizes.of(l, "size", input)));
  }

  private Value conv(String at, Value x, int filters, int kernel, int stride) {
    Value wide = Sizes.mirrored(l, at + ".reflection_pad", x, kernel / 2);
    return l.conv(at + ".conv2d", wide, filters, Window.of(kernel).pad(0).stride(stride), true);
  }

  private Value stage(String at, String norm, Value x, int filters, int kernel, int stride) {
    Value y = conv(at, x, filters, kernel, Blocks.step(l, stride));
    return Blocks.blur(l, at + ".blur", l.act(at + ".relu", l.norm(norm, y)), stride);
  }

  /** Without activation after the sum: Gross and Wilber's, as in the supplement. */
  private Value residual(String at, Value x) {
    Value y = conv(at + ".conv1", x, x.channels(), 3, 1);
    y = l.act(at + ".relu", l.norm(at + ".in1", y));
    y = l.normLastOfBlock(at + ".in2", conv(at + ".conv2", y, x.channels(), 3, 1));
    return l.add(at + ".add", Blocks.squeezeExcite(l, at + ".se", y), x);
  }
}
