package io.fovea.cli;

import io.fovea.runtime.Scores.Score;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where scores are written, one row a picture. */
interface Rows {
  void scores(Path file, List<Score> scores) throws IOException;

  void error(Path file, String message) throws IOException;
}
