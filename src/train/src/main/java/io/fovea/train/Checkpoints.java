package io.fovea.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a training keeps what it takes to go on after it was stopped, and how often. Immutable.
 *
 * <p>The file is in the safetensors format: parameters and running statistics, their average, the
 * optimizer's moments, the net that is kept, and as JSON where the training is. Each checkpoint
 * replaces the one before only once all of it is on the disk. On the CPU, with the same threads, a
 * training that goes on writes the very file that one writes that never stopped.
 *
 * @param file a safetensors file; one training at a time has it
 * @param steps of the optimizer between two checkpoints; 0 where {@code time} says it
 * @param time between two checkpoints; zero where {@code steps} says it
 */
public record Checkpoints(Path file, int steps, Duration time, Resume resume) {
  /** What is done with a checkpoint that is there. */
  public enum Resume {
    /** It is an error: nothing is overwritten. */
    NEVER,
    /** The training goes on, which must be the same: net, recipe, data. */
    SAME,
    /**
     * The training goes on where its tensors fit: with another recipe or data the epoch under way
     * is begun again, and an optimizer whose moments are missing starts without.
     */
    ANYWAY
  }

  public Checkpoints {
    if (steps < 0 || time.isNegative() || (steps == 0) == time.isZero()) {
      throw new TrainException("checkpoints: expected a number of steps or a time of more than 0");
    }
  }

  /**
   * Checks that nothing is there that should not be gone on with; {@link Trainer#fit} does, too.
   *
   * @throws TrainException where there is a checkpoint, and to resume is not asked for
   */
  public void check() {
    if (resume == Resume.NEVER && Files.exists(file)) {
      throw new TrainException(
          file + ": a checkpoint is there already; go on with it by --resume, or delete it");
    }
  }

  /** A checkpoint every five minutes, at the start and after the last epoch. */
  public static Checkpoints in(Path file) {
    return new Checkpoints(file, 0, Duration.ofMinutes(5), Resume.NEVER);
  }

  /** A checkpoint every so many steps of the optimizer, at the start and after the last epoch. */
  public Checkpoints every(int count) {
    return new Checkpoints(file, count, Duration.ZERO, resume);
  }

  /** A checkpoint every so often, at the start and after the last epoch. */
  public Checkpoints every(Duration t) {
    return new Checkpoints(file, 0, t, resume);
  }

  /** What is done with a checkpoint that is there; where there is none, training starts. */
  public Checkpoints resume(Resume r) {
    return new Checkpoints(file, steps, time, r);
  }
}
