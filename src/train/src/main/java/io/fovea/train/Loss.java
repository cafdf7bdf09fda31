package io.fovea.train;

/**
 * What training makes small. Classes and pixels are learned by the first three, values by the last
 * two; a net that ends in a softmax or a sigmoid is learned by what stands before it.
 */
public enum Loss {
  /**
   * Negative log-likelihood of the right class. After a sigmoid every output is a question of its
   * own: binary cross-entropy.
   */
  CROSS_ENTROPY,
  /**
   * One minus the mean of the classes' soft Dice coefficients over the batch (<a
   * href="https://arxiv.org/abs/1606.04797">Milletari 2016</a>): small objects count as much as
   * large ones. For pixels.
   */
  DICE,
  /** The sum of the two. For pixels. */
  CROSS_ENTROPY_DICE,
  /** Mean of the squared errors. */
  MSE,
  /** Mean of the absolute errors. */
  L1;

  /** Whether classes are learned, rather than values. */
  boolean isOfClasses() {
    return this != MSE && this != L1;
  }
}
