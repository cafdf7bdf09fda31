package io.fovea.image;

/** What a frame around a picture shows. */
public enum Border {
  /** One colour. */
  CONSTANT,
  /** The picture mirrored at its outermost pixels, which are not repeated. */
  REFLECT,
  /** The outermost pixels. */
  EDGE;

  /**
   * Which of {@code size} samples shows at a place of the axis, which may lie outside; -1: none.
   */
  int source(int at, int size) {
    if (at >= 0 && at < size) {
      return at;
    }
    return switch (this) {
      case CONSTANT -> -1;
      case EDGE -> at < 0 ? 0 : size - 1;
      case REFLECT -> {
        int period = Math.max(1, 2 * (size - 1));
        int folded = Math.floorMod(at, period);
        yield Math.min(folded, period - folded) % size;
      }
    };
  }
}
