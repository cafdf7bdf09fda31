package io.fovea.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes out of a run folder what its last run told after the checkpoint with which a training goes
 * on, and now does again; what earlier runs told stays.
 */
final class LogCut {
  private static final byte[] RUN = "{\"kind\":\"run\"".getBytes(StandardCharsets.UTF_8);
  private static final JsonMapper JSON = new JsonMapper();

  private LogCut() {}

  /**
   * What is left of the run.
   *
   * @param isRun whether there is one
   * @param seconds that it had taken
   */
  record Kept(boolean isRun, double seconds) {
    static final Kept NOTHING = new Kept(false, 0);
  }

  /** Cuts what follows a step. */
  static Kept after(Path folder, Path metrics, long step) throws IOException {
    if (!Files.exists(metrics)) {
      return Kept.NOTHING;
    }
    byte[] all = Files.readAllBytes(metrics);
    int start = lastRun(all);
    if (start < 0) {
      return Kept.NOTHING;
    }
    List<Path> events = new ArrayList<>();
    double seconds = 0;
    int at = start;
    int kept = -1;
    while (at < all.length) {
      int end = end(all, at);
      JsonNode line = JSON.readTree(new String(all, at, end - at, StandardCharsets.UTF_8));
      if (line.has("events")) {
        events.add(folder.resolve(line.get("events").asText()).normalize());
      }
      if (kept < 0 && line.path("step").asLong() > step) {
        kept = at;
      }
      if (kept < 0) {
        seconds =
            line.path("kind").asText().equals("step") ? line.path("seconds").asDouble() : seconds;
      }
      at = end;
    }
    if (kept >= 0) {
      try (FileChannel channel = FileChannel.open(metrics, StandardOpenOption.WRITE)) {
        channel.truncate(kept);
      }
    }
    for (Path file : events) {
      if (folder.normalize().equals(file.getParent()) && Files.isRegularFile(file)) {
        EventFile.cut(file, step);
      }
    }
    return new Kept(true, seconds);
  }

  /** Where the last run's first line begins; -1 where there is none. */
  private static int lastRun(byte[] all) {
    int last = -1;
    for (int at = 0; at < all.length; at = end(all, at)) {
      boolean is = all.length - at >= RUN.length;
      for (int i = 0; is && i < RUN.length; i++) {
        is = all[at + i] == RUN[i];
      }
      last = is ? at : last;
    }
    return last;
  }

  /** Where the next line begins. */
  private static int end(byte[] all, int from) {
    int at = from;
    while (at < all.length && all[at] != '\n') {
      at++;
    }
    return Math.min(all.length, at + 1);
  }
}
