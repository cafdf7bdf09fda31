package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.train.Dataset;
import io.fovea.train.Duplicates;
import io.fovea.train.Evaluation;
import io.fovea.train.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say where a training can be seen: while it runs and afterwards. */
final class SeeingOptions {
  @Option(
      names = "--log",
      paramLabel = "FOLDER",
      description = "metrics.jsonl and TensorBoard event files, written while it trains")
  @Nullable Path log;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "a page (.html) of curves, figures, mistakes, layers and times")
  @Nullable Path report;

  private final History history = new History();
  private final Map<String, String> told = new LinkedHashMap<>();

  /** Refuses what cannot be written, before anything is computed. */
  void check() throws IOException {
    if (log != null) {
      RunFolder.check(log);
    }
    if (report != null) {
      Report.check(report);
    }
  }

  /** Who sees a training: its lines on the terminal, and what the options ask for. */
  Watch watch(Model model, List<Dataset> parts, Recipe recipe, Duplicates twice, boolean json) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("graph", model.graph().name());
    facts.put("parameters", InspectCommand.parameters(model));
    facts.put("trainedOn", parts.get(0).size());
    facts.put("heldOut", parts.get(1).size());
    facts.put("duplicates", twice.count());
    facts.put("recipe", recipe.facts());
    if (report != null) {
      told.put("Net", model.graph().name());
      told.put("Parameters", Html.of("%,d", InspectCommand.parameters(model)));
      told.put("Trained on", Html.of("%,d pictures", parts.get(0).size()));
      told.put("Held out", Html.of("%,d pictures", parts.get(1).size()));
      told.put(
          "Held out but trained on",
          twice.count() == 0
              ? "none, byte for byte"
              : Html.of(
                  "%,d pictures, such as %s (%s)",
                  twice.count(), twice.heldOut(), twice.training()));
      tell(recipe.facts(), told);
    }
    return new Watch(
        new EpochLines(recipe.epochs(), json), (goesOn, done) -> sinks(facts, goesOn, done));
  }

  /** Adds settings as a page tells them. */
  static void tell(Map<String, Object> settings, Map<String, String> told) {
    settings.forEach(
        (name, value) -> {
          if (!value.equals(List.of())) {
            told.put(name, String.valueOf(value));
          }
        });
  }

  private List<Trace.Sink> sinks(Map<String, Object> facts, boolean goesOn, long done)
      throws IOException {
    List<Trace.Sink> sinks = new ArrayList<>();
    if (log != null) {
      sinks.add(RunFolder.begin(log, facts, goesOn, done));
    }
    if (report != null) {
      sinks.add(history);
      if (done > 0) {
        told.put("Resumed", Html.of("after batch %,d, where the curves begin", done));
      }
    }
    return sinks;
  }

  /**
   * Measures the written file once more by ONNX Runtime, and writes the report, if asked for.
   *
   * @param fed as the net was trained
   */
  void report(Path file, Dataset heldOut, Preprocessing fed) throws IOException {
    if (report == null) {
      return;
    }
    ImageModel model = ImageModel.load(file, Device.cpu());
    Evaluation e = EvaluateCommand.evaluate(model, fed, new ViewOptions(), heldOut, done -> {});
    String name = String.valueOf(file.getFileName());
    new Report(name, told, history, e, heldOut).write(report);
    Terminal.note("%s: written", report);
  }
}
