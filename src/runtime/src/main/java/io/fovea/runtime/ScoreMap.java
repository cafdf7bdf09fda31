package io.fovea.runtime;

import io.fovea.image.Mask;
import java.util.Arrays;

/**
 * What a network says of one picture on its own grid.
 *
 * @param values of a batch {@code [N, classes, height, width]}
 * @param item the picture's place in the batch
 */
record ScoreMap(float[] values, int item, int classes, int height, int width) {
  /**
   * The class of each pixel of a picture: its scores are sampled bilinearly, and the largest wins.
   * Rows are blended first, and one class after the other along them, so that no more than a row of
   * scores is held at the size of the picture.
   *
   * @param threshold what the score of a single class must exceed for class 1
   */
  Mask mask(GridLine x, GridLine y, float threshold) {
    byte[] mask = new byte[Math.multiplyExact(x.size(), y.size())];
    Arrays.fill(mask, (byte) Mask.IGNORED);
    float[] row = new float[width];
    float[] best = new float[x.size()];
    for (int i = y.begin(); i < y.end(); i++) {
      int line = i * x.size();
      Arrays.fill(best, classes == 1 ? threshold : Float.NEGATIVE_INFINITY);
      Arrays.fill(mask, line + x.begin(), line + x.end(), (byte) 0);
      for (int c = 0; c < classes; c++) {
        blend(c, y.low()[i], y.high()[i], y.weight()[i], row);
        raise(row, x, best, mask, line, (byte) (classes == 1 ? 1 : c));
      }
    }
    return Mask.of(x.size(), y.size(), mask);
  }

  /** A row of one class between two rows of the grid. */
  private void blend(int c, int low, int high, float weight, float[] row) {
    int plane = (item * classes + c) * height;
    int upper = (plane + low) * width;
    int lower = (plane + high) * width;
    for (int k = 0; k < width; k++) {
      row[k] = values[upper + k] + (values[lower + k] - values[upper + k]) * weight;
    }
  }

  /** Gives the class to the pixels where it is better than what was best so far. */
  private static void raise(
      float[] row, GridLine x, float[] best, byte[] mask, int line, byte value) {
    int[] low = x.low();
    int[] high = x.high();
    float[] weight = x.weight();
    for (int k = x.begin(), end = x.end(); k < end; k++) {
      float left = row[low[k]];
      float score = left + (row[high[k]] - left) * weight[k];
      if (score > best[k]) {
        best[k] = score;
        mask[line + k] = value;
      }
    }
  }
}
