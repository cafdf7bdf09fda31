package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;

/** What a net should say of a picture. */
public sealed interface Target {
  /**
   * The picture is of one class.
   *
   * @param index position in {@link Dataset#labels()}
   */
  record Label(int index) implements Target {}

  /** Each pixel is of a class; those of {@link Mask#IGNORED} are not learned from. */
  record Pixels(Mask mask) implements Target {}

  /** Another picture: as large, or a whole number of times as large. */
  record Made(Picture picture) implements Target {}

  /** The picture itself, as it is fed: after all random changes, before normalization. */
  record Itself() implements Target {}

  /** Real numbers, in the order of {@link Dataset#labels()}; the array is not copied. */
  record Values(float[] values) implements Target {}
}
