package io.fovea.image;

import java.util.Arrays;

/**
 * The weights of one axis of a resize: output {@code i} of a range is the sum of {@code count(i)}
 * source samples from {@code first(i)} on, in fixed point. Its arrays are used again from picture
 * to picture; not thread-safe.
 */
final class Axis {
  /** Fraction bits: 32 less 8 of the sample and 2 of headroom for overshooting filters. */
  static final int PRECISION = 32 - 8 - 2;

  private int[] first = {};
  private int[] count = {};
  private int[] weights = {};
  private double[] exact = {};
  private int width;
  private int size;
  private int[] sources = {};
  private int[][] taps = {};
  private int used; // taps of the output that has the most

  /**
   * Makes this the axis of outputs {@code from} (inclusive) to {@code to} (exclusive) of a resize
   * from {@code in} to {@code out} samples.
   */
  void set(int in, int out, int from, int to, Resampling filter) {
    double scale = (double) in / out;
    double reduction = Math.max(1, scale);
    double support = filter.support() * reduction;
    reserve(to - from, (int) Math.min((int) Math.ceil(support) * 2L + 1, in));
    for (int i = 0; i < size; i++) {
      double centre = (from + i + 0.5) * scale;
      int begin = Math.max(0, (int) (centre - support + 0.5));
      int n = Math.min(in, (int) (centre + support + 0.5)) - begin;
      double sum = 0;
      for (int k = 0; k < n; k++) {
        exact[k] = filter.weight((k + begin - centre + 0.5) * (1 / reduction));
        sum += exact[k];
      }
      first[i] = begin;
      count[i] = n;
      for (int k = 0; k < n; k++) {
        double w = sum == 0 ? exact[k] : exact[k] / sum;
        weights[i * width + k] = (int) (w * (1 << PRECISION) + (w < 0 ? -0.5 : 0.5));
      }
    }
  }

  /**
   * Makes this the axis of {@link Resampling#NEAREST}, where every output is one source sample:
   * that under its centre. The position is a running sum, as Pillow's is: its rounding errors are
   * part of the answer.
   */
  void setNearest(int in, int out, int from, int to) {
    reserve(to - from, 0);
    double scale = (double) in / out;
    double position = scale * 0.5;
    for (int i = 0; i < to; i++) {
      if (i >= from) {
        first[i - from] = Math.min((int) position, in - 1);
      }
      position += scale;
    }
  }

  /**
   * Lays the weights out for a pass along lines of interleaved samples: every sample of a line of
   * results is the sum over {@code k < taps()} of the source sample at {@code sources()[j] + k
   * channels}, weighted by {@code taps(k)[j]}.
   *
   * @param in source pixels of a line
   */
  void spread(int in, int channels) {
    used = 0;
    for (int i = 0; i < size; i++) {
      used = Math.max(used, count[i]);
    }
    int samples = Math.multiplyExact(size, channels);
    if (sources.length < samples) {
      sources = new int[samples];
    }
    if (taps.length < used) {
      taps = Arrays.copyOf(taps, used);
    }
    for (int k = 0; k < used; k++) {
      if (taps[k] == null || taps[k].length < samples) {
        taps[k] = new int[samples];
      }
      Arrays.fill(taps[k], 0, samples, 0);
    }
    for (int i = 0, j = 0; i < size; i++) {
      int begin = Math.min(first[i], in - used); // so that no tap lies past the end
      int shift = first[i] - begin;
      for (int end = j + channels, c = 0; j < end; j++, c++) {
        sources[j] = begin * channels + c;
        for (int k = 0; k < count[i]; k++) {
          taps[shift + k][j] = weights[i * width + k];
        }
      }
    }
  }

  private void reserve(int outputs, int taps) {
    size = outputs;
    width = taps;
    int all = Math.multiplyExact(outputs, taps);
    if (first.length < outputs) {
      first = new int[outputs];
      count = new int[outputs];
    }
    if (weights.length < all) {
      weights = new int[all];
    }
    if (exact.length < taps) {
      exact = new double[taps];
    }
  }

  /** Outputs of the range. */
  int size() {
    return size;
  }

  /** First source sample of an output. */
  int first(int i) {
    return first[i];
  }

  /** Source samples of an output. */
  int count(int i) {
    return count[i];
  }

  /** Where the weights of an output begin in {@link #weights}. */
  int at(int i) {
    return i * width;
  }

  /** How many source samples an output of {@link #spread} has. */
  int taps() {
    return used;
  }

  /** The weights of every output's tap k. */
  int[] taps(int k) {
    return taps[k];
  }

  /** Where the first tap of every output lies in a line. */
  int[] sources() {
    return sources;
  }

  int[] weights() {
    return weights;
  }

  /** First source sample that any output uses. */
  int start() {
    return first[0];
  }

  /** One past the last source sample that any output uses. */
  int end() {
    return first[size - 1] + count[size - 1];
  }
}
