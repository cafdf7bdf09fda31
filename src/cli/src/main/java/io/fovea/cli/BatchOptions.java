package io.fovea.cli;

import io.fovea.batch.Answers;
import io.fovea.batch.BatchScoring;
import io.fovea.batch.Report;
import io.fovea.batch.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Options of how many pictures are taken to their rows. */
final class BatchOptions {
  /** On which no row depends. */
  private static final Set<String> FREE =
      Set.of(
          "--output",
          "--list",
          "--workers",
          "--batch",
          "--shard",
          "--errors",
          "--restart",
          "--report",
          "--device",
          "--json",
          "--quiet");

  @Option(
      names = "--list",
      paramLabel = "FILE",
      description = "pictures or archives that a text file names, one a line; - for standard input")
  List<Path> lists = new ArrayList<>();

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "threads that read, decode and score; default: as many as processors")
  @Nullable Integer workers;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "pictures that are scored at once; default: 8, and 32 but on the processor")
  @Nullable Integer batch;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description = "the I-th of N shares of the pictures, which follow one another in order")
  @Nullable String shard;

  @Option(
      names = "--errors",
      paramLabel = "keep|fail",
      description =
          "keep: rows with their errors; fail: the first picture that cannot be read or scored ends"
              + " the run; default: ${DEFAULT-VALUE}")
  BatchScoring.Errors errors = BatchScoring.Errors.KEEP;

  @Option(names = "--restart", description = "with -o: begins anew, whatever was done before")
  boolean restart;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "rates, versions and failures of the run as JSON")
  @Nullable Path report;

  /** What is given, of which {@code -} is the list on standard input. */
  Source source(List<Path> given) {
    List<Path> paths = new ArrayList<>(given);
    List<Path> all = new ArrayList<>(lists);
    if (paths.removeIf(Source.STANDARD_INPUT::equals)) {
      all.add(Source.STANDARD_INPUT);
    }
    if (paths.isEmpty() && all.isEmpty()) {
      throw new Fovea.UserException("expected pictures, folders, archives or --list");
    }
    return new Source(paths, all);
  }

  /** Threads for a run of the model, so that those of all workers are as many as processors. */
  int threads(Source source) {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / workers(source));
  }

  private int workers(Source source) {
    int wanted =
        workers == null
            ? Runtime.getRuntime().availableProcessors()
            : atLeastOne("--workers", workers);
    boolean files = source.lists().isEmpty();
    for (Path path : source.paths()) {
      files &= Files.isRegularFile(path);
    }
    return files ? Math.min(wanted, source.paths().size()) : wanted;
  }

  private static int atLeastOne(String option, int count) {
    if (count < 1) {
      throw new Fovea.UserException(option + ": expected 1 or more, met " + count);
    }
    return count;
  }

  /** Scoring as these options say. */
  BatchScoring scoring(Answers answers, @Nullable CommandSpec spec, BatchScoring.Watcher watcher) {
    BatchScoring scoring = BatchScoring.of(answers).errors(errors).restart(restart).watch(watcher);
    if (workers != null) {
      scoring.workers(atLeastOne("--workers", workers));
    }
    if (batch != null) {
      scoring.batch(atLeastOne("--batch", batch));
    }
    if (report != null) {
      scoring.without(Set.of(report));
    }
    if (spec != null) {
      scoring.options(options(spec));
    }
    shard(scoring);
    return scoring;
  }

  private void shard(BatchScoring scoring) {
    if (shard == null) {
      return;
    }
    String[] parts = shard.split("/", -1);
    try {
      scoring.shard(Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1]));
      if (parts.length == 2) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new Fovea.UserException("--shard: expected I/N of 1/N to N/N, met " + shard);
  }

  /** The options that rows depend on, as they were given. */
  private static Map<String, String> options(CommandSpec spec) {
    Map<String, String> all = new TreeMap<>();
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (!FREE.contains(option.longestName())) {
        all.put(option.longestName(), String.join(",", option.stringValues()));
      }
    }
    return all;
  }

  void write(Report done) throws IOException {
    if (report != null) {
      done.write(report);
    }
  }
}
