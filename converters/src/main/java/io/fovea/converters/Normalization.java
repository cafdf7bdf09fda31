package io.fovea.converters;

import io.fovea.onnx.OnnxException;
import java.util.Arrays;
import java.util.Locale;

/**
 * What brings the values between two layers to zero mean and unit variance: over the batch (<a
 * href="https://arxiv.org/abs/1502.03167">Ioffe 2015</a>), the channels (<a
 * href="https://arxiv.org/abs/1607.06450">Ba 2016</a>), groups of channels (<a
 * href="https://arxiv.org/abs/1803.08494">Wu 2018</a>) or each picture's channel (<a
 * href="https://arxiv.org/abs/1607.08022">Ulyanov 2016</a>).
 */
public enum Normalization {
  BATCH,
  LAYER,
  GROUP,
  INSTANCE,
  NONE;

  /** The normalization of a name such as {@code batch}. */
  public static Normalization named(String name) {
    for (Normalization n : values()) {
      if (n.toString().equals(name)) {
        return n;
      }
    }
    throw new OnnxException(
        "no normalization '%s'; there are %s".formatted(name, Arrays.toString(values())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
