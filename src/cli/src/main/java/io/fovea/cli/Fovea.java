package io.fovea.cli;

import io.fovea.batch.BatchException;
import io.fovea.image.PictureException;
import io.fovea.onnx.OnnxException;
import io.fovea.runtime.ScoringException;
import io.fovea.train.TrainException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

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
      PullCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ScoreCommand.class,
      GenerateCommand.class,
      RestoreCommand.class,
      StudyCommand.class,
      BenchmarkCommand.class,
      ConvertCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      DoctorCommand.class,
      CompletionCommand.class
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

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "no progress and no notes, only results and errors")
  boolean quiet;

  public static void main(String[] args) {
    System.setProperty("jdk.console", "java.base"); // else newer Javas see a terminal in every pipe
    System.exit(run(args));
  }

  /** Runs a command line and gives its exit status. */
  static int run(String... args) {
    Fovea fovea = new Fovea();
    return new CommandLine(fovea)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(fovea::execute)
        .setParameterExceptionHandler((e, given) -> misread(e))
        .setExecutionExceptionHandler((e, line, parsed) -> report(e, line))
        .execute(args);
  }

  /** Runs the command; one that another starts is as quiet as that. */
  private int execute(ParseResult parsed) {
    boolean before = Terminal.isQuiet();
    Terminal.setQuiet(before || quiet);
    try {
      return new RunLast().execute(parsed);
    } finally {
      Terminal.setQuiet(before);
    }
  }

  private static int misread(ParameterException e) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println(Terminal.error(String.valueOf(e.getMessage())));
    UnmatchedArgumentException.printSuggestions(e, err);
    return mistake(e.getCommandLine());
  }

  private static int report(Exception e, CommandLine line) {
    boolean mistake =
        e instanceof UserException
            || e instanceof BatchException
            || e instanceof OnnxException
            || e instanceof PictureException
            || e instanceof ScoringException
            || e instanceof TrainException
            || e instanceof IOException;
    if (mistake) {
      line.getErr().println(Terminal.error(text(e)));
      return mistake(line);
    }
    e.printStackTrace(line.getErr());
    return FAULT;
  }

  /** Java's own messages of files are often but their names. */
  private static String text(Exception e) {
    String message = String.valueOf(e.getMessage());
    if (!(e instanceof FileSystemException f) || f.getReason() != null) {
      return message;
    }
    String why =
        e instanceof NoSuchFileException
            ? "no such file or folder"
            : e instanceof AccessDeniedException
                ? "access denied"
                : e instanceof FileAlreadyExistsException
                    ? "is a file where a folder is wanted"
                    : e.getClass().getSimpleName();
    return message + ": " + why;
  }

  private static int mistake(CommandLine line) {
    line.getErr().println("try: " + line.getCommandSpec().qualifiedName() + " --help");
    return MISTAKE;
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
