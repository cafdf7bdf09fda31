package io.fovea.train;

/**
 * A loss that is no number before an epoch was whole: the training has diverged, or its data is
 * damaged.
 */
public final class NotFiniteException extends TrainException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }
}
