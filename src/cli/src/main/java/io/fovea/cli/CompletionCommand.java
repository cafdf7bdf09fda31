package io.fovea.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = {
      "Prints a script that completes commands and options as TAB is pressed.",
      "For this shell:  source <(fovea completion bash)",
      "For every shell: the same line in ~/.bashrc, with zsh in ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {
  /** Who reads the script: it is one, and in zsh first turns on the reading of bash's. */
  enum Shell {
    BASH,
    ZSH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "SHELL", description = "one of ${COMPLETION-CANDIDATES}")
  Shell shell = Shell.BASH;

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    System.out.print(AutoComplete.bash("fovea", spec.root().commandLine()));
    return 0;
  }
}
