package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.fovea.image.Preprocessing;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classes of the README compile, and the service serves. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("fovea.root", "../.."));
  private static final Pattern CLASS =
      Pattern.compile("```java\\n((?:(?!```).)*?public final class (\\w+).*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  private List<String> compiled() throws IOException {
    Matcher m = CLASS.matcher(Files.readString(ROOT.resolve("README.md")));
    StringWriter problems = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var files = compiler.getStandardFileManager(null, null, null);
    List<Path> sources = new ArrayList<>();
    while (m.find()) {
      Path source = folder.resolve(m.group(2) + ".java");
      sources.add(Files.writeString(source, m.group(1)));
    }
    List<String> options =
        List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"), "-Xlint");
    boolean good =
        compiler
            .getTask(
                problems, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
            .call();
    assertTrue(good, problems.toString());
    return sources.stream().map(s -> s.getFileName().toString()).toList();
  }

  private static HttpResponse<String> post(HttpServer server, String path, byte[] body)
      throws Exception {
    URI address =
        new URI(
            "http",
            null,
            InetAddress.getLoopbackAddress().getHostAddress(),
            server.getAddress().getPort(),
            path,
            null,
            null);
    HttpRequest request =
        HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void theServiceAnswersUploads() throws Exception {
    assertEquals(List.of("Pets.java", "PetsService.java"), compiled());
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method start =
          loader.loadClass("PetsService").getDeclaredMethod("start", Classifier.class, int.class);
      start.setAccessible(true);
      Classifier pets = Classifier.of(Nets.load(Nets::means), Preprocessing.named("zero-one"));
      HttpServer server = (HttpServer) start.invoke(null, pets, 0);
      assertNotNull(server);
      Path file = folder.resolve("noise.png");
      ClassifierTest.noise(30, 20, 1).writePng(file);
      byte[] png = Files.readAllBytes(file);
      HttpResponse<String> scores = post(server, "/score", png);
      assertEquals(200, scores.statusCode(), scores.body());
      assertEquals(3, scores.body().lines().count(), scores.body());
      HttpResponse<String> bad = post(server, "/score", new byte[] {1, 2, 3});
      assertEquals(400, bad.statusCode());
      assertTrue(bad.body().startsWith("upload: "), bad.body());
      assertTrue(post(server, "/statistics", new byte[0]).body().contains("answered=1"));
      server.stop(0);
    }
  }
}
