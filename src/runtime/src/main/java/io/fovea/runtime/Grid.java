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
    return new ScoreMap(values, 0, 1, this.height, this.width)
        .numbers(
            GridLine.of(mapping.x(), width, tensor[2], this.width),
            GridLine.of(mapping.y(), height, tensor[1], this.height));
  }
}
