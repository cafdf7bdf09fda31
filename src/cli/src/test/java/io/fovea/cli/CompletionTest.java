package io.fovea.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the shell offers when TAB is pressed. */
class CompletionTest {
  @TempDir Path folder;

  /** Sources the script in a shell, then runs more commands there. */
  private String in(String shell, String commands) throws IOException, InterruptedException {
    boolean installed =
        Arrays.stream(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
            .anyMatch(p -> Files.isExecutable(Path.of(p, shell)));
    assumeTrue(installed, "skipped: this machine has no " + shell);
    CommandRun script = CommandRun.fovea("completion", shell);
    assertEquals(0, script.status(), script.err());
    Path file = Files.writeString(folder.resolve("completion"), script.out());
    String start = shell.equals("zsh") ? "-fc" : "-c";
    CommandRun run =
        CommandRun.process(
            shell, start, "HOME=%s; source %s\n%s".formatted(folder, file, commands));
    assertEquals("", run.err());
    assertEquals(0, run.status());
    return run.out().strip();
  }

  @Test
  void isRegisteredInBash() throws Exception {
    String line = in("bash", "complete -p fovea");
    assertTrue(line.contains("-F _complete_fovea"), line);
  }

  @ParameterizedTest
  @CsvSource({
    "fovea tr, train",
    "fovea pu, pull",
    "fovea convert --wei, --weights",
    "fovea architectures --sv, --svg",
    "fovea comp, completion",
    "fovea new --act, --activation",
    "fovea train --find, --find-lr",
    "fovea train --precision bf, bfloat16",
    "fovea completion z, zsh",
    "fovea study vani, vanishing-gradients",
    "fovea doctor --q, --quiet"
  })
  void offersCommandsOptionsAndValuesInBash(String typed, String offered) throws Exception {
    String[] words = typed.split(" ");
    String line = // compopt works while TAB is pressed only
        "compopt() { :; }; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_fovea; echo ${COMPREPLY[@]}"
            .formatted(typed, words.length - 1);
    assertTrue(Set.of(in("bash", line).split(" ")).contains(offered));
  }

  @Test
  void isRegisteredInZsh() throws Exception {
    String line = in("zsh", "print $_comps[fovea]");
    assertTrue(line.contains("_complete_fovea"), line);
  }

  @Test
  void saysHowItIsInstalled() {
    String help = CommandRun.fovea("completion", "--help").out();
    for (String part : List.of("source <(fovea completion bash)", "~/.bashrc", "~/.zshrc")) {
      assertTrue(help.contains(part), help);
    }
  }
}
