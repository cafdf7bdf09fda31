package io.fovea.image;

/**
 * Where the pixels of a picture lie in the tensor that a {@link Preprocessing} makes of it, so that
 * what a network says of the tensor can be brought back to the picture.
 */
public record Mapping(Line x, Line y) {
  /**
   * One axis: own pixel {@code i} has its centre at {@code (i + 0.5) * scale + offset - 0.5} in the
   * tensor, where 0 is the centre of the first pixel. Of the tensor, {@code [from, to)} shows the
   * picture, in the same unit but from the edge of the first pixel; the rest is a frame.
   *
   * @param scale pixels of the tensor for one of the picture
   * @param to equal to {@code from} where nothing of the picture is left
   */
  public record Line(double scale, double offset, double from, double to) {
    static Line identity(int size) {
      return new Line(1, 0, 0, size);
    }

    /**
     * This, then a resize from {@code size} to {@code resized} pixels, of which {@code kept} are
     * taken from {@code first} on and set behind a frame of {@code before}.
     */
    Line then(int size, int resized, int first, int kept, int before) {
      double by = (double) resized / size;
      int shift = before - first;
      return new Line(
          scale * by,
          offset * by + shift,
          Math.min(Math.max(from * by - first, 0), kept) + before,
          Math.min(Math.max(to * by - first, 0), kept) + before);
    }

    /** Where the centre of an own pixel lies. */
    public double position(int own) {
      return (own + 0.5) * scale + offset - 0.5;
    }

    /** Whether the centre of an own pixel is in the tensor, not cut away. */
    public boolean isSeen(int own) {
      double edge = position(own) + 0.5;
      return edge >= from && edge < to;
    }
  }
}
