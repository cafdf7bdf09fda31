package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * DCGAN: Radford 2016, <a href="https://arxiv.org/abs/1511.06434">Unsupervised Representation
 * Learning with Deep Convolutional Generative Adversarial Networks</a>, for pictures of 64x64.
 * Names, and kernels of 4x4, are those of published PyTorch checkpoints, which have half of the
 * paper's filters: a width of 0.5 is theirs.
 */
final class Dcgan {
  private static final int FILTERS = 128; // next to the picture; doubled at each halving
  private static final Window WHOLE = Window.of(4).pad(0);
  private static final Window HALF = Window.of(4).pad(1).stride(2);

  private Dcgan() {}

  /**
   * From noise {@code [batch, 100, 1, 1]} to pictures {@code [batch, 3, 64, 64]} of values in (-1,
   * 1). 12,658,432 parameters. Noise of h by w gives pictures of 16h + 48 by 16w + 48.
   */
  static Model generator(Options o) {
    Style style = Style.of(Activation.RELU, Normalization.BATCH, Initials.all(Draw.normal(0.02)));
    Layers l = new Layers("dcgan_generator", o, style);
    Value x = l.input(o.channelsOr(100));
    for (int i = 0; i < 4; i++) { // -> [N, 1024, 4, 4] -> [N, 512, 8, 8] -> ...
      int filters = o.scaled(FILTERS << (3 - i));
      x = l.deconv("main." + 3 * i, x, filters, i == 0 ? WHOLE : HALF, !l.normalizes());
      x = l.act("main." + (3 * i + 2), l.norm("main." + (3 * i + 1), x));
      x = i == 2 ? Blocks.nonLocal(l, "non_local", x) : x;
    }
    x = l.deconv("main.12", x, 3, HALF, false); // [N, 128, 32, 32] -> [N, 3, 64, 64]
    return l.output(l.node("Tanh", "main.13", x));
  }

  /**
   * From pictures {@code [batch, 3, 64, 64]} to {@code [batch, 1]}, the logit of being real.
   * 11,036,160 parameters. It is convolutions alone, the last of them 4x4 at a sixteenth of the
   * size: larger pictures are judged in every place, and the mean of the logits is given; smaller
   * ones do not fit.
   */
  static Model discriminator(Options o) {
    Initials initials = Initials.all(Draw.normal(0.02));
    Style style = Style.of(Activation.LEAKY_RELU, Normalization.BATCH, initials).slope(0.2f);
    Layers l = new Layers("dcgan_discriminator", o, style);
    Value x = l.input(o.channelsOr(3));
    for (int i = 0; i < 4; i++) { // -> [N, 128, 32, 32] -> [N, 256, 16, 16] -> ...
      int number = i == 0 ? 0 : 3 * i - 1;
      boolean plain = i == 0;
      boolean bias = !plain && !l.normalizes();
      Window window = HALF.stride(Blocks.step(l, 2));
      x = l.conv("main." + number, x, o.scaled(FILTERS << i), window, bias);
      x = plain ? x : l.norm("main." + (number + 1), x);
      x = l.act("main." + (plain ? 1 : number + 2), x);
      x = Blocks.blur(l, "main." + number + ".blur", x, 2);
      x = i == 1 ? Blocks.nonLocal(l, "non_local", x) : x;
    }
    x = l.dropout("dropout", x, 0);
    x = l.conv("main.11", x, o.classesOr(1), WHOLE, false); // [N, 1024, 4, 4] -> [N, 1, 1, 1]
    return l.output(l.globalAverage("average", x));
  }
}
