package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import io.fovea.train.Checkpoints;
import io.fovea.train.Dataset;
import io.fovea.train.DivergedException;
import io.fovea.train.Duplicates;
import io.fovea.train.Libtorch;
import io.fovea.train.Noise;
import io.fovea.train.Recipe;
import io.fovea.train.Settings;
import io.fovea.train.Trained;
import io.fovea.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "train",
    description = {
      "Trains an architecture or an ONNX file, and writes an ONNX file.",
      "The file is run by ONNX Runtime and compared with libtorch before it is written."
    })
final class TrainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "ARCHITECTURE|FILE",
      description = "a name, or an .onnx file to fine-tune")
  String net = "";

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "the .onnx file; not needed with --find-lr")
  @Nullable Path output;

  @Option(
      names = "--find-lr",
      description = {
        "train nothing: try rising learning rates on a copy of the net, a hundred steps at most,",
        "tell what becomes of the loss, and suggest a rate for --lr; --log and --report get the curve"
      })
  boolean findRate;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--critic-out",
      paramLabel = "FILE",
      description = "also the critic that has learned, of a loss that has one; an .onnx file")
  @Nullable Path criticOutput;

  @Mixin FeedOptions feed = new FeedOptions();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cpu, cuda:N or auto; default: ${DEFAULT-VALUE}")
  String device = "cpu";

  @Option(
      names = "--json",
      description = "an object a line to standard output: epochs, then the file")
  boolean json;

  @Mixin GraphOptions graph = new GraphOptions();

  @Mixin SeeingOptions seeing = new SeeingOptions();

  @Mixin CheckpointOptions keeping = new CheckpointOptions();

  @Mixin FineTuneOptions tuning = new FineTuneOptions();

  @Mixin RecipeOptions recipes = new RecipeOptions();

  @Override
  public Integer call() throws IOException {
    Path written = output;
    if (written != null) {
      OutputFile.model(written);
    } else if (!findRate) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--output=FILE'");
    }
    if (criticOutput != null) {
      OutputFile.model(criticOutput);
    }
    seeing.check();
    if (findRate && keeping.isGiven()) {
      throw new Fovea.UserException(
          "--find-lr trains nothing that could go on: it takes no --checkpoint, --checkpoint-every,"
              + " --resume or --resume-anyway");
    }
    if (findRate && criticOutput != null) {
      throw new Fovea.UserException("--find-lr trains no critic: it takes no --critic-out");
    }
    Checkpoints checkpoints = keeping.checkpoints();
    Device trained = Libtorch.usable(ServingOptions.device(device));
    boolean isFile = net.endsWith(".onnx");
    if (isFile && graph.shapes()) {
      throw new Fovea.UserException(GraphOptions.NAMES + " are for new graphs, not " + net);
    }
    Model file = isFile ? Model.read(Path.of(net)) : null;
    Architecture named = isFile ? null : Architectures.named(net);
    Settings settings = recipes.settings(graph.seed);
    graph.seed = settings.seed();
    long seed = graph.seed == null ? 0 : graph.seed;
    Model given =
        named != null && named.task() == Architecture.Task.GENERATION
            ? named.model(graph.options(null))
            : file;
    Noise noise = given == null ? null : Noise.of(given);
    List<Dataset> parts = noise == null ? data.parts(seed) : data.pictures(seed);
    Dataset all = parts.get(0);
    boolean makes = named == null ? noise != null || makesPictures(file) : named.paints();
    boolean pairs = all.task() == Task.Kind.PICTURE;
    if (makes != pairs && (makes || named != null)) {
      throw new Fovea.UserException(
          "%s makes %s, met %s"
              .formatted(
                  net,
                  makes
                      ? "pictures: expected data of inputs/ and targets/, or of pictures alone"
                      : "no pictures: expected data of classes, such as a folder of pictures for each",
                  data.data));
    }
    Recipe recipe = settings.over(Recipe.of(noise == null ? all.task() : Task.Kind.GENERATION));
    if (criticOutput != null && recipe.loss().adversarial() == null) {
      throw new Fovea.UserException("--critic-out: loss %s has no critic".formatted(recipe.loss()));
    }
    Preprocessing fed =
        noise != null
            ? feed.made(noise.made(Objects.requireNonNull(given)))
            : file == null
                ? feed.fed(all, named, graph.channels)
                : feed.fed(net, file, all, graph.channels);
    Model model =
        given == null ? fresh(Objects.requireNonNull(named), fed, all) : prepared(given, all, seed);
    if (written == null || findRate) {
      Trainer trainer = Trainer.of(model).recipe(recipe).preprocessing(fed).device(trained);
      new FoundRate(net, recipe, seeing).find(trainer, all, json);
    } else {
      write(train(model, parts, fed, recipe, trained, checkpoints, written, seeing, json).critic());
    }
    data.tellUnreadable();
    return 0;
  }

  private void write(@Nullable Model critic) {
    if (criticOutput != null && critic != null) {
      critic.write(criticOutput);
      Terminal.note("%s: written, the critic after the last epoch", criticOutput);
    }
  }

  private Model prepared(Model file, Dataset all, long seed) {
    return all.task() == Task.Kind.PICTURE
        ? file
        : tuning.prepared(file, all.labels().size(), graph.dropout, seed);
  }

  private boolean makesPictures(@Nullable Model file) {
    Task task = file == null ? null : Specification.of(net, file.metadata()).task();
    return task != null && task.kind() == Task.Kind.PICTURE;
  }

  private Model fresh(Architecture architecture, Preprocessing fed, Dataset all) {
    graph.channels = fed.channels();
    return architecture.model(graph.options(architecture.paints() ? null : all.labels().size()));
  }

  /** Trains, tells how it goes, and writes the file. */
  static Trained train(
      Model model,
      List<Dataset> parts,
      Preprocessing fed,
      Recipe recipe,
      Device device,
      @Nullable Checkpoints checkpoints,
      Path output,
      SeeingOptions seeing,
      boolean json)
      throws IOException {
    Dataset data = parts.get(0);
    Terminal.note(
        "%s: %,d parameters; %,d pictures to train on, %,d held out, %s",
        model.graph().name(),
        InspectCommand.parameters(model),
        data.size(),
        parts.get(1).size(),
        switch (data.task()) {
          case PICTURE -> Noise.of(model) == null ? "each with a picture to make" : "made of noise";
          case REGRESSION -> data.labels().size() + " values";
          default -> data.labels().size() + " classes";
        });
    Terminal.note("recipe:%n%s", recipe.toYaml().stripTrailing().indent(2).stripTrailing());
    Terminal.note("preprocessing: %s", fed.toJson());
    Terminal.note("device: %s", device);
    Duplicates twice = Duplicates.between(data, parts.get(1));
    if (twice.count() > 0) {
      Terminal.note(
          "%,d of %,d held-out pictures are also trained on, byte for byte, such as %s (%s)",
          twice.count(), parts.get(1).size(), twice.heldOut(), twice.training());
    }
    Trained trained;
    try (Watch watch = seeing.watch(model, parts, recipe, twice, json)) {
      Trainer trainer =
          Trainer.of(model).recipe(recipe).preprocessing(fed).device(device).listener(watch);
      trained =
          (checkpoints == null ? trainer : trainer.checkpoints(checkpoints))
              .fit(data, parts.get(1));
    } catch (DivergedException e) {
      String name = output.getFileName().toString().replaceFirst("(\\.onnx)?$", "");
      Path kept = output.resolveSibling(name + ".epoch" + e.epoch() + ".onnx");
      e.lastGood().write(kept);
      throw new Fovea.UserException(e.getMessage() + ": " + kept);
    }
    if (recipe.patience() > 0) {
      Terminal.note(
          "epoch %d is kept, the best of %d; its held-out figure chose it, and so flatters it",
          trained.kept().number(), trained.history().size());
    }
    double difference = trained.write(output);
    Terminal.note(
        "%s: written; ONNX Runtime differs from libtorch by %.1e of the largest value",
        output, difference);
    seeing.report(output, parts.get(1), fed);
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", output.toString());
      facts.put("difference", difference);
      System.out.println(Json.text(facts));
    }
    return trained;
  }
}
