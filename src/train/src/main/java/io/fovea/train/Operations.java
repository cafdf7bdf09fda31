package io.fovea.train;

/**
 * Which operations are drawn for each picture, of fourteen that move pixels or change levels, as
 * torchvision has them. What comes in from outside is black.
 */
public sealed interface Operations {
  /** None. */
  record None() implements Operations {}

  /**
   * So many, all of one strength (RandAugment; <a href="https://arxiv.org/abs/1909.13719">Cubuk
   * 2019</a>).
   *
   * @param count of operations a picture, 1 or more
   * @param magnitude their strength, from 0 to 30
   */
  record RandAugment(int count, int magnitude) implements Operations {
    public RandAugment {
      Setting.OPERATIONS.check(count);
      Setting.MAGNITUDE.check(magnitude);
    }
  }

  /**
   * One of any strength, up to a greater one (TrivialAugment Wide; <a
   * href="https://arxiv.org/abs/2103.10158">Müller 2021</a>).
   */
  record TrivialAugment() implements Operations {}
}
