package io.fovea.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Training pictures that are small at first and grow (<a
 * href="https://arxiv.org/abs/2104.00298">Tan 2021</a>): early epochs, in which a net learns what
 * is coarse, take less time. They have their own size from four fifths of the epochs on, and
 * whenever a net is measured.
 *
 * @param first scale of width and height, in (0, 1]
 */
record Growth(double first, int epochs) {
  private static final double FULL = 0.8; // of the epochs, after which they are
  private static final int MULTIPLE = 4; // of pixels, so that few sizes are met

  /**
   * The scale of an epoch's pictures.
   *
   * @param epoch from 1
   */
  double scale(int epoch) {
    double last = Math.min(epochs - 1, FULL * epochs);
    return epoch > last ? 1 : first + (1 - first) * (epoch - 1) / last;
  }

  /**
   * Pictures as they are scaled: each pixel the mean of those that it covers.
   *
   * @param x {@code [N, C, H, W]}
   */
  static Tensor scaled(Tensor x, double scale) {
    return scale == 1
        ? x
        : torch.adaptive_avg_pool2d(x, side(x.size(2), scale), side(x.size(3), scale));
  }

  private static long side(long full, double scale) {
    long side = MULTIPLE * Math.round(scale * full / MULTIPLE);
    return Math.min(full, Math.max(MULTIPLE, side));
  }
}
