package io.fovea.cli;

import io.fovea.train.Verifier;
import io.fovea.train.Verifier.Engine;
import io.fovea.train.Verifier.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Runs cases whose answers are known, in the layout of ONNX's own test data (model.onnx,",
      "test_data_set_N/input_M.pb, output_M.pb), through ONNX Runtime and through the trainer, and",
      "replays trainings (train/training.json). Folders of such folders too."
    },
    footer = {"", "Exit status 1 where a case misses its tolerance or cannot be run."})
final class VerifyCommand implements Callable<Integer> {
  /** What runs the cases. */
  enum Engines {
    ONNXRUNTIME(Engine.ONNXRUNTIME),
    TORCH(Engine.TORCH),
    BOTH(Engine.ONNXRUNTIME, Engine.TORCH);

    private final List<Engine> engines;

    Engines(Engine... engines) {
      this.engines = List.of(engines);
    }
  }

  @Parameters(arity = "1..*", paramLabel = "FOLDER")
  List<Path> folders = new ArrayList<>();

  @Option(names = "--engine", description = "onnxruntime, torch or both; default: both")
  Engines engine = Engines.BOTH;

  @Option(names = "--rtol", description = "relative tolerance; default: ${DEFAULT-VALUE}")
  double relative = Verifier.STANDARD.relative();

  @Option(names = "--atol", description = "absolute tolerance; default: ${DEFAULT-VALUE}")
  double absolute = Verifier.STANDARD.absolute();

  @Option(names = "--json", description = "one JSON object a line")
  boolean json;

  @Override
  public Integer call() {
    if (!(relative >= 0 && absolute >= 0)) {
      throw new Fovea.UserException("--rtol and --atol: expected 0 or more");
    }
    List<Path> cases = new ArrayList<>();
    folders.forEach(
        f -> cases.addAll(Verifier.cases(f.endsWith("model.onnx") ? f.resolveSibling("") : f)));
    Verifier verifier = new Verifier(relative, absolute);
    int passed = 0;
    int failed = 0;
    try (Progress progress = new Progress("verify", cases.size())) {
      for (Path folder : cases) {
        for (Engine e : engine.engines) {
          Result result = verifier.verify(folder, e);
          passed += result.passed() ? 1 : 0;
          failed += result.passed() ? 0 : 1;
          print(result);
        }
        progress.at(passed + failed);
      }
    }
    Terminal.note("%,d passed, %,d failed", passed, failed);
    return failed == 0 ? 0 : 1;
  }

  private void print(Result r) {
    String engine = r.engine().name().toLowerCase(Locale.ROOT);
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("case", r.name());
      facts.put("engine", engine);
      facts.put("passed", r.passed());
      facts.put("reason", r.reason());
      facts.put("absolute", Double.isFinite(r.absolute()) ? r.absolute() : null);
      facts.put("relative", Double.isFinite(r.relative()) ? r.relative() : null);
      System.out.println(Json.text(facts));
    } else {
      String differences =
          Double.isNaN(r.absolute())
              ? ""
              : "absolute %.1e, relative %.1e".formatted(r.absolute(), r.relative());
      System.out.printf(
          "%-6s %-11s %s  %s%s%n",
          r.passed() ? "ok" : "FAILED",
          engine,
          r.name(),
          differences,
          r.passed() ? "" : (differences.isEmpty() ? "" : "; ") + r.reason());
    }
  }
}
