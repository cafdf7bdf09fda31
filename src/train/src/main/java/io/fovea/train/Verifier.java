package io.fovea.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs cases whose answers are known: folders in the layout of ONNX's own test data ({@code
 * model.onnx}, {@code test_data_set_N/input_M.pb}, {@code output_M.pb}), and trainings whose losses
 * PyTorch has computed ({@code train/training.json}, {@code x_K.pb}, {@code y_K.pb}, {@code
 * after_NAME.pb}). Immutable; one case at a time.
 *
 * @param relative bound on the difference, as a share of the right value
 * @param absolute what a difference may be on top of that
 */
public record Verifier(double relative, double absolute) {
  /** Bounds that ONNX's own test runner has. */
  public static final Verifier STANDARD = new Verifier(1e-3, 1e-7);

  private static final double TRAJECTORY = 1e-5;

  /** What runs a model. */
  public enum Engine {
    ONNXRUNTIME,
    TORCH
  }

  /**
   * What became of a case.
   *
   * @param name its folder
   * @param reason why it has not passed; empty where it has
   * @param absolute largest difference; NaN where nothing could be compared
   * @param relative largest difference as a share of the right value
   */
  public record Result(
      String name,
      Engine engine,
      boolean passed,
      String reason,
      double absolute,
      double relative) {}

  /**
   * The cases in a folder, by name: itself, or all that lie below it.
   *
   * @throws TrainException where there are none
   */
  public static List<Path> cases(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new TrainException(folder + ": no such folder");
    }
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> cases =
          all.filter(p -> p.endsWith("model.onnx")).map(Path::getParent).sorted().toList();
      if (cases.isEmpty()) {
        throw new TrainException(folder + ": no model.onnx in it or below");
      }
      return cases;
    } catch (IOException e) {
      throw new TrainException(folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * Runs a case: its test data, then its training where it has one and the engine trains.
   *
   * @return a failed result with its reason where the case cannot be run; never an exception
   */
  public Result verify(Path folder, Engine engine) {
    Differences all = new Differences();
    String reason = "";
    try {
      Path model = folder.resolve("model.onnx");
      List<Path> sets = sets(folder);
      try (Runner runner = Runner.of(engine, model)) {
        for (Path set : sets) {
          compare(runner, set, all);
        }
      }
      Path train = folder.resolve("train");
      boolean trains = engine == Engine.TORCH && Files.exists(train.resolve("training.json"));
      if (trains) {
        replay(Model.read(model), train, all);
      }
      if (sets.isEmpty() && !trains) {
        reason = "no test_data_set_N folder";
      }
      reason = all.problem.isEmpty() ? reason : all.problem;
    } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
      String message = String.valueOf(e.getMessage());
      reason = e instanceof OnnxException || e instanceof TrainException ? message : e.toString();
      reason = reason.replaceAll("\\s*\\R\\s*", " ");
    }
    return new Result(
        folder.toString(), engine, reason.isEmpty(), reason, all.absolute, all.relative);
  }

  private static List<Path> sets(Path folder) {
    return DataFolder.list(folder).stream()
        .filter(p -> p.getFileName().toString().startsWith("test_data_set_"))
        .toList();
  }

  /** Largest differences so far, and the first that is too large. */
  private static final class Differences {
    double absolute = Double.NaN;
    double relative = Double.NaN;
    String problem = "";

    void fail(String what) {
      problem = problem.isEmpty() ? what : problem;
    }

    void add(double difference, double wanted) {
      absolute = difference <= absolute ? absolute : difference;
      double share = difference == 0 ? 0 : difference / Math.abs(wanted);
      relative = share <= relative ? relative : share;
    }
  }

  private void compare(Runner runner, Path set, Differences all) throws IOException {
    List<Tensor> inputs = read(set, "input_");
    List<Tensor> wanted = read(set, "output_");
    List<Tensor> met = runner.run(inputs);
    if (met.size() < wanted.size()) {
      all.fail("expected %d outputs, met %d".formatted(wanted.size(), met.size()));
    }
    for (int i = 0; i < Math.min(met.size(), wanted.size()); i++) {
      compare("output " + i, wanted.get(i), met.get(i), all);
    }
  }

  private static List<Tensor> read(Path set, String prefix) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; Files.exists(set.resolve(prefix + i + ".pb")); i++) {
      all.add(Tensor.read(set.resolve(prefix + i + ".pb")));
    }
    return all;
  }

  private void compare(String what, Tensor wanted, Tensor met, Differences all) {
    if (wanted.type() != met.type() || !java.util.Arrays.equals(wanted.dims(), met.dims())) {
      all.fail("%s: expected %s, met %s".formatted(what, wanted.named(""), met.named("")));
      return;
    }
    double[] right = wanted.doubles();
    double[] values = met.doubles();
    if (right.length == 0) {
      all.add(0, 1);
    }
    for (int i = 0; i < right.length; i++) {
      boolean same = right[i] == values[i] || (Double.isNaN(right[i]) && Double.isNaN(values[i]));
      double difference = same ? 0 : Math.abs(right[i] - values[i]);
      all.add(difference, right[i]);
      if (!same && !(difference <= absolute + relative * Math.abs(right[i]))) {
        all.fail("%s: expected %s at %d, met %s".formatted(what, right[i], i, values[i]));
      }
    }
  }

  /**
   * Follows a training step by step: its losses, then parameters and running statistics, each as
   * the norm of the difference over the norm.
   */
  private void replay(Model model, Path train, Differences all) throws IOException {
    JsonNode said = new JsonMapper().readTree(train.resolve("training.json").toFile());
    String kind = said.path("loss").asText();
    Loss loss =
        switch (kind) {
          case "ce", "ce-pixel" -> Loss.CROSS_ENTROPY;
          case "mse" -> Loss.MSE;
          default -> throw new TrainException("training.json: unknown loss '" + kind + "'");
        };
    Optimizer sgd =
        new Optimizer.Sgd(
            said.path("lr").asDouble(),
            said.path("momentum").asDouble(),
            said.path("weight_decay").asDouble(),
            false);
    Recipe recipe = Recipe.classification().layout(Layout.CHANNELS_FIRST).optimizer(sgd).loss(loss);
    double bound = Math.min(relative, TRAJECTORY);
    try (Learner learner = new Learner(model, recipe);
        Torch.Work plain = Torch.plainKernels()) {
      for (int step = 0; step < said.path("steps").asInt(); step++) {
        Tensor x = Tensor.read(train.resolve("x_" + step + ".pb"));
        Targets y = targets(Tensor.read(train.resolve("y_" + step + ".pb")));
        double met = learner.step(direct(x), x.dims(), y, sgd.learningRate());
        double wanted = said.path("losses").path(step).asDouble();
        all.add(Math.abs(met - wanted), wanted);
        if (!(Math.abs(met - wanted) <= bound * Math.abs(wanted))) {
          all.fail("loss of step %d: expected %s, met %s".formatted(step, wanted, met));
        }
      }
      Model trained = learner.export();
      for (JsonNode name : said.path("after")) {
        Tensor wanted = Tensor.read(train.resolve("after_" + name.asText() + ".pb"));
        Tensor met = trained.graph().initializers().get(name.asText());
        if (met == null) {
          all.fail("the graph has no initializer '" + name.asText() + "'");
          continue;
        }
        double distance = distance(wanted.floats(), met.floats());
        all.add(distance, 1);
        if (!(distance <= bound)) {
          all.fail("'%s' is off by %.1e of its norm".formatted(name.asText(), distance));
        }
      }
    }
  }

  /** Norm of the difference over the norm. */
  private static double distance(float[] wanted, float[] met) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += Math.pow(wanted[i] - met[i], 2);
      norm += Math.pow(wanted[i], 2);
    }
    return difference == 0 ? 0 : Math.sqrt(difference / norm);
  }

  private static Targets targets(Tensor y) {
    return y.type().isFloating()
        ? new Targets.Values(y.floats(), y.dims())
        : new Targets.Classes(y.longs(), y.dims());
  }

  private static FloatBuffer direct(Tensor tensor) {
    float[] values = tensor.floats();
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(values)
        .flip();
  }
}
