package io.fovea.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The checks that need a GPU, where there is none. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: the script is for Linux")
class GpuScriptTest {
  @Test
  void saysThatThereIsNoCudaDevice() throws Exception {
    assumeFalse(
        Files.exists(Path.of("/dev/nvidia0")) || Files.exists(Path.of("/dev/dxg")),
        "skipped: there may be a CUDA device");
    Path script = Path.of(System.getProperty("fovea.root", "../.."), ".ci", "gpu");
    CommandRun run = CommandRun.process("bash", script.toString());
    assertEquals("no CUDA device\n", run.out());
    assertEquals("", run.err());
    assertEquals(0, run.status());
  }
}
