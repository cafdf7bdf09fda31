package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Value;
import java.util.Arrays;
import java.util.List;

/** Normalizations, with factors {@code NAME.weight} and {@code NAME.bias} a channel. */
final class Norms {
  private static final float USUAL_MOMENTUM = 0.9f; // ONNX's default

  private Norms() {}

  /**
   * [N, C, H, W], of the same shape.
   *
   * @param weight what the factors start as
   */
  static Value of(Layers l, Normalization kind, String name, Value x, float weight) {
    int channels = x.channels();
    return switch (kind) {
      case NONE -> x;
      case BATCH -> batch(l, name, x, weight, channels);
      case INSTANCE -> affine(l, "InstanceNormalization", name, x, weight, channels);
      case GROUP -> {
        Attribute groups = Attribute.of("num_groups", groups(channels));
        yield affine(l, "GroupNormalization", name, x, weight, channels, groups);
      }
      case LAYER -> {
        Value last = l.channelsLast(name + ".nhwc", x); // ONNX normalizes last axes
        yield l.channelsFirst(name + ".nchw", layer(l, name, last, weight));
      }
    };
  }

  private static Value batch(Layers l, String name, Value x, float weight, int channels) {
    Style style = l.style();
    Attribute epsilon = Attribute.of("epsilon", style.epsilon());
    Attribute momentum = Attribute.of("momentum", style.momentum());
    boolean usual = style.momentum() == USUAL_MOMENTUM;
    return l.node(
        "BatchNormalization",
        name,
        List.of(
            x,
            l.parameter(name + ".weight", weight, channels),
            l.parameter(name + ".bias", 0, channels),
            l.parameter(name + ".running_mean", 0, channels),
            l.parameter(name + ".running_var", 1, channels)),
        usual ? new Attribute[] {epsilon} : new Attribute[] {epsilon, momentum});
  }

  /** Over the last axis. */
  static Value layer(Layers l, String name, Value x, float weight) {
    int last = x.shape().size() - 1;
    return affine(l, "LayerNormalization", name, x, weight, (int) x.shape().get(last).size());
  }

  private static Value affine(
      Layers l,
      String operator,
      String name,
      Value x,
      float first,
      int channels,
      Attribute... more) {
    Value weight = l.parameter(name + ".weight", first, channels);
    Value bias = l.parameter(name + ".bias", 0, channels);
    Attribute[] attributes = Arrays.copyOf(more, more.length + 1);
    attributes[more.length] = Attribute.of("epsilon", l.style().epsilon());
    return l.node(operator, name, List.of(x, weight, bias), attributes);
  }

  /** 32 as in the paper, or the largest number below that divides the channels. */
  private static int groups(int channels) {
    int groups = Math.min(32, channels);
    while (channels % groups != 0) {
      groups--;
    }
    return groups;
  }
}
