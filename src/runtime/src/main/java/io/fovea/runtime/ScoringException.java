package io.fovea.runtime;

import org.jspecify.annotations.Nullable;

/** A model that cannot be loaded or run; the message names the model, what was expected and met. */
public sealed class ScoringException extends RuntimeException permits RefusedException {
  private static final long serialVersionUID = 1L;

  private final String model;

  ScoringException(String model, String problem) {
    this(model, problem, null);
  }

  ScoringException(String model, String problem, @Nullable Throwable cause) {
    super(model + ": " + problem, cause);
    this.model = model;
  }

  /** The file or name of the model. */
  public String model() {
    return model;
  }
}
