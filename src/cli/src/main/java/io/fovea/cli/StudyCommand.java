package io.fovea.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "study",
    description = {
      "Runs an experiment about a claim of the literature, on the CPU and in minutes, and writes a",
      "page with its plots, tables and whether this run bears the claim out; without a name, lists",
      "them."
    })
final class StudyCommand implements Callable<Integer> {
  private static final int WIDE = 100;

  /** Of the studies, for completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Study.all().stream().map(Study::name).iterator();
    }
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = "one of ${COMPLETION-CANDIDATES}")
  @Nullable String name;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "the page; default: study-NAME.html")
  @Nullable Path output;

  @Option(
      names = "--seed",
      description = "draws weights, pictures and their order; default: ${DEFAULT-VALUE}")
  long seed;

  @Option(names = "--quick", description = "a few seconds: shows that it runs, but settles nothing")
  boolean quick;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = {
        "pictures of classes to take in place of the study's own: a folder for each class, MNIST's",
        "or CIFAR-10's files"
      })
  @Nullable Path data;

  @Option(names = "--json", description = "one JSON object, or one a line")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (name == null) {
      list();
      return 0;
    }
    Study study = Study.named(name);
    Path page = output == null ? Path.of("study-" + name + ".html") : output;
    Report.check(page);
    Path shapes = Path.of(System.getProperty("fovea.home", "."), "test-data", "shapes");
    Terminal.note("%s", study.claim());
    long start = System.nanoTime();
    double before = processorSeconds();
    Findings found = study.run(new Lab(seed, quick, data, shapes));
    double seconds = (System.nanoTime() - start) / 1e9;
    StudyReport.write(page, study, found, facts(seconds, before));
    tell(study, found, page, seconds);
    return 0;
  }

  private static void listJson() {
    for (Study s : Study.all()) {
      System.out.println(
          Json.text(
              Map.of(
                  "name", s.name(),
                  "claim", s.claim(),
                  "paper", s.paper())));
    }
  }

  private void list() {
    if (json) {
      listJson();
      return;
    }
    Table table = new Table("<name", "<claim");
    Study.all().forEach(s -> table.row(s.name(), s.claim()));
    table.print(WIDE);
  }

  /** What this process has computed so far, on all processors. */
  private static double processorSeconds() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  private Map<String, String> facts(double seconds, double before) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("run", quick ? "quick: a smaller one, which settles nothing" : "whole");
    facts.put("seed", "" + seed);
    facts.put("data", data == null ? "the study's own" : data.toString());
    facts.put("time", Html.time(seconds));
    facts.put("processor time", Html.time(processorSeconds() - before));
    facts.put("processors", "" + Runtime.getRuntime().availableProcessors());
    return facts;
  }

  private void tell(Study study, Findings found, Path page, double seconds) {
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("name", study.name());
      facts.put("borneOut", found.isBorneOut());
      facts.put("checks", found.checks().stream().map(StudyCommand::facts).toList());
      facts.put("seed", seed);
      facts.put("quick", quick);
      facts.put("seconds", seconds);
      facts.put("file", page.toString());
      System.out.println(Json.text(facts));
      return;
    }
    Table table = new Table("<holds", ">expected", ">met", "<number");
    for (Findings.Check c : found.checks()) {
      String met = Html.number(c.met());
      table.row(c.holds() ? "yes" : "no", c.expected(), met, c.what());
    }
    table.print(WIDE);
    System.out.println(StudyReport.verdict(found));
    System.out.println(page + ": written");
  }

  private static Map<String, Object> facts(Findings.Check c) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("number", c.what());
    facts.put("expected", List.of(c.isLeast() ? "least" : "most", c.bound()));
    facts.put("met", Double.isFinite(c.met()) ? c.met() : "" + c.met());
    facts.put("holds", c.holds());
    return facts;
  }
}
