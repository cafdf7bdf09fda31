package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * Deep image prior: Ulyanov 2018, <a href="https://arxiv.org/abs/1711.10925">1711.10925</a>, the
 * paper's default net with skips. Five levels, each with 128 filters on the way down, 128 on the
 * way up and 4 beside; 2,217,831 parameters. From noise {@code [batch, 32, height, width]} to a
 * picture {@code [batch, 3, height, width]} of values in (0, 1) and of the input's own size: what a
 * halving rounds up is cropped after the doubling. Reflection padding needs two pixels at a 32nd of
 * the size, so 33x33 or more.
 *
 * <p>Initializers are {@code level1} (full size) to {@code level5}, each with {@code .skip}, {@code
 * .down1}, {@code .down2}, {@code .up1} and {@code .up2}, which have {@code .conv.weight}, {@code
 * .conv.bias}, {@code .norm.weight} and so on, and {@code .norm} of what is concatenated; {@code
 * head.weight}, {@code head.bias}.
 */
final class DeepImagePrior {
  private static final int LEVELS = 5;

  private final Layers l;
  private final Options o;

  private DeepImagePrior(Layers layers, Options options) {
    this.l = layers;
    this.o = options;
  }

  static Model skip(Options o) {
    Initials initials = new Initials(Draw.LECUN, Draw.LECUN, Draw.LECUN, Draw.LECUN);
    Style style = Style.of(Activation.LEAKY_RELU, Normalization.BATCH, initials).slope(0.2f);
    Layers l = new Layers("dip_skip", o, style);
    Value x = new DeepImagePrior(l, o).level(1, l.input(o.channelsOr(32)));
    x = l.conv("head", x, 3, Window.of(1), true);
    return l.outputAtInputSize(l.node("Sigmoid", "sigmoid", x));
  }

  /** [N, C, H, W] -> [N, 128, H, W], by way of half the size and all levels below. */
  private Value level(int number, Value x) {
    String at = "level" + number;
    int filters = o.scaled(128);
    Value skip = stage(at + ".skip", x, o.scaled(4, 4), 1, 1);
    Value y = stage(at + ".down1", x, filters, 3, 2);
    y = stage(at + ".down2", y, filters, 3, 1);
    y = number < LEVELS ? level(number + 1, y) : Blocks.nonLocal(l, "non_local", y);
    y = Sizes.doubled(l, at + ".double", y);
    y = Sizes.cropped(l, at + ".crop", y, Sizes.of(l, at + ".size", x));
    y = l.norm(at + ".norm", l.concat(at + ".concat", 1, List.of(skip, y)));
    y = stage(at + ".up1", y, filters, 3, 1);
    return Blocks.squeezeExcite(l, at + ".se", stage(at + ".up2", y, filters, 1, 1));
  }

  private Value stage(String at, Value x, int filters, int kernel, int stride) {
    Value wide = kernel == 1 ? x : Sizes.mirrored(l, at + ".pad", x, kernel / 2);
    Window window = Window.of(kernel).pad(0).stride(Blocks.step(l, stride));
    Value y = l.conv(at + ".conv", wide, filters, window, true);
    y = l.act(at + ".act", l.norm(at + ".norm", y));
    return Blocks.blur(l, at + ".blur", y, stride);
  }
}
