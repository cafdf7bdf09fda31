package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("```java\n(import .*?class (\\w+) .*?)```", Pattern.DOTALL);

  @TempDir Path jar;

  @Test
  void anArchitectureFromAnotherJarStandsBesideOurs() throws Exception {
    compileTheReadmesExample("");
    Model model = withJar(() -> Architectures.named("tiny").model(Options.classes(7)));
    try (ImageModel served = ImageModel.load("tiny", model.toBytes(), Device.cpu())) {
      FloatBuffer pixels = FloatBuffer.wrap(new float[2 * 3 * 45 * 61]);
      assertArrayEquals(new long[] {2, 7}, served.run(pixels, new long[] {2, 3, 45, 61}).shape());
    }
    OnnxException gone = assertThrows(OnnxException.class, () -> Architectures.named("tiny"));
    assertTrue(gone.getMessage().startsWith("no architecture 'tiny'"), gone.getMessage());
  }

  @Test
  void refusesAnArchitectureOfATakenName() throws Exception {
    compileTheReadmesExample("resnet18");
    OnnxException e =
        assertThrows(OnnxException.class, () -> withJar(() -> Architectures.named("resnet18")));
    assertEquals("TinyNet: there is an architecture 'resnet18' already", e.getMessage());
  }

  private void compileTheReadmesExample(String otherName) throws IOException {
    Matcher found = EXAMPLE.matcher(Files.readString(Path.of("README.md")));
    assertTrue(found.find(), "README.md has no example");
    String code = found.group(1);
    assertTrue(code.lines().count() <= 30, "the example is no longer short");
    if (!otherName.isEmpty()) {
      code = code.replace("Architecture(\"tiny\"", "Architecture(\"" + otherName + "\"");
    }
    Path source = Files.writeString(jar.resolve(found.group(2) + ".java"), code);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                jar.toString(),
                source.toString());
    assertEquals(0, status, "the README's example does not compile");
    Path services = Files.createDirectories(jar.resolve("META-INF/services"));
    Files.writeString(services.resolve(ArchitectureProvider.class.getName()), found.group(2));
  }

  private <T> T withJar(Supplier<T> body) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return body.get();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
