package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;

/** A change of a picture that was drawn for it; the size stays. */
@FunctionalInterface
interface Change {
  Picture apply(Picture picture);

  /** What becomes of the picture's mask: it stays, unless the pixels move. */
  default Mask apply(Mask mask) {
    return mask;
  }
}
