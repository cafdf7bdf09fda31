package io.fovea.cli;

import io.fovea.runtime.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "benchmark",
    description = {
      "Measures how a model is run fastest on this machine: pictures of a batch, threads of a run",
      "and runs at once. The answer is kept for this machine and file, and used by fovea score."
    },
    footer = {"", "Takes some seconds, in which nothing else should run."})
final class BenchmarkCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Mixin ServingOptions serving = new ServingOptions();

  @Option(names = "--json", description = "one JSON object a line; the last is the fastest")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Table table = new Table("<batch", ">threads of a run", ">runs at once", ">pictures/s");
    Plan best =
        Plan.measure(
            file,
            serving.device(),
            serving.preprocessing(),
            plan -> {
              if (json) {
                print(plan);
              }
              table.row(
                  Integer.toString(plan.batch()),
                  Integer.toString(plan.threads()),
                  Integer.toString(plan.runs()),
                  "%.1f".formatted(plan.rate()));
            });
    Plans.usual().keep(file, serving.device(), best);
    if (json) {
      print(best);
    } else {
      table.print(Integer.MAX_VALUE);
      System.out.printf(
          "fastest: batches of %d, %d threads a run, %d runs at once%n",
          best.batch(), best.threads(), best.runs());
    }
    return 0;
  }

  private static void print(Plan plan) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("batch", plan.batch());
    facts.put("threads", plan.threads());
    facts.put("runs", plan.runs());
    facts.put("picturesPerSecond", plan.rate());
    System.out.println(Json.text(facts));
  }
}
