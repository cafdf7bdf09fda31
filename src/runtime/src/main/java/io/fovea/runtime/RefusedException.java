package io.fovea.runtime;

/** A request that a {@link Batcher} does not take. */
public final class RefusedException extends ScoringException {
  private static final long serialVersionUID = 1;

  /** Why not. */
  public enum Reason {
    /** As many requests wait as may. */
    QUEUE_FULL,
    /** The batcher is closed or about to be. */
    CLOSED,
    /** The thread was interrupted while it waited for a place; it is still marked so. */
    INTERRUPTED
  }

  private final Reason reason;

  RefusedException(String model, Reason reason, String what) {
    super(model, what);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
