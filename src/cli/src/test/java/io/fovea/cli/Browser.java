package io.fovea.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Chromium without a window. */
final class Browser {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  /**
   * Tells the page around of elements that reach beyond the page's width, texts of a chart that lie
   * on one another, scripts that failed, and what did not load.
   */
  private static final String LOOK =
      """
      <script>
      const bad = [];
      addEventListener('error', e => bad.push('error: ' + (e.message || e.target.tagName)), true);
      addEventListener('load', () => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth > width) bad.push('scrolls sideways');
        document.querySelectorAll('details').forEach(d => d.open = true);
        for (const e of document.body.querySelectorAll('*')) {
          const r = e.getBoundingClientRect();
          if (r.right > width + 1 || r.left < -1) bad.push('wide: ' + e.outerHTML.slice(0, 160));
          const block = !e.closest('svg') && getComputedStyle(e).display === 'block';
          if (block && e.scrollWidth > e.clientWidth + 1)
            bad.push('overflows: ' + e.outerHTML.slice(0, 160));
        }
        for (const svg of document.querySelectorAll('svg')) {
          const box = svg.getBoundingClientRect();
          const all = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
          for (const [t, r] of all)
            if (r.left < box.left - 1 || r.right > box.right + 1)
              bad.push('outside: ' + t.textContent + ' in ' + svg.getAttribute('aria-label'));
          for (let i = 0; i < all.length; i++) for (let j = 0; j < i; j++) {
            const [s, a] = all[i], [t, b] = all[j];
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 0.45 * Math.min(a.height, b.height))
              bad.push('texts meet: ' + s.textContent + ' and ' + t.textContent + ' in '
                  + svg.getAttribute('aria-label'));
          }
        }
        parent.postMessage({width, bad, text: document.body.innerText}, '*');
      });
      </script>
      """;

  private static final String AROUND =
      """
      <!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
      <iframe src="%s" style="border:0;width:%dpx;height:900px"></iframe>
      <script>
      addEventListener('message', e => {
        const pre = document.createElement('pre');
        pre.textContent = 'seen ' + JSON.stringify(e.data) + ' end';
        document.body.append(pre);
      });
      </script>
      """;

  /**
   * What a page showed.
   *
   * @param seen its width, what is wrong, and its text, as JSON
   * @param console what the browser's console said
   */
  record Shown(String seen, String console) {}

  private final Path program;

  private Browser(Path program) {
    this.program = program;
  }

  /** The machine's own, if it has one. */
  static Optional<Browser> find() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Browser::new);
  }

  /** Lays a page out in so many pixels of width. */
  Shown show(Path page, int width) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("fovea-browser");
    try {
      return show(page, width, folder);
    } finally {
      try (Stream<Path> all = Files.walk(folder)) { // of what is still being written, some stays
        all.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
      } catch (UncheckedIOException e) {
        // a file went while it was listed
      }
    }
  }

  private Shown show(Path page, int width, Path folder) throws IOException, InterruptedException {
    Path looked = folder.resolve("page.html");
    String html = Files.readString(page);
    Files.writeString(looked, html.replace("<style>", LOOK + "<style>"));
    Path around = folder.resolve("around.html");
    Files.writeString(around, AROUND.formatted(looked.getFileName(), width));
    Path out = folder.resolve("dom.html");
    Path err = folder.resolve("console.txt");
    run(folder, out, err, "--dump-dom", "--window-size=1400,1000", around.toUri().toString());
    Matcher seen =
        Pattern.compile("<pre>seen (.*) end</pre>", Pattern.DOTALL).matcher(Files.readString(out));
    if (!seen.find()) {
      throw new IOException(Files.readString(out) + Files.readString(err));
    }
    String text = seen.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    List<String> console =
        Files.readAllLines(err, StandardCharsets.UTF_8).stream()
            .filter(line -> line.contains("CONSOLE"))
            .toList();
    return new Shown(text, String.join("\n", console));
  }

  private void run(Path folder, Path out, Path err, String... more)
      throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--enable-logging=stderr",
                "--user-data-dir=" + folder.resolve("profile"),
                "--virtual-time-budget=5000"));
    line.addAll(List.of(more));
    Process process =
        new ProcessBuilder(line).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    if (!process.waitFor(180, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new IOException(program + " did not end: " + Files.readString(err));
    }
  }
}
