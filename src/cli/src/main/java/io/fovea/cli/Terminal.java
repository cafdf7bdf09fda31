package io.fovea.cli;

/** What the command says beside its results, on stderr. */
final class Terminal {
  private Terminal() {}

  static void note(String format, Object... args) {
    System.err.printf(format + "%n", args);
  }
}
