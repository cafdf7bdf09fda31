package io.fovea.image;

/**
 * The weights of one axis of a resize: output {@code i} of a range is the sum of {@code count[i]}
 * source samples from {@code first[i]} on, in fixed point.
 *
 * @param first first source sample of each output
 * @param count source samples of each output
 * @param weights {@code width} weights an output, of which {@code count[i]} are used
 * @param width stride of {@code weights}
 */
record Axis(int[] first, int[] count, int[] weights, int width) {
  /** Fraction bits: 32 less 8 of the sample and 2 of headroom for overshooting filters. */
  static final int PRECISION = 32 - 8 - 2;

  /**
   * The weights of outputs {@code from} (inclusive) to {@code to} (exclusive) of a resize from
   * {@code in} to {@code out} samples.
   */
  static Axis of(int in, int out, int from, int to, Resampling filter) {
    double scale = (double) in / out;
    double reduction = Math.max(1, scale);
    double support = filter.support() * reduction;
    int width = (int) Math.min((int) Math.ceil(support) * 2L + 1, in);
    int n = to - from;
    Axis axis = new Axis(new int[n], new int[n], new int[Math.multiplyExact(n, width)], width);
    double[] exact = new double[width];
    for (int i = 0; i < n; i++) {
      double centre = (from + i + 0.5) * scale;
      int first = Math.max(0, (int) (centre - support + 0.5));
      int count = Math.min(in, (int) (centre + support + 0.5)) - first;
      double sum = 0;
      for (int k = 0; k < count; k++) {
        exact[k] = filter.weight((k + first - centre + 0.5) * (1 / reduction));
        sum += exact[k];
      }
      axis.first[i] = first;
      axis.count[i] = count;
      for (int k = 0; k < count; k++) {
        double w = sum == 0 ? exact[k] : exact[k] / sum;
        axis.weights[i * width + k] = (int) (w * (1 << PRECISION) + (w < 0 ? -0.5 : 0.5));
      }
    }
    return axis;
  }

  /**
   * The source sample under the centre of each output, for {@link Resampling#NEAREST}. The position
   * is a running sum, as Pillow's is: its rounding errors are part of the answer.
   */
  static int[] nearest(int in, int out, int from, int to) {
    double scale = (double) in / out;
    double position = scale * 0.5;
    int[] samples = new int[to - from];
    for (int i = 0; i < to; i++) {
      if (i >= from) {
        samples[i - from] = Math.min((int) position, in - 1);
      }
      position += scale;
    }
    return samples;
  }

  int size() {
    return first.length;
  }

  /** First source sample that any output uses. */
  int start() {
    return first[0];
  }

  /** One past the last source sample that any output uses. */
  int end() {
    return first[size() - 1] + count[size() - 1];
  }
}
