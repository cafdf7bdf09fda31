package io.fovea.batch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes the list of the pictures that are given, as it finds them. */
final class Listing {
  private static final Pattern WILD = Pattern.compile("[*?\\[{]");

  private final Writer out;
  private final @Nullable ResultNames names;
  private final Set<Path> own;
  private final @Nullable LongSet seen;
  private long count;

  Listing(Writer out, @Nullable ResultNames names, Set<Path> own, boolean many) {
    this.out = out;
    this.names = names;
    this.own = own;
    this.seen = many ? new LongSet() : null;
  }

  long count() {
    return count;
  }

  void all(Source source) throws IOException {
    for (Path path : source.paths()) {
      path(path);
    }
    for (Path list : source.lists()) {
      list(list);
    }
  }

  private void path(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      walk(path, path, folder -> true, file -> true);
    } else if (Files.exists(path)) {
      if (isNew(path)) {
        file(path, path.getFileName());
      }
    } else if (WILD.matcher(path.toString()).find()) {
      pattern(path);
    } else {
      throw new BatchException(path.toString(), "no such file or folder");
    }
  }

  private void list(Path list) throws IOException {
    boolean standard = list.equals(Source.STANDARD_INPUT);
    try (BufferedReader lines =
        standard
            ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
            : Files.newBufferedReader(list)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          listed(list, line);
        }
      }
    }
  }

  private void listed(Path list, String line) throws IOException {
    Path file;
    try {
      file = Path.of(line);
    } catch (InvalidPathException e) {
      throw new BatchException(list.toString(), "expected a file on each line, met " + line);
    }
    file(file, below(file));
  }

  /** Where the result of a listed file goes: as its own path, below another folder. */
  private static Path below(Path file) {
    Path plain = file.normalize();
    if (plain.getNameCount() == 0) {
      return Path.of("root");
    }
    int up = 0;
    while (up < plain.getNameCount() - 1 && plain.getName(up).toString().equals("..")) {
      up++;
    }
    return plain.subpath(up, plain.getNameCount());
  }

  /** Files that a pattern names, and those of folders that it names. */
  private void pattern(Path pattern) throws IOException {
    int fixed = 0;
    while (!WILD.matcher(pattern.getName(fixed).toString()).find()) {
      fixed++;
    }
    Path base = fixed == 0 ? Path.of("") : pattern.subpath(0, fixed);
    Path root = pattern.getRoot();
    if (root != null) {
      base = root.resolve(base);
    }
    if (!Files.isDirectory(base)) {
      throw new BatchException(pattern.toString(), "no such file or folder");
    }
    long before = count;
    PathMatcher named = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    int start = base.toString().isEmpty() ? 0 : base.getNameCount();
    boolean deep = pattern.toString().contains("**");
    int depth = pattern.getNameCount();
    Predicate<Path> matches =
        path -> {
          for (Path p = path; p != null && p.getNameCount() > start; p = p.getParent()) {
            if (named.matches(p)) {
              return true;
            }
          }
          return false;
        };
    walk(
        base,
        base,
        folder -> deep || folder.getNameCount() < depth || matches.test(folder),
        matches);
    if (count == before) {
      throw new BatchException(pattern.toString(), "matches no file");
    }
  }

  /** What a folder holds, sorted as the full paths of all files below are. */
  private void walk(Path root, Path folder, Predicate<Path> enters, Predicate<Path> takes)
      throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path path : all) {
        String name = path.getFileName().toString();
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          names.add(name + "/");
        } else if (!name.startsWith(".") && Files.isRegularFile(path)) {
          names.add(name);
        }
      }
    }
    names.sort(null);
    for (String name : names) {
      Path path = folder.resolve(name);
      if (own.contains(path.toAbsolutePath().normalize())) {
        continue;
      }
      if (name.endsWith("/")) {
        if (enters.test(path)) {
          walk(root, path, enters, takes);
        }
      } else if (takes.test(path) && isNew(path)) {
        file(path, root.relativize(path));
      }
    }
  }

  private boolean isNew(Path path) {
    return seen == null || seen.add(LongSet.hash(path.toString()));
  }

  private void file(Path file, Path below) throws IOException {
    if (!Archive.is(file)) {
      if (names != null) {
        names.give(file);
      }
      write(file, null, 0, below, null);
      return;
    }
    int index = 0;
    try (Archive archive = Archive.open(file)) {
      for (String entry = archive.next(); entry != null; entry = archive.next()) {
        write(file, entry, index++, inside(entry), null);
      }
    } catch (IOException | IllegalArgumentException e) {
      write(file, null, 0, below, "no archive, or cut short: " + e.getMessage());
    }
  }

  /** An entry's name as a path that leads nowhere else. */
  private static Path inside(String entry) {
    Path path = below(Path.of(entry));
    return path.getFileName().toString().isEmpty() ? Path.of("entry") : path;
  }

  private void write(
      Path file, @Nullable String entry, int index, Path below, @Nullable String error)
      throws IOException {
    String result = names == null || error != null ? null : names.name(below);
    out.write(new Item(file.toString(), entry, index, result, error).line());
    out.write('\n');
    count++;
  }
}
