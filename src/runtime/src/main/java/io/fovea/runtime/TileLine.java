package io.fovea.runtime;

/**
 * Windows along one axis, spread evenly: the first begins at 0, the last ends at the far edge, and
 * each lands on whole samples of the output.
 *
 * @param starts first pixel of each window
 * @param outStarts first sample of each window's output
 * @param weights of the samples of each window's output; over all windows those of a sample sum to
 *     1
 * @param total samples of the whole output
 */
record TileLine(int[] starts, int[] outStarts, float[][] weights, int total) {
  /**
   * The windows of an axis.
   *
   * @param length pixels of the axis, at least a tile; divisible by the stride where the output is
   *     coarser than the input
   * @param overlap pixels that neighbours share at least
   * @param samples samples that the network gives for a tile: a whole multiple or part of it
   */
  static TileLine of(int length, int tile, int overlap, int samples) {
    int stride = Math.max(1, tile / samples);
    int scale = Math.max(1, samples / tile);
    int room = (length - tile) / stride; // all is counted in strides from here
    int step = tile / stride - (overlap + stride - 1) / stride;
    int count = 1 + (room + step - 1) / step;
    int[] starts = new int[count];
    int[] outStarts = new int[count];
    for (int i = 0; i < count; i++) {
      int at = count == 1 ? 0 : (int) ((long) i * room / (count - 1));
      starts[i] = at * stride;
      outStarts[i] = at * scale;
    }
    int total = outStarts[count - 1] + samples;
    return new TileLine(starts, outStarts, weights(outStarts, samples, total), total);
  }

  private static float[][] weights(int[] starts, int samples, int total) {
    float[][] weights = new float[starts.length][samples];
    float[] sums = new float[total];
    for (int i = 0; i < starts.length; i++) {
      int shared = i == 0 ? 0 : starts[i - 1] + samples - starts[i];
      int sharedNext = i == starts.length - 1 ? 0 : starts[i] + samples - starts[i + 1];
      for (int k = 0; k < samples; k++) {
        weights[i][k] = ramp(k, shared) * ramp(samples - 1 - k, sharedNext);
        sums[starts[i] + k] += weights[i][k];
      }
    }
    for (int i = 0; i < starts.length; i++) {
      for (int k = 0; k < samples; k++) {
        weights[i][k] /= sums[starts[i] + k];
      }
    }
    return weights;
  }

  /** 0 in the outer quarter of what two windows share, 1 from its inner quarter on. */
  private static float ramp(int fromEdge, int shared) {
    if (fromEdge >= shared) {
      return 1;
    }
    double t = Math.min(1, Math.max(0, 2 * (fromEdge + 0.5) / shared - 0.5));
    return (float) (t * t * (3 - 2 * t));
  }

  int count() {
    return starts.length;
  }
}
