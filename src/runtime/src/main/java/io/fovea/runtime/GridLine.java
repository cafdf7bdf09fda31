package io.fovea.runtime;

import io.fovea.image.Mapping;

/**
 * Along one axis, where each pixel of a picture lies among the samples of an output: between {@code
 * low[i]} and {@code high[i]}, of which the latter counts {@code weight[i]}.
 *
 * @param begin first pixel that the network saw
 * @param end one past the last; {@code begin} where it saw none
 */
record GridLine(int[] low, int[] high, float[] weight, int begin, int end) {
  /**
   * The line of an axis. Next to a frame that the preprocessing added, positions are held half a
   * sample inside of what shows the picture: the frame has no say.
   *
   * @param own pixels of the picture
   * @param tensor pixels of the network's input
   * @param samples samples of its output, spread evenly over the tensor
   */
  static GridLine of(Mapping.Line line, int own, int tensor, int samples) {
    double ratio = (double) samples / tensor;
    double first = line.from() * ratio;
    double last = line.to() * ratio - 1;
    if (last < first) {
      first = (first + last) / 2; // less than one sample shows the picture
      last = first;
    }
    int[] low = new int[own];
    int[] high = new int[own];
    float[] weight = new float[own];
    int begin = own;
    int end = 0;
    for (int i = 0; i < own; i++) {
      if (!line.isSeen(i)) {
        continue;
      }
      begin = Math.min(begin, i);
      end = i + 1;
      double at = (line.position(i) + 0.5) * ratio - 0.5;
      at = clamp(clamp(at, first, last), 0, samples - 1);
      low[i] = (int) at;
      high[i] = Math.min(low[i] + 1, samples - 1);
      weight[i] = (float) (at - low[i]);
    }
    return new GridLine(low, high, weight, Math.min(begin, end), end);
  }

  private static double clamp(double value, double least, double most) {
    return Math.min(Math.max(value, least), most);
  }

  int size() {
    return low.length;
  }
}
