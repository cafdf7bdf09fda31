package io.fovea.runtime;

import io.fovea.image.Mapping;

/**
 * Along one axis, which samples of an output show a picture, and which of its pixels they show.
 *
 * @param begin first pixel of the picture that the network saw
 * @param end one past the last
 * @param from first sample that shows them
 * @param to one past the last
 */
record Cut(int begin, int end, int from, int to) {
  /**
   * The cut of an axis; never empty.
   *
   * @param own pixels of the picture
   * @param tensor pixels of the network's input
   * @param samples samples of its output, spread evenly over the tensor
   */
  static Cut of(Mapping.Line line, int own, int tensor, int samples) {
    int begin = 0;
    while (begin < own && !line.isSeen(begin)) {
      begin++;
    }
    int end = begin;
    while (end < own && line.isSeen(end)) {
      end++;
    }
    if (begin == end) { // less than half a pixel is seen: the one that lies under the middle
      double middle = ((line.from() + line.to()) / 2 - line.offset()) / line.scale();
      begin = Math.min(own - 1, Math.max(0, (int) middle));
      end = begin + 1;
    }
    double ratio = (double) samples / tensor;
    int from = Math.min(samples - 1, (int) Math.round(line.from() * ratio));
    int to = Math.min(samples, (int) Math.ceil(line.to() * ratio - 1e-6));
    return new Cut(begin, end, from, Math.max(from + 1, to));
  }

  /** All of an axis whose samples are the pixels. */
  static Cut whole(int samples) {
    return new Cut(0, samples, 0, samples);
  }

  /** Pixels that were seen. */
  int own() {
    return end - begin;
  }
}
