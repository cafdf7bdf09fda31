package io.fovea.runtime;

import java.util.Arrays;

/**
 * What a model gave for a batch.
 *
 * @param values row-major
 * @param shape such as {@code [N, classes]} or {@code [N, C, H, W]}
 */
public record Output(float[] values, long[] shape) {
  /** One that stays as it is. */
  Output copy() {
    return new Output(values.clone(), shape.clone());
  }

  /** Values of one item of the batch. */
  public float[] item(int n) {
    int each = values.length / Math.toIntExact(shape[0]);
    return Arrays.copyOfRange(values, n * each, (n + 1) * each);
  }
}
