package io.fovea.cli;

import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pull",
    description = {
      "Fetches a checkpoint or an ONNX file once, and prints where it lies.",
      "What broke off is gone on with. Files are kept in the user's cache folder.",
      "For example:  fovea convert resnet50 --weights $(fovea pull URL) -o resnet50.onnx"
    })
final class PullCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  @Parameters(paramLabel = "URL", description = "an address of http or https")
  String url = "";

  @Option(
      names = "--sha256",
      paramLabel = "HEX",
      description = "what the file must hash to; another is removed")
  @Nullable String sha256;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "also written there")
  @Nullable Path output;

  @Option(
      names = "--cache",
      paramLabel = "FOLDER",
      description = "instead of the user's cache folder")
  @Nullable Path cache;

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    URI address = address(url);
    String wanted = sha256 == null ? null : digits(sha256);
    if (output != null && Files.isDirectory(output)) {
      throw new Fovea.UserException(output + ": is a folder");
    }
    Path home = Path.of(System.getProperty("user.home"));
    Path folder =
        cache != null
            ? cache
            : Download.cacheFolder(System.getProperty("os.name"), System.getenv(), home);
    Download.Fetched fetched = new Download(folder, PATIENCE, PAUSE).fetch(address, wanted);
    Path file = fetched.file();
    if (output != null) {
      WholeFile.write(output, out -> Files.copy(fetched.file(), out));
      file = output;
    }
    Terminal.note(
        "%s: %,d bytes, SHA-256 %s%s",
        file, fetched.bytes(), fetched.sha256(), fetched.cached() ? ", from the cache" : "");
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("url", url);
      facts.put("file", file.toString());
      facts.put("bytes", fetched.bytes());
      facts.put("sha256", fetched.sha256());
      facts.put("cached", fetched.cached());
      System.out.println(Json.text(facts));
      return 0;
    }
    System.out.println(file);
    return 0;
  }

  private static URI address(String text) {
    try {
      URI uri = URI.create(text);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if ((scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null) {
        return URI.create(scheme + ":" + uri.getRawSchemeSpecificPart()); // without a fragment
      }
    } catch (IllegalArgumentException e) {
      // no address at all
    }
    throw new Fovea.UserException("expected an address of http or https, met '%s'".formatted(text));
  }

  private static String digits(String text) {
    String digits = text.toLowerCase(Locale.ROOT).replaceFirst("^sha256:", "");
    if (!digits.matches("[0-9a-f]{64}")) {
      throw new Fovea.UserException(
          "--sha256: expected 64 hexadecimal digits, met '%s'".formatted(text));
    }
    return digits;
  }
}
