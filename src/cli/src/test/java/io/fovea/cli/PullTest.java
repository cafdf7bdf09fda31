package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fovea.onnx.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Downloads from a server on this machine that breaks off, changes its file and refuses. */
class PullTest {
  private static final int SIZE = 300_000;

  @TempDir Path folder;
  private HttpServer server;
  private ExecutorService threads;
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private volatile byte[] content = bytes(1);
  private volatile String tag = "\"one\"";
  private volatile int cuts;
  private volatile boolean ranges = true;
  private volatile boolean hangs;

  private static byte[] bytes(long seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.createContext("/net.safetensors", this::serve);
    server.createContext(
        "/moved",
        e -> {
          e.getResponseHeaders().add("Location", "/net.safetensors");
          answer(e, 302);
        });
    server.createContext("/none", e -> answer(e, 404));
    server.createContext("/gone", e -> answer(e, 410));
    server.createContext("/broken", e -> answer(e, 503));
    server.createContext("/closed", e -> answer(e, 403));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange e, int status) throws IOException {
    requests.add(e.getRequestURI().getPath());
    e.sendResponseHeaders(status, -1);
    e.close();
  }

  /** Serves the file or the rest of it; the first answers break off in the middle. */
  private void serve(HttpExchange e) throws IOException {
    String range = e.getRequestHeaders().getFirst("Range");
    requests.add(String.valueOf(range));
    byte[] all = content;
    boolean same = tag.equals(e.getRequestHeaders().getFirst("If-Range"));
    int from = 0;
    if (ranges && range != null && same) {
      from = Integer.parseInt(range.replaceAll("\\D", ""));
      e.getResponseHeaders()
          .add("Content-Range", "bytes %d-%d/%d".formatted(from, all.length - 1, all.length));
    }
    e.getResponseHeaders().add("ETag", tag);
    e.sendResponseHeaders(from > 0 ? 206 : 200, all.length - from);
    OutputStream out = e.getResponseBody();
    if (hangs) {
      hangs = false;
      out.write(all, from, 1000);
      out.flush();
      return; // and never goes on
    }
    if (cuts > 0) {
      cuts--;
      out.write(all, from, (all.length - from) / 2);
      out.flush();
      e.close();
      return;
    }
    out.write(all, from, all.length - from);
    e.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), path);
  }

  private Download download() {
    return new Download(folder.resolve("cache"), Duration.ofSeconds(2), Duration.ofMillis(10));
  }

  private Download.Fetched fetch() throws IOException, InterruptedException {
    return download().fetch(URI.create(url("net.safetensors")), null);
  }

  private String refused(String path) {
    return assertThrows(
            Fovea.UserException.class, () -> download().fetch(URI.create(url(path)), null))
        .getMessage();
  }

  @Test
  void fetchesOnceAndThenAsksNoMore() throws Exception {
    Download.Fetched first = fetch();
    assertArrayEquals(content, Files.readAllBytes(first.file()));
    assertFalse(first.cached());
    Download.Fetched second = fetch();
    assertTrue(second.cached());
    assertEquals(first.file(), second.file());
    assertEquals(List.of("null"), requests);
  }

  @Test
  void fetchesAgainWhatWasDamagedInTheCache() throws Exception {
    Path file = fetch().file();
    Files.write(file, new byte[] {1});
    assertFalse(fetch().cached());
    assertArrayEquals(content, Files.readAllBytes(file));
  }

  @Test
  void goesOnWhereTheConnectionBroke() throws Exception {
    cuts = 2;
    assertArrayEquals(content, Files.readAllBytes(fetch().file()));
    assertEquals(3, requests.size());
    assertTrue(requests.get(1).matches("bytes=[1-9]\\d+-"), requests.toString());
    assertTrue(requests.get(2).matches("bytes=[1-9]\\d+-"), requests.toString());
  }

  @Test
  void goesOnInALaterCommandAfterGivingUp() throws Exception {
    cuts = 4;
    assertTrue(refused("net.safetensors").contains("given up after 4 attempts"));
    assertEquals(4, requests.size());
    assertArrayEquals(content, Files.readAllBytes(fetch().file()));
    assertTrue(requests.get(4).startsWith("bytes="), requests.toString());
  }

  @Test
  void startsAnewWhereTheFileChanged() throws Exception {
    cuts = 4;
    refused("net.safetensors");
    content = bytes(2);
    tag = "\"two\"";
    assertArrayEquals(content, Files.readAllBytes(fetch().file()));
  }

  @Test
  void startsAnewWhereTheServerKnowsNoRanges() throws Exception {
    ranges = false;
    cuts = 1;
    assertArrayEquals(content, Files.readAllBytes(fetch().file()));
  }

  @Test
  void doesNotWaitForeverForASilentServer() throws Exception {
    hangs = true;
    assertArrayEquals(content, Files.readAllBytes(fetch().file()));
    assertEquals(2, requests.size());
  }

  @Test
  void removesAFileOfAnotherHash() throws Exception {
    String wanted = "0".repeat(64);
    Fovea.UserException e =
        assertThrows(
            Fovea.UserException.class,
            () -> download().fetch(URI.create(url("net.safetensors")), wanted));
    assertTrue(e.getMessage().contains("expected SHA-256 " + wanted + ", met "), e.getMessage());
    try (var all = Files.walk(folder)) {
      assertFalse(all.anyMatch(p -> p.toString().matches(".*safetensors(\\.part)?")));
    }
  }

  @Test
  void fetchesAnewWhatTheCacheHasOfAnotherHash() throws Exception {
    fetch();
    content = bytes(2);
    Path expected = Files.write(folder.resolve("expected"), content);
    Download.Fetched second =
        download().fetch(URI.create(url("net.safetensors")), Sha256.of(expected));
    assertFalse(second.cached());
    assertArrayEquals(content, Files.readAllBytes(second.file()));
  }

  @Test
  void fetchesOnceForManyAtATime() throws Exception {
    List<Future<Download.Fetched>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(threads.submit(this::fetch));
    }
    for (Future<Download.Fetched> f : all) {
      assertArrayEquals(content, Files.readAllBytes(f.get().file()));
    }
    assertEquals(1, requests.size());
  }

  @Test
  void followsRedirects() throws Exception {
    Path file = download().fetch(URI.create(url("moved")), null).file();
    assertArrayEquals(content, Files.readAllBytes(file));
  }

  @Test
  void saysWhyAServerRefuses() {
    assertTrue(refused("none").endsWith("/none: no such file there (status 404)"));
    assertTrue(refused("gone").contains("no longer there (status 410)"));
    assertTrue(refused("closed").contains("access denied (status 403)"));
    assertEquals(3, requests.size());
    assertTrue(refused("broken").contains("the server answers 503; given up after 4 attempts"));
  }

  @Test
  void saysThatNoServerIsThere() {
    server.stop(0);
    assertTrue(refused("net.safetensors").contains("no connection to the server"));
    Fovea.UserException e =
        assertThrows(
            Fovea.UserException.class,
            () -> download().fetch(URI.create("http://nowhere.invalid/x"), null));
    assertTrue(e.getMessage().contains("no host 'nowhere.invalid' is known"), e.getMessage());
  }

  @Test
  void printsThePathAlone() throws IOException {
    Path cache = folder.resolve("cache");
    CommandRun run = fovea("pull", url("net.safetensors"), "--cache", cache);
    assertEquals(0, run.status(), run.err());
    Path file = Path.of(run.out().strip());
    assertTrue(file.startsWith(cache) && file.endsWith("net.safetensors"), run.out());
    Path copy = folder.resolve("copy.safetensors");
    CommandRun second =
        fovea("pull", url("net.safetensors"), "--cache", cache, "-o", copy, "--json", "--quiet");
    JsonNode facts = new ObjectMapper().readTree(second.out());
    assertEquals(copy.toString(), facts.get("file").asText());
    assertTrue(facts.get("cached").asBoolean());
    assertEquals(SIZE, facts.get("bytes").asInt());
    assertEquals(Sha256.of(copy), facts.get("sha256").asText());
    assertArrayEquals(content, Files.readAllBytes(copy));
    assertEquals("", second.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file:///etc/hosts | expected an address of http or https, met 'file:///etc/hosts'",
        "ftp://host/x | expected an address of http or https",
        "resnet50 | expected an address of http or https, met 'resnet50'",
        "http:// | expected an address of http or https",
        "http://host/x --sha256 abc | --sha256: expected 64 hexadecimal digits, met 'abc'"
      })
  void refusesWhatIsNoAddressOrHash(String line, String message) {
    List<Object> args = new ArrayList<>(List.of("pull"));
    args.addAll(Arrays.asList(line.split(" ")));
    CommandRun run = fovea(args.toArray());
    assertEquals(2, run.status());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void keepsFilesWhereEachSystemKeepsThem() {
    Path home = folder.toAbsolutePath();
    Map<String, String> set = Map.of("XDG_CACHE_HOME", home + "/x", "LOCALAPPDATA", home + "/l");
    assertEquals(home.resolve(".cache/fovea"), Download.cacheFolder("Linux", Map.of(), home));
    assertEquals(home.resolve("x/fovea"), Download.cacheFolder("Linux", set, home));
    assertEquals(home.resolve("Library/Caches/fovea"), Download.cacheFolder("Mac OS X", set, home));
    assertEquals(home.resolve("l/fovea"), Download.cacheFolder("Windows 11", set, home));
  }
}
