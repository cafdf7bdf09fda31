package io.fovea.train;

/** A training whose loss is no longer a number; what it had learned before is kept. */
public final class DivergedException extends TrainException {
  private static final long serialVersionUID = 1L;

  private final transient Trained lastGood;
  private final int epoch;

  DivergedException(TrainException cause, Trained lastGood, int epoch) {
    super(cause.getMessage() + "; the net of epoch " + epoch + " is kept", cause);
    this.lastGood = lastGood;
    this.epoch = epoch;
  }

  /** The net as it was after the last whole epoch. */
  public Trained lastGood() {
    return lastGood;
  }

  /** Number of that epoch, from 1. */
  public int epoch() {
    return epoch;
  }
}
