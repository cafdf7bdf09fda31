package io.fovea.train;

import java.util.Locale;

/**
 * How the values of pictures and kernels lie in memory while a net is trained on the CPU. The
 * shapes of tensors, and what is computed, are the same but for rounding.
 */
public enum Layout {
  /** A plane of each channel after another: faster for dense convolutions of large pictures. */
  CHANNELS_FIRST,
  /**
   * All channels of a pixel together: faster for pools, normalizations, depthwise and narrow
   * convolutions.
   */
  CHANNELS_LAST;

  /** As recipes have it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
