package io.fovea.bench;

import java.util.Arrays;

/**
 * How a side keeps the processors busy, as {@code 2x1x8}.
 *
 * @param workers threads that each read, decode and score, or loop over a ready tensor
 * @param threads that ONNX Runtime uses for one run; 0 leaves it, and all else, at its default
 * @param batch pictures in a run
 */
record Plan(int workers, int threads, int batch) {
  static Plan of(String text) {
    int[] n = Arrays.stream(text.split("x")).mapToInt(Integer::parseInt).toArray();
    return new Plan(n[0], n[1], n[2]);
  }

  @Override
  public String toString() {
    return workers + "x" + threads + "x" + batch;
  }
}
