package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's dependencies for CUDA, resolved by Maven; POMs alone, not the jar of 612 MB. */
class CudaDependencyTest {
  private static final Path ROOT =
      Path.of(System.getProperty("fovea.root", "../..")).toAbsolutePath().normalize();

  @Test
  void theReadmesDependenciesReplaceOnnxRuntime(@TempDir Path folder) throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    Matcher block =
        Pattern.compile("```xml\\n(<dependency>.*?)```", Pattern.DOTALL).matcher(readme);
    assertTrue(block.find(), "the README shows dependencies");
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String version = pom.replaceFirst("(?s).*<onnxruntime.version>(.*?)<.*", "$1");
    String plugin =
        pom.replaceFirst("(?s).*>maven-dependency-plugin</artifactId>\\s*<version>(.*?)<.*", "$1");
    String head =
        "<project><modelVersion>4.0.0</modelVersion><groupId>sample</groupId><version>1</version>";
    Path sample = Files.createDirectory(folder.resolve("sample"));
    Files.writeString(
        sample.resolve("pom.xml"),
        head
            + "<artifactId>sample</artifactId><dependencies>"
            + block.group(1)
            + "</dependencies></project>");
    // Together with the modules, which need not be installed for that.
    Files.writeString(
        folder.resolve("pom.xml"),
        head
            + "<artifactId>all</artifactId><packaging>pom</packaging><modules><module>"
            + folder.toRealPath().relativize(ROOT.toRealPath())
            + "</module><module>sample</module></modules></project>");
    Path tree = folder.resolve("tree.txt");
    Path log = folder.resolve("log.txt");
    Process maven =
        new ProcessBuilder(
                ROOT.resolve("mvnw").toString(),
                "-B",
                "-f",
                folder.resolve("pom.xml").toString(),
                "-pl",
                ":sample",
                "-am",
                "org.apache.maven.plugins:maven-dependency-plugin:" + plugin + ":tree",
                "-DoutputFile=" + tree,
                "-DappendOutput=true")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int status = maven.waitFor();
    String said = Files.readString(log, StandardCharsets.UTF_8);
    assumeTrue(
        status == 0 || !said.matches("(?s).*(offline|Unknown host|Could not transfer|timed out).*"),
        "skipped: the repository of onnxruntime_gpu cannot be reached");
    assertEquals(0, status, said);
    String all = Files.readString(tree);
    String own = all.substring(all.indexOf("sample:sample"));
    assertTrue(own.contains("com.microsoft.onnxruntime:onnxruntime_gpu:jar:" + version), own);
    assertTrue(own.contains("io.fovea:fovea-image:jar"), own);
    assertFalse(own.contains("com.microsoft.onnxruntime:onnxruntime:jar"), own);
    assertFalse(said.matches("(?s).*Downloading[^\\n]*onnxruntime_gpu-[^\\n]*\\.jar.*"), said);
  }
}
