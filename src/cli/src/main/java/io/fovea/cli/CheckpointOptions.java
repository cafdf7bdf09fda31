package io.fovea.cli;

import io.fovea.train.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how a training that was stopped goes on. */
final class CheckpointOptions {
  private static final String IN_A_FOLDER = "checkpoint.safetensors";

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE|FOLDER",
      description = {
        "where to keep what it takes to go on after the training was stopped: one safetensors",
        "file, always whole; in a folder that is there: " + IN_A_FOLDER
      })
  @Nullable Path checkpoint;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N|TIME",
      description = "steps, or a time such as 30s, 10m or 1h; 5m unless given")
  @Nullable String every;

  @Option(
      names = "--resume",
      description = {
        "go on with the checkpoint, where there is one; a training of another net, recipe or data",
        "is refused"
      })
  boolean resume;

  @Option(
      names = "--resume-anyway",
      description = "the same, and go on with another recipe or data from the epoch's start")
  boolean resumeAnyway;

  /** What the options ask for; null for no checkpoints. */
  @Nullable Checkpoints checkpoints() {
    if (checkpoint == null) {
      if (every != null || resume || resumeAnyway) {
        throw new Fovea.UserException(
            "--checkpoint-every, --resume and --resume-anyway want --checkpoint FILE");
      }
      return null;
    }
    Path file = Files.isDirectory(checkpoint) ? checkpoint.resolve(IN_A_FOLDER) : checkpoint;
    Checkpoints all =
        Checkpoints.in(file)
            .resume(
                resumeAnyway
                    ? Checkpoints.Resume.ANYWAY
                    : resume ? Checkpoints.Resume.SAME : Checkpoints.Resume.NEVER);
    all.check(); // before the data is read
    if (!Files.exists(file) && (resume || resumeAnyway)) {
      Terminal.note("%s: no checkpoint yet, starts from the beginning", file);
    }
    return every == null ? all : every(all, every);
  }

  private static Checkpoints every(Checkpoints all, String text) {
    if (!text.matches("0*[1-9]\\d{0,8}[smh]?")) {
      throw new Fovea.UserException(
          "--checkpoint-every: expected a number of steps, or a time such as 30s, 10m or 1h, met '%s'"
              .formatted(text));
    }
    String digits = text.replaceAll("[smh]", "");
    return digits.equals(text)
        ? all.every(Integer.parseInt(digits))
        : all.every(Duration.parse("PT" + text));
  }
}
