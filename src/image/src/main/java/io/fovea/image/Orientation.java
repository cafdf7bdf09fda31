package io.fovea.image;

/**
 * How a stored picture is to be turned and mirrored to stand upright: EXIF's tag 0x0112, values 1
 * to 8.
 *
 * @param transposed rows become columns, before the mirroring
 */
record Orientation(boolean transposed, boolean mirrored, boolean upsideDown) {
  static final Orientation UPRIGHT = new Orientation(false, false, false);

  /** Left becomes right. */
  static final Orientation FLIPPED = new Orientation(false, true, false);

  /** The orientation of a tag's value; upright where it is none of the eight. */
  static Orientation of(int exif) {
    return switch (exif) {
      case 2 -> FLIPPED;
      case 3 -> new Orientation(false, true, true);
      case 4 -> new Orientation(false, false, true);
      case 5 -> new Orientation(true, false, false);
      case 6 -> new Orientation(true, true, false);
      case 7 -> new Orientation(true, true, true);
      case 8 -> new Orientation(true, false, true);
      default -> UPRIGHT;
    };
  }

  /** The picture as it is to be seen. */
  Picture apply(Picture stored) {
    if (equals(UPRIGHT)) {
      return stored;
    }
    int c = stored.channels();
    int w = transposed ? stored.height() : stored.width();
    int h = transposed ? stored.width() : stored.height();
    // Steps through the stored samples for one pixel to the right and one down in the result.
    int right = transposed ? stored.width() * c : c;
    int down = transposed ? c : stored.width() * c;
    int start = 0;
    if (mirrored) {
      start += (w - 1) * right;
      right = -right;
    }
    if (upsideDown) {
      start += (h - 1) * down;
      down = -down;
    }
    byte[] in = stored.pixels();
    byte[] out = Picture.allocate(w, h, c);
    int at = 0;
    for (int y = 0; y < h; y++) {
      int from = start + y * down;
      for (int x = 0; x < w; x++, from += right) {
        for (int k = 0; k < c; k++) {
          out[at++] = in[from + k];
        }
      }
    }
    return Picture.of(w, h, c, out);
  }
}
