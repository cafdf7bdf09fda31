package io.fovea.runtime;

import io.fovea.image.Mapping;
import io.fovea.image.Preprocessing;

/**
 * One number of a network for each place of its own grid, such as how much that place counts for a
 * class. The places are spread evenly over the network's input.
 *
 * @param values {@code [height, width]}, row-major
 */
public record Grid(int width, int height, float[] values) {
  /**
   * The numbers at the pixels of the picture that the network was fed, between places bilinear.
   *
   * @param fed how the picture was fed
   * @param width the picture's own width in pixels
   * @param height the picture's own height in pixels
   * @return {@code [height, width]}, row-major; 0 where the preprocessing cuts pixels away
   */
  public float[] over(Preprocessing fed, int width, int height) {
    int[] tensor = fed.shape(width, height);
    Mapping mapping = fed.mapping(width, height);
    GridLine x = GridLine.of(mapping.x(), width, tensor[2], this.width);
    GridLine y = GridLine.of(mapping.y(), height, tensor[1], this.height);
    float[] numbers = new float[Math.multiplyExact(width, height)];
    for (int i = y.begin(); i < y.end(); i++) {
      int upper = y.low()[i] * this.width;
      int lower = y.high()[i] * this.width;
      for (int k = x.begin(); k < x.end(); k++) {
        float left = between(upper + x.low()[k], lower + x.low()[k], y.weight()[i]);
        float right = between(upper + x.high()[k], lower + x.high()[k], y.weight()[i]);
        numbers[i * width + k] = left + (right - left) * x.weight()[k];
      }
    }
    return numbers;
  }

  private float between(int low, int high, float weight) {
    return values[low] + (values[high] - values[low]) * weight;
  }
}
