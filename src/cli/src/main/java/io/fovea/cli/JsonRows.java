package io.fovea.cli;

import io.fovea.runtime.Scores.Score;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON Lines: an object a picture, with its scores or its error. */
record JsonRows(Writer out) implements Rows {
  @Override
  public void scores(Path file, List<Score> scores) throws IOException {
    write(file, "scores", scores);
  }

  @Override
  public void error(Path file, String message) throws IOException {
    write(file, "error", message);
  }

  private void write(Path file, String key, Object value) throws IOException {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("file", file.toString());
    row.put(key, value);
    out.write(Json.text(row) + "\n");
  }
}
