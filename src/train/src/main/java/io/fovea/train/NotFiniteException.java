package io.fovea.train;

/** A loss that is no number: the training has diverged, or its data is damaged. */
final class NotFiniteException extends TrainException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }
}
