package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * U-Net: Ronneberger 2015, <a href="https://arxiv.org/abs/1505.04597">U-Net: Convolutional Networks
 * for Biomedical Image Segmentation</a>. Logits {@code [batch, classes, height, width]} of the
 * picture's own size, whatever that is: the graph itself pads what it takes and crops what it
 * gives.
 *
 * <p>Initializers are {@code down1} (full size) to {@code down4}, {@code bottom} and {@code up4} to
 * {@code up1} (full size again), each with {@code .conv1.weight}, {@code .norm1.weight}, {@code
 * .norm1.bias}, {@code .norm1.running_mean}, {@code .norm1.running_var} and the same of {@code
 * conv2} and {@code norm2}; {@code .conv1.bias} where a convolution has one; {@code up4.up.weight},
 * {@code up4.up.bias} of the up-convolutions; {@code head.weight}, {@code head.bias}.
 */
final class UNet {
  private static final int LEVELS = 4;
  private static final int STRIDE = 1 << LEVELS;
  private static final int BORDER = 92; // what unpadded convolutions take away at each side
  private static final int[] CROPS = {88, 40, 16, 4}; // of the skips, at each side, by level

  private final Layers l;
  private final Options o;
  private final boolean padded;

  private UNet(Layers layers, Options options, boolean padded) {
    this.l = layers;
    this.o = options;
    this.padded = padded;
  }

  /**
   * The net as it is built today: padded convolutions, without bias where a normalization follows,
   * batch normalization. 31,037,698 parameters for 3 channels and 2 classes. Takes pictures from
   * 1x1; their last row and column are repeated up to a multiple of 16.
   */
  static Model unet(Options o) {
    Layers l =
        new Layers("unet", o, Style.of(Activation.RELU, Normalization.BATCH, Initials.HE_IN));
    Value x = l.input(o.channelsOr(3));
    Value size = Sizes.of(l, "size", x);
    Value logits = new UNet(l, o, true).net(extended(l, x, size, 0, 0, "edge"));
    return l.outputAtInputSize(Sizes.cropped(l, "crop", logits, size));
  }

  /**
   * The paper's net: unpadded convolutions with bias, skips cropped at their centre, dropout of one
   * half at the end of the contracting path, no normalization. 31,030,658 parameters for 1 channel
   * and 2 classes. The border that convolutions take away is first added as a mirror image, as in
   * the paper's overlap-tile strategy: a mirror of up to 107 pixels asks for pictures of 105x105 or
   * more.
   */
  static Model original(Options o) {
    Layers l =
        new Layers(
            "unet_original", o, Style.of(Activation.RELU, Normalization.NONE, Initials.HE_IN));
    Value x = l.input(o.channelsOr(1));
    Value size = Sizes.of(l, "size", x);
    Value logits = new UNet(l, o, false).net(extended(l, x, size, BORDER, 4, "reflect"));
    return l.outputAtInputSize(Sizes.cropped(l, "crop", logits, size));
  }

  private Value net(Value x) {
    Value[] skips = new Value[LEVELS];
    for (int level = 0; level < LEVELS; level++) { // [N, C, H, W] -> [N, 2C, H/2, W/2]
      String at = "down" + (level + 1);
      Value y = twoConvs(at, x, o.scaled(64 << level));
      skips[level] = level == LEVELS - 1 ? dropped(at, y) : y;
      x = l.maxPool(at + ".pool", skips[level], 2, 2, 0);
    }
    x = dropped("bottom", twoConvs("bottom", x, o.scaled(64 << LEVELS)));
    x = Blocks.nonLocal(l, "non_local", x);
    for (int level = LEVELS - 1; level >= 0; level--) { // [N, 2C, H/2, W/2] -> [N, C, H, W]
      String at = "up" + (level + 1);
      int filters = o.scaled(64 << level);
      Value up = l.doubled(at + ".up", x, filters);
      Value skip = padded ? skips[level] : centre(at + ".skip", skips[level], CROPS[level]);
      x = twoConvs(at, l.concat(at + ".concat", 1, List.of(skip, up)), filters);
    }
    return l.conv("head", x, o.classesOr(2), Window.of(1), true);
  }

  private Value twoConvs(String at, Value x, int filters) {
    boolean bias = !padded || !l.normalizes();
    Value y = x;
    for (int i = 1; i <= 2; i++) {
      y = l.conv(at + ".conv" + i, y, filters, Window.of(3).pad(padded ? 1 : 0), bias);
      y = l.act(at + ".act" + i, l.norm(at + ".norm" + i, y));
    }
    return Blocks.squeezeExcite(l, at + ".se", y);
  }

  private Value dropped(String at, Value x) {
    return l.dropout(at + ".dropout", x, padded ? 0 : 0.5f);
  }

  /**
   * Pads so that four halvings divide: {@code border} pixels at each side, and at the right and
   * bottom what is missing to a height and width of 16k + {@code rest}.
   */
  private static Value extended(Layers l, Value x, Value size, int border, int rest, String mode) {
    Value stride = l.constant("pad.stride", STRIDE);
    Value almost = l.constant("pad.almost", STRIDE - 1 - rest);
    Value up = l.add("pad.up", size, almost);
    Value count = l.node("Div", "pad.count", List.of(up, stride));
    Value whole = l.node("Mul", "pad.whole", List.of(count, stride));
    Value missing = l.node("Sub", "pad.missing", List.of(whole, size));
    Value after = l.add("pad.after", missing, l.constant("pad.border", rest + border));
    Value before = l.constant("pad.before", 0, 0, border, border, 0, 0);
    Value pads = l.concat("pad.pads", 0, List.of(before, after));
    return l.node("Pad", "pad", List.of(x, pads), Attribute.of("mode", mode));
  }

  private Value centre(String name, Value x, int crop) {
    Value starts = l.constant(name + ".starts", crop, crop);
    Value ends = l.constant(name + ".ends", -crop, -crop);
    return l.node("Slice", name, List.of(x, starts, ends, l.constant(name + ".axes", 2, 3)));
  }
}
