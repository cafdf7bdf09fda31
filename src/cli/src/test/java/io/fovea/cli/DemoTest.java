package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows. */
class DemoTest {
  private static final Path ROOT = Path.of(System.getProperty("fovea.root", "../.."));

  @Test
  void trainsExportsAndScoresPicturesOfManySizes(@TempDir Path folder) throws IOException {
    CommandRun run =
        fovea("demo", "--epochs", 2, "-o", folder, "--test-data", ROOT.resolve("test-data"));
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("accuracy "), run.out());
    assertTrue(run.out().contains("heart-1600x900.jpg"), run.out());
    assertTrue(run.out().lines().anyMatch(l -> l.startsWith("broken.jpg") && l.contains("JPEG")));
    assertTrue(Files.exists(folder.resolve("shapes.onnx")));
    List<String> rows = Files.readAllLines(folder.resolve("scores.csv"));
    assertEquals("file,label,probability,error", rows.get(0));
  }

  @Test
  void compilesTheExampleOfTheReadme(@TempDir Path folder) throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    int start = readme.indexOf("```java\nimport") + "```java\n".length();
    String code = readme.substring(start, readme.indexOf("```", start));
    Path source = Files.writeString(folder.resolve("Pets.java"), code);
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    int status =
        javac.run(
            null,
            System.out,
            System.err,
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString(),
            source.toString());
    assertEquals(0, status);
  }

  /** ONNX Runtime 1.29 reads the command line as it loads, and overflows a usual stack by it. */
  @Test
  void runsWithACommandLineOfAnyLength() throws Exception {
    String classPath = System.getProperty("java.class.path") + ":/none".repeat(3000);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    CommandRun run = CommandRun.process(java, "-cp", classPath, "io.fovea.cli.Fovea", "doctor");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("onnxruntime"), run.out());
  }

  /** Libtorch's statics are gone once a process exits: a step under way would crash it. */
  @Test
  void stopsATrainingBetweenTwoStepsWhenTold(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-CreateCoredumpOnCrash",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path"),
                "io.fovea.cli.Fovea",
                "train",
                "resnet20",
                "--data",
                ROOT.resolve("test-data/shapes").toString(),
                "--epochs",
                "50",
                "--json",
                "-o",
                folder.resolve("stopped.onnx").toString())
            .directory(folder.toFile())
            .redirectError(log.toFile())
            .start();
    try (BufferedReader out = process.inputReader()) {
      String epoch = out.readLine();
      assertTrue(epoch != null && epoch.startsWith("{\"epoch\":1,"), Files.readString(log));
      process.destroy(); // SIGTERM
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(128 + 15, process.exitValue(), Files.readString(log));
    assertFalse(Files.exists(folder.resolve("stopped.onnx")));
    try (var left = Files.list(folder)) {
      assertEquals(List.of(log), left.toList());
    }
  }
}
