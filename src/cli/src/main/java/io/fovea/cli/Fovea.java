package io.fovea.cli;

import io.fovea.image.PictureException;
import io.fovea.onnx.OnnxException;
import io.fovea.runtime.ScoringException;
import io.fovea.train.TrainException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/**
 * The {@code fovea} command. Exit status 0: done; 1: a fault of ours; 2: a mistake in what was
 * asked.
 */
@Command(
    name = "fovea",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    version = "fovea 0.1.0",
    description =
        "Trains, exports and serves convolutional networks; ONNX is the only model format.",
    footer = {"", "Exit status: 0 done, 1 a fault of fovea's, 2 a mistake in what was asked."},
    subcommands = {
      DemoCommand.class,
      ArchitecturesCommand.class,
      NewCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ScoreCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      DoctorCommand.class
    })
public final class Fovea implements Runnable {
  private static final int FAULT = 1;
  private static final int MISTAKE = 2;

  /** What was asked cannot be done; the message says why. */
  static final class UserException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UserException(String message) {
      super(message);
    }
  }

  public static void main(String[] args) {
    System.exit(run(args));
  }

  /** Runs a command line and gives its exit status. */
  static int run(String... args) {
    return new CommandLine(new Fovea())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((e, line, parsed) -> report(e, line))
        .execute(args);
  }

  private static int report(Exception e, CommandLine line) {
    boolean mistake =
        e instanceof UserException
            || e instanceof OnnxException
            || e instanceof PictureException
            || e instanceof ScoringException
            || e instanceof TrainException
            || e instanceof IOException;
    if (mistake) {
      line.getErr().println("fovea: " + e.getMessage());
      return MISTAKE;
    }
    e.printStackTrace(line.getErr());
    return FAULT;
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
