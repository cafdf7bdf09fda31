package io.fovea.train;

import io.fovea.onnx.Safetensors;
import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A checkpoint's file while a training has it; a lock beside it keeps others away. */
final class CheckpointFile implements AutoCloseable {
  private final Checkpoints how;
  private final Path lock;
  private final Path temporary;
  private final FileChannel channel;
  private final Identity identity;
  private long updates; // at the last checkpoint
  private long nanos = System.nanoTime();

  private CheckpointFile(
      Checkpoints how, Path lock, Path temporary, FileChannel channel, Identity identity) {
    this.how = how;
    this.lock = lock;
    this.temporary = temporary;
    this.channel = channel;
    this.identity = identity;
  }

  /**
   * Takes the file.
   *
   * @param identity of the training
   * @throws TrainException where another training has it, or nothing can be written beside it
   */
  static CheckpointFile open(Checkpoints how, Identity identity) {
    Path file = how.file();
    how.check();
    Path lock = file.resolveSibling("." + file.getFileName() + ".lock");
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isTaken(channel)) {
        channel.close();
        throw new TrainException(file + ": another training keeps its checkpoints there");
      }
      return new CheckpointFile(how, lock, temporary, channel, identity);
    } catch (IOException e) {
      throw new TrainException(file + ": no checkpoint can be written there: " + e, e);
    }
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      FileLock taken = channel.tryLock();
      return taken == null;
    } catch (OverlappingFileLockException e) {
      return true; // by this very process
    }
  }

  /**
   * The training that is gone on with; null where there is none yet.
   *
   * @throws TrainException naming what differs from the training as it is now
   */
  @Nullable Checkpoint read(Dataset training, Dataset heldOut) {
    if (!Files.exists(how.file())) {
      return null;
    }
    Checkpoint saved = Checkpoint.read(how.file());
    List<String> differences = saved.identity().differences(identity, training, heldOut);
    if (!differences.isEmpty()) {
      if (how.resume() != Checkpoints.Resume.ANYWAY) {
        throw new TrainException(
            "%s: a checkpoint of another training; go on with the same, or by --resume-anyway:%n  %s"
                .formatted(how.file(), String.join("%n  ".formatted(), differences)));
      }
      saved.course().at(saved.course().position().again());
    }
    updates = saved.course().position().updates();
    Unreadable.leaveOut(training, saved.unreadable().get(0));
    Unreadable.leaveOut(heldOut, saved.unreadable().get(1));
    return saved;
  }

  /** Whether the next checkpoint's time has come. */
  boolean isDue(Course.Position position) {
    return how.steps() > 0
        ? position.updates() - updates >= how.steps()
        : System.nanoTime() - nanos >= how.time().toNanos();
  }

  /** The file. */
  Path path() {
    return how.file();
  }

  /**
   * Writes a checkpoint; the one before stays where that fails.
   *
   * @param tensors what it takes to go on
   * @param unreadable positions, as {@link Checkpoint} has them
   */
  void write(Course course, List<Safetensors.Part> tensors, List<int[]> unreadable)
      throws IOException {
    updates = course.position().updates(); // where it fails, too: not tried in every step
    Checkpoint.Written content = Checkpoint.written(identity, course, tensors, unreadable);
    try {
      WholeFile.write(
          how.file(),
          temporary,
          out -> Safetensors.write(out, content.parts(), content.metadata()));
    } finally {
      nanos = System.nanoTime();
    }
  }

  @Override
  public void close() {
    try (channel) {
      Files.deleteIfExists(lock);
    } catch (IOException e) {
      // an empty file stays
    }
  }
}
