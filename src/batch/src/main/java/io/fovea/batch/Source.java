package io.fovea.batch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures that are given: files; folders, of which all files but the hidden ones are meant, at any
 * depth and sorted; patterns such as {@code photos/**.jpg}; archives (.tar, .tar.gz, .tgz, .zip),
 * whose entries are pictures in their own order, and which are read once to list them; and lists of
 * such files, one a line, in their order.
 *
 * @param paths files, folders, patterns and archives; one that is given twice is taken once
 * @param lists text files in UTF-8, {@code -} for standard input; they follow the paths
 */
public record Source(List<Path> paths, List<Path> lists) {
  /** The list that standard input gives. */
  public static final Path STANDARD_INPUT = Path.of("-");

  public Source {
    paths = List.copyOf(paths);
    lists = List.copyOf(lists);
  }

  /** Files, folders, patterns and archives. */
  public static Source of(Path... paths) {
    return new Source(List.of(paths), List.of());
  }

  /** Files that a text file names, one a line. */
  public static Source list(Path file) {
    return new Source(List.of(), List.of(file));
  }

  /** Whether a picture could be given twice. */
  boolean many() {
    return paths.size() > 1;
  }

  @Override
  public String toString() {
    List<Path> all = new ArrayList<>(paths);
    all.addAll(lists);
    return all.toString();
  }
}
