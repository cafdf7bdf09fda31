package io.fovea.cli;

import picocli.CommandLine.Help.Ansi;

/**
 * What is told to people: notes on stderr, which {@code --quiet} silences, and colours, which stand
 * on a terminal only and not where {@code NO_COLOR} is set.
 */
final class Terminal {
  private static volatile boolean quiet;

  private Terminal() {}

  /** Leaves notes and progress out, or no longer. */
  static void setQuiet(boolean now) {
    quiet = now;
  }

  static boolean isQuiet() {
    return quiet;
  }

  /** Whether a person watches, so that lines may be rewritten. */
  static boolean showsProgress() {
    return !quiet && System.console() != null;
  }

  /** A line on stderr that is no result, in the form of {@link String#format}. */
  static void note(String format, Object... args) {
    if (!quiet) {
      System.err.println(format.formatted(args));
    }
  }

  /** The first line of a table. */
  static String heading(String text) {
    return Ansi.AUTO.string("@|bold " + text + "|@");
  }

  /** A message that says what is wrong. */
  static String error(String message) {
    return Ansi.AUTO.string("@|bold,red fovea:|@ ") + message;
  }
}
