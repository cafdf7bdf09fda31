package io.fovea.train;

import io.fovea.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far a training is. Whatever is drawn (order, augmentation, dropout) is drawn by seed, epoch
 * and position, so that there is no other random state. Not thread-safe.
 */
final class Course {
  /**
   * Where it stands.
   *
   * @param epoch the one under way, from 1
   * @param batches of it that are learned from; a step of the optimizer is never half done
   * @param updates of the optimizer in all
   * @param lossSum of these batches
   * @param seconds that the epoch has taken
   * @param waitedSeconds of them that the network waited for data
   */
  record Position(
      int epoch, int batches, long updates, double lossSum, double seconds, double waitedSeconds) {
    static final Position START = new Position(1, 0, 0, 0, 0, 0);

    /** The epoch from its start, by the net as it is. */
    Position again() {
      return new Position(epoch, 0, updates, 0, 0, 0);
    }
  }

  private final List<Trainer.Epoch> history = new ArrayList<>();
  private Position position = Position.START;
  private Trainer.@Nullable Epoch kept;
  private Map<String, Tensor> good = Map.of();
  private @Nullable Precision precision;

  Position position() {
    return position;
  }

  void at(Position p) {
    position = p;
  }

  /** Adds an epoch. */
  void ended(Trainer.Epoch epoch) {
    history.add(epoch);
    position = new Position(epoch.number() + 1, 0, position.updates, 0, 0, 0);
  }

  /** Has an epoch's net be the one that is kept. */
  void keep(Trainer.Epoch epoch, Map<String, Tensor> net) {
    kept = epoch;
    good = net;
  }

  List<Trainer.Epoch> history() {
    return history;
  }

  /** The epoch whose net is kept; null before the first has ended. */
  Trainer.@Nullable Epoch kept() {
    return kept;
  }

  /** The net that is kept. */
  Map<String, Tensor> good() {
    return good;
  }

  /** What {@link Precision#AUTO} came to; null before it did. */
  @Nullable Precision precision() {
    return precision;
  }

  void computeIn(Precision chosen) {
    precision = chosen;
  }

  /** Whether all epochs are done, or too many of them were no better. */
  boolean isDone(Recipe recipe) {
    int done = position.epoch - 1;
    return done >= recipe.epochs()
        || (recipe.patience() > 0
            && done > 0
            && done - Objects.requireNonNull(kept).number() >= recipe.patience());
  }
}
