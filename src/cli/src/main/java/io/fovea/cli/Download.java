package io.fovea.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.onnx.Sha256;
import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files into a cache, a folder for each address: the file, what is known of it as JSON, and
 * while it is fetched its part. A part is gone on with where the server still has the same file.
 * One process fetches an address at a time; others wait and find it there.
 */
final class Download {
  private static final int ATTEMPTS = 4;
  private static final long LOCK_POLL_MILLIS = 100;

  /**
   * A file in the cache.
   *
   * @param cached whether it was there before
   */
  record Fetched(Path file, long bytes, String sha256, boolean cached) {}

  /** A fetch that broke off and may be tried again. */
  private static final class Cut extends Exception {
    private static final long serialVersionUID = 1L;

    Cut(String message) {
      super(message);
    }
  }

  /** The names in an address's folder. */
  private record Place(URI url, Path folder, String name) {
    Path whole() {
      return folder.resolve(name);
    }

    Path part() {
      return folder.resolve(name + ".part");
    }

    Path facts() {
      return folder.resolve(name + ".json");
    }
  }

  private final Path cache;
  private final Duration patience;
  private final Duration pause;
  private final HttpClient client;

  /**
   * Downloads into a folder.
   *
   * @param patience how long a server may be silent
   * @param pause before the second attempt; doubled before each later one
   */
  Download(Path cache, Duration patience, Duration pause) {
    this.cache = cache;
    this.patience = patience;
    this.pause = pause;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL) // never from https to http
            .connectTimeout(patience)
            .build();
  }

  /** The user's cache folder for Fovea, where each system keeps such. */
  static Path cacheFolder(String system, Map<String, String> environment, Path home) {
    String os = system.toLowerCase(Locale.ROOT);
    if (os.contains("mac")) {
      return home.resolve("Library/Caches/fovea");
    }
    String said = environment.get(os.contains("windows") ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    boolean usable = said != null && !said.isEmpty() && Path.of(said).isAbsolute();
    String usual = os.contains("windows") ? "AppData/Local" : ".cache";
    return (usable ? Path.of(said) : home.resolve(usual)).resolve("fovea");
  }

  /**
   * The file of an address, from the cache where it is there unharmed.
   *
   * @param sha256 what the file must hash to; null where that is not known
   * @throws Fovea.UserException where it cannot be had; nothing of a wrong file is left then
   */
  Fetched fetch(URI url, @Nullable String sha256) throws IOException, InterruptedException {
    Place place = place(url);
    Files.createDirectories(place.folder);
    Path lock = place.folder.resolve("lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = locked(channel, url)) {
      Objects.requireNonNull(held);
      Fetched there = cached(place, sha256);
      return there != null ? there : fetched(place, sha256);
    }
  }

  private Place place(URI url) {
    String path = Objects.requireNonNullElse(url.getPath(), "");
    String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    boolean usable = name.matches(".*[A-Za-z0-9].*") && !name.startsWith(".");
    String key = Sha256.of(url.toString()).substring(0, 16);
    return new Place(url, cache.resolve(key), usable ? name : "file" + name);
  }

  private static FileLock locked(FileChannel channel, URI url)
      throws IOException, InterruptedException {
    for (boolean told = false; ; told = true) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException e) {
        // held by this process
      }
      if (!told) {
        Terminal.note("%s: waits for another download of it", url);
      }
      Thread.sleep(LOCK_POLL_MILLIS);
    }
  }

  private static @Nullable Fetched cached(Place place, @Nullable String wanted) throws IOException {
    String known = facts(place).get("sha256");
    if (known == null
        || !Files.isRegularFile(place.whole())
        || (wanted != null && !known.equals(wanted))) {
      return null;
    }
    String met = Sha256.of(place.whole());
    return met.equals(known)
        ? new Fetched(place.whole(), Files.size(place.whole()), met, true)
        : null;
  }

  private Fetched fetched(Place place, @Nullable String wanted)
      throws IOException, InterruptedException {
    Duration wait = pause;
    for (int attempt = 1; ; attempt++) {
      try {
        transfer(place);
        break;
      } catch (Cut e) {
        if (attempt == ATTEMPTS) {
          throw new Fovea.UserException(
              "%s: %s; given up after %d attempts, the same command goes on"
                  .formatted(place.url, e.getMessage(), ATTEMPTS));
        }
        Terminal.note("%s; tried again", place.url + ": " + e.getMessage());
        Thread.sleep(wait.toMillis());
        wait = wait.multipliedBy(2);
      }
    }
    String met = Sha256.of(place.part());
    if (wanted != null && !met.equals(wanted)) {
      Files.delete(place.part());
      throw new Fovea.UserException(
          "%s: expected SHA-256 %s, met %s; the file is removed".formatted(place.url, wanted, met));
    }
    long bytes = Files.size(place.part());
    Files.move(place.part(), place.whole(), StandardCopyOption.REPLACE_EXISTING);
    write(place, Map.of("url", place.url.toString(), "sha256", met));
    return new Fetched(place.whole(), bytes, met, false);
  }

  /** One request, which goes on with the part where there is one. */
  private void transfer(Place place) throws IOException, InterruptedException, Cut {
    Path part = place.part();
    String same = facts(place).get("validator");
    long have = same != null && Files.exists(part) ? Files.size(part) : 0;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(place.url).timeout(patience).header("Accept-Encoding", "identity");
    if (have > 0 && same != null) {
      request.header("Range", "bytes=" + have + "-").header("If-Range", same);
    }
    HttpResponse<InputStream> response = send(request.build());
    try (InputStream in = response.body()) {
      int status = response.statusCode();
      boolean goesOn = status == 206 && goesOn(response, have);
      if (status == 416 || (status == 206 && !goesOn)) {
        Files.deleteIfExists(part);
        throw new Cut("the server's file is another than the part of it here");
      }
      if (status != 200 && status != 206) {
        refuse(place.url, response);
      }
      if (!goesOn) {
        have = 0;
        write(place, started(place.url, response));
      }
      long left = response.headers().firstValueAsLong("Content-Length").orElse(-1);
      room(place, left);
      try (FileChannel out =
          FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        copy(place, in, out.truncate(have).position(have), left < 0 ? -1 : have + left);
        out.force(true);
      }
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws InterruptedException, Cut {
    try {
      return client.send(request, BodyHandlers.ofInputStream());
    } catch (IOException e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof UnresolvedAddressException) {
          throw new Fovea.UserException(
              "%s: no host '%s' is known".formatted(request.uri(), request.uri().getHost()));
        }
      }
      throw new Cut(e instanceof ConnectException ? "no connection to the server" : text(e));
    }
  }

  private static String text(IOException e) {
    return Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
  }

  private static boolean goesOn(HttpResponse<?> response, long have) {
    String range = response.headers().firstValue("Content-Range").orElse("");
    return range.startsWith("bytes " + have + "-");
  }

  private static void refuse(URI url, HttpResponse<?> response) throws Cut {
    int status = response.statusCode();
    if (status == 408 || status == 429 || status >= 500) {
      throw new Cut("the server answers " + status);
    }
    String what =
        switch (status) {
          case 401, 403 -> "access denied";
          case 404 -> "no such file there";
          case 410 -> "the file is no longer there";
          case 301, 302, 303, 307, 308 ->
              "it moved to %s, which is not followed"
                  .formatted(response.headers().firstValue("Location").orElse("nowhere"));
          default -> "expected a file";
        };
    throw new Fovea.UserException("%s: %s (status %d)".formatted(url, what, status));
  }

  /** What is known as the first byte comes; the validator tells later whether the file changed. */
  private static Map<String, String> started(URI url, HttpResponse<?> response) {
    Map<String, String> facts = new TreeMap<>(Map.of("url", url.toString()));
    response
        .headers()
        .firstValue("ETag")
        .filter(tag -> !tag.startsWith("W/")) // weak: not byte for byte
        .or(() -> response.headers().firstValue("Last-Modified"))
        .ifPresent(v -> facts.put("validator", v));
    return facts;
  }

  private static void room(Place place, long bytes) throws IOException {
    long free = Files.getFileStore(place.folder).getUsableSpace();
    if (bytes > free) {
      throw new Fovea.UserException(
          "%s: %,d bytes are more than the %,d that are free at %s"
              .formatted(place.url, bytes, free, place.folder));
    }
  }

  private void copy(Place place, InputStream in, FileChannel out, long total)
      throws IOException, Cut {
    byte[] block = new byte[1 << 16];
    try (Watchdog watchdog = new Watchdog(in, patience);
        Progress bar = Progress.bytes(place.name, total)) {
      while (true) {
        int n;
        try {
          n = in.read(block);
        } catch (IOException e) {
          throw new Cut(watchdog.hasBitten() ? silent() : "the connection broke: " + text(e));
        }
        if (n < 0) {
          break;
        }
        watchdog.feed();
        ByteBuffer bytes = ByteBuffer.wrap(block, 0, n);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        bar.at(out.position());
      }
      if (watchdog.hasBitten()) {
        throw new Cut(silent());
      }
      if (total >= 0 && out.position() != total) {
        throw new Cut("the connection broke at byte %,d of %,d".formatted(out.position(), total));
      }
    }
  }

  private String silent() {
    return "the server was silent for %d s".formatted(patience.toSeconds());
  }

  private static Map<String, String> facts(Place place) throws IOException {
    try {
      return Files.exists(place.facts())
          ? new JsonMapper()
              .readValue(
                  Files.readString(place.facts()), new TypeReference<Map<String, String>>() {})
          : Map.of();
    } catch (JsonProcessingException e) {
      return Map.of(); // damaged: fetched anew
    }
  }

  private static void write(Place place, Map<String, String> facts) throws IOException {
    byte[] text = Json.text(new TreeMap<>(facts)).getBytes(StandardCharsets.UTF_8);
    WholeFile.write(place.facts(), out -> out.write(text));
  }
}
