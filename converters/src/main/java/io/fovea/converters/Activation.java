package io.fovea.converters;

import io.fovea.onnx.OnnxException;
import java.util.Arrays;
import java.util.Locale;

/** The function between two layers; each keeps its input's shape. */
public enum Activation {
  RELU,
  RELU6,
  LEAKY_RELU,
  PRELU,
  ELU,
  SELU,
  SWISH,
  HARDSWISH,
  MISH,
  GELU,
  SIGMOID,
  TANH,
  SOFTPLUS;

  /** The activation of a name such as {@code leaky_relu}. */
  public static Activation named(String name) {
    for (Activation a : values()) {
      if (a.toString().equals(name)) {
        return a;
      }
    }
    throw new OnnxException(
        "no activation '%s'; there are %s".formatted(name, Arrays.toString(values())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
