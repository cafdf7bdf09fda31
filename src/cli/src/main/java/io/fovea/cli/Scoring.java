package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.PictureReader;
import io.fovea.runtime.ScoringException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Scores many files, a chunk at a time, in their order. */
final class Scoring {
  private static final int CHUNK = 32;
  private static final long CHUNK_BYTES = 32 << 20; // of files, which are larger when decoded

  private final Answers answers;
  private final PictureReader reader;
  private final Rows rows;
  private int scored;
  private int failed;

  private Scoring(Answers answers, PictureReader reader, Rows rows) {
    this.answers = answers;
    this.reader = reader;
    this.rows = rows;
  }

  /** All files below a folder but the hidden ones, sorted. */
  static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile)
          .filter(p -> !p.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }

  /** What became of a file. */
  private record Read(Path file, @Nullable Picture picture, String error) {}

  /** Scores files, and says how many there were; what cannot be scored gets a row that says so. */
  static void score(Answers answers, PictureReader reader, List<Path> files, Rows rows)
      throws IOException {
    Scoring all = new Scoring(answers, reader, rows);
    try (Progress progress = new Progress("score", files.size())) {
      for (int from = 0, to = 0; from < files.size(); from = to) {
        long bytes = 0;
        while (to < files.size() && to < from + CHUNK && (to == from || bytes < CHUNK_BYTES)) {
          bytes += Files.size(files.get(to++));
        }
        all.chunk(files.subList(from, to));
        progress.at(to);
      }
    }
    Terminal.note("%,d pictures scored, %,d unreadable", all.scored, all.failed);
  }

  private void chunk(List<Path> files) throws IOException {
    List<Read> read = files.parallelStream().map(this::read).toList();
    List<Path> names = new ArrayList<>();
    List<Picture> good = new ArrayList<>();
    for (Read r : read) {
      if (r.picture != null) {
        names.add(r.file);
        good.add(r.picture);
      }
    }
    List<Answers.Answer> said;
    try {
      said = good.isEmpty() ? List.of() : answers.of(names, good);
    } catch (PictureException | ScoringException e) {
      singly(read, e);
      return;
    }
    int next = 0;
    for (Read r : read) {
      if (r.picture == null) {
        error(r.file, r.error);
      } else {
        answer(r.file, said.get(next++));
      }
    }
  }

  /** One after the other, as one of them is at fault; all of them, where none is ever scored. */
  private void singly(List<Read> read, RuntimeException fault) throws IOException {
    List<@Nullable RuntimeException> faults = new ArrayList<>();
    List<Answers.@Nullable Answer> said = new ArrayList<>();
    for (Read r : read) {
      RuntimeException met = null;
      Answers.Answer answer = null;
      if (r.picture != null) {
        try {
          answer = answers.of(List.of(r.file), List.of(r.picture)).get(0);
        } catch (PictureException | ScoringException e) {
          met = e;
        }
      }
      faults.add(met);
      said.add(answer);
    }
    if (scored == 0 && said.stream().allMatch(a -> a == null)) {
      throw fault;
    }
    for (int i = 0; i < read.size(); i++) {
      Answers.Answer answer = said.get(i);
      RuntimeException met = faults.get(i);
      Read r = read.get(i);
      if (answer != null) {
        answer(r.file, answer);
      } else {
        error(r.file, met == null ? r.error : String.valueOf(met.getMessage()));
      }
    }
  }

  private void answer(Path file, Answers.Answer answer) throws IOException {
    scored++;
    rows.answer(file, answer);
  }

  private void error(Path file, String message) throws IOException {
    failed++;
    rows.error(file, message);
  }

  private Read read(Path file) {
    try {
      return new Read(file, reader.read(file), "");
    } catch (PictureException e) {
      return new Read(file, null, String.valueOf(e.getMessage()));
    }
  }
}
