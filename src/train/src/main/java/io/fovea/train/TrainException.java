package io.fovea.train;

import org.jspecify.annotations.Nullable;

/** A graph that cannot be trained, data that cannot be used, or a training that went wrong. */
public sealed class TrainException extends RuntimeException
    permits DivergedException, NotFiniteException {
  private static final long serialVersionUID = 1L;

  public TrainException(String message) {
    this(message, null);
  }

  public TrainException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
