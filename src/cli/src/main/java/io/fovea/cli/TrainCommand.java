package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import io.fovea.train.Augmentation;
import io.fovea.train.Dataset;
import io.fovea.train.DivergedException;
import io.fovea.train.Libtorch;
import io.fovea.train.Loss;
import io.fovea.train.Optimizer;
import io.fovea.train.PixelStatistics;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "train",
    description = {
      "Trains an architecture or an ONNX file, and writes an ONNX file.",
      "The file is run by ONNX Runtime and compared with libtorch before it is written."
    })
final class TrainCommand implements Callable<Integer> {
  private static final int SAMPLE = 1000;

  /** How gradients change parameters. */
  enum Optimizers {
    SGD,
    ADAMW
  }

  @Parameters(
      paramLabel = "ARCHITECTURE|FILE",
      description = "a name, or an .onnx file to fine-tune")
  String net = "";

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the .onnx file")
  Path output = Path.of("");

  @Option(names = "--epochs", description = "passes over the data; default: ${DEFAULT-VALUE}")
  int epochs = 10;

  @Option(names = "--batch", description = "pictures a step; default: 64, of masks 4, of values 32")
  @Nullable Integer batch;

  @Option(
      names = "--optimizer",
      description =
          "${COMPLETION-CANDIDATES}; default: SGD for classes, ADAMW for masks and values")
  @Nullable Optimizers optimizer;

  @Option(
      names = "--loss",
      description = {
        "cross_entropy, dice, cross_entropy_dice, mse, l1; default: cross_entropy for classes,",
        "cross_entropy_dice for masks, mse for values"
      })
  @Nullable Loss loss;

  @Option(
      names = "--lr",
      description = "highest learning rate; default: 0.1 for SGD, 0.002 for AdamW")
  @Nullable Double learningRate;

  @Option(names = "--momentum", description = "of SGD; default: ${DEFAULT-VALUE}")
  double momentum = 0.9;

  @Option(names = "--weight-decay", description = "default: 0.0005 for SGD, 0.01 for AdamW")
  @Nullable Double weightDecay;

  @Option(names = "--warmup", description = "share of steps; default: ${DEFAULT-VALUE}")
  double warmup = 0.1;

  @Option(names = "--label-smoothing", description = "default: ${DEFAULT-VALUE}")
  double labelSmoothing;

  @Option(
      names = "--crop",
      description = "pixels by which pictures move; default: 2 for classes, else 0")
  @Nullable Integer crop;

  @Option(names = "--no-flip", description = "left and right stay (digits, text, values)")
  boolean noFlip;

  @Option(
      names = "--alternate-flip",
      description = "left and right change in every second epoch, not at random")
  boolean alternate;

  @Option(
      names = "--whiten",
      description = "the first convolution starts as what whitens the data, and stays so")
  boolean whiten;

  @Option(
      names = "--size",
      paramLabel = "N|HxW",
      description = "height and width of the net's pictures; default: the data's, or the paper's")
  @Nullable String size;

  @Option(
      names = "--preprocessing",
      paramLabel = "NAME|FILE",
      description = "a preset or a JSON file instead of --size")
  @Nullable String preset;

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

  @Mixin FineTuneOptions tuning = new FineTuneOptions();

  @Override
  public Integer call() throws IOException {
    OutputFile.model(output);
    seeing.check();
    Device trained = Libtorch.usable(ServingOptions.device(device));
    boolean isFile = net.endsWith(".onnx");
    if (isFile && graph.shapes()) {
      throw new Fovea.UserException(GraphOptions.NAMES + " are for new graphs, not " + net);
    }
    Model file = isFile ? Model.read(Path.of(net)) : null;
    Architecture named = isFile ? null : Architectures.named(net);
    if (named == null ? givesPictures(file) : named.task() == Architecture.Task.PICTURE) {
      throw new Fovea.UserException(
          net + " learns pictures; the command trains classes, masks and values");
    }
    List<Dataset> parts = data.parts(graph.seed);
    Dataset all = parts.get(0);
    Recipe recipe = recipe(all.task());
    Preprocessing fed = file == null ? fed(all, named) : fed(file, all);
    int outputs = all.labels().size();
    Model model =
        named == null
            ? tuning.prepared(Objects.requireNonNull(file), outputs, graph.dropout, graph.seed)
            : fresh(named, fed, all);
    train(model, parts, fed, recipe, trained, output, seeing, json);
    return 0;
  }

  private boolean givesPictures(@Nullable Model file) {
    Task task = file == null ? null : Specification.of(net, file.metadata()).task();
    return task != null && task.kind() == Task.Kind.PICTURE;
  }

  private Model fresh(Architecture architecture, Preprocessing fed, Dataset all) {
    graph.channels = fed.channels();
    return architecture.model(graph.options(all.labels().size()));
  }

  private Recipe recipe(Task.Kind task) {
    Recipe usual =
        switch (task) {
          case SEGMENTATION -> Recipe.segmentation();
          case REGRESSION -> Recipe.regression();
          default -> Recipe.classification();
        };
    boolean sgd =
        optimizer == null
            ? usual.optimizer() instanceof Optimizer.Sgd
            : optimizer == Optimizers.SGD;
    double rate = learningRate != null ? learningRate : sgd ? 0.1 : 0.002;
    double decay = weightDecay != null ? weightDecay : sgd ? 5e-4 : 0.01;
    Augmentation moves = usual.augmentation();
    return new Recipe(
        epochs,
        batch == null ? usual.batch() : batch,
        sgd
            ? new Optimizer.Sgd(rate, momentum, decay, true)
            : new Optimizer.AdamW(rate, 0.9, 0.999, 1e-8, decay),
        new Schedule(warmup, 0),
        new Augmentation(crop == null ? moves.crop() : crop, flip(moves)),
        loss == null ? usual.loss() : loss,
        labelSmoothing,
        tuning.selection(),
        whiten,
        graph.seed);
  }

  private Augmentation.Flip flip(Augmentation usual) {
    if (noFlip && alternate) {
      throw new Fovea.UserException("--no-flip and --alternate-flip contradict each other");
    }
    return noFlip
        ? Augmentation.Flip.NEVER
        : alternate ? Augmentation.Flip.ALTERNATE : usual.flip();
  }

  /** How a file is fed: as it says, or as the options say. */
  private Preprocessing fed(Model file, Dataset all) throws IOException {
    Preprocessing own = Specification.of(net, file.metadata()).preprocessing();
    return own != null && preset == null && size == null ? own : fed(all, null);
  }

  private Preprocessing fed(Dataset all, @Nullable Architecture architecture) throws IOException {
    int[] sides = size == null ? null : sides(size);
    if (sides != null
        && architecture != null
        && Math.min(sides[0], sides[1]) < architecture.smallest()) {
      throw new Fovea.UserException(
          "--size: %s takes pictures of %d pixels or more, met %s"
              .formatted(architecture.name(), architecture.smallest(), size));
    }
    if (size != null && preset != null) {
      throw new Fovea.UserException("--size and --preprocessing both say how pictures are fed");
    }
    if (preset != null) {
      return ServingOptions.preprocessing(preset);
    }
    if (sides == null && architecture != null) {
      sides = ownSize(all, architecture);
    }
    if (sides == null) {
      throw new Fovea.UserException(
          "the file does not say how pictures are fed to it; give --size");
    }
    return measured(all, graph.channels, sides);
  }

  /** {@code {height, width}} of {@code 224} or {@code 450x700}. */
  static int[] sides(String text) {
    if (!text.matches("\\d{1,5}(x\\d{1,5})?")) {
      throw new Fovea.UserException(
          "--size: expected a number or HEIGHTxWIDTH, met '%s'".formatted(text));
    }
    String[] parts = text.split("x");
    return new int[] {Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1])};
  }

  /**
   * The data's own size where its pictures agree and the net takes it, else the paper's; masks are
   * learned at their own size, pictures of classes at most at the paper's, and square.
   */
  private static int[] ownSize(Dataset all, Architecture a) {
    Picture first = all.picture(0);
    Picture last = all.picture(all.size() - 1);
    int width = first.width();
    int height = first.height();
    boolean even = width == last.width() && height == last.height();
    boolean takes = Math.min(width, height) >= a.smallest();
    boolean usual = width == height && width <= a.size();
    return even && takes && (usual || all.task() == Task.Kind.SEGMENTATION)
        ? new int[] {height, width}
        : new int[] {a.size(), a.size()};
  }

  /** Stretches to a size and brings the data to mean 0 and deviation 1. */
  static Preprocessing measured(Dataset data, @Nullable Integer channels, int[] sides) {
    int count = channels != null ? channels : data.picture(0).channels();
    Step.Color color = new Step.Color(count == 1 ? Step.Channels.GREY : Step.Channels.RGB);
    Step.Resize resize = new Step.Resize(sides[0], sides[1], Resampling.BILINEAR);
    PixelStatistics seen = PixelStatistics.of(data, Preprocessing.of(color, resize), SAMPLE);
    return Preprocessing.of(color, resize, seen.normalize());
  }

  /** Trains, tells how it goes, and writes the file. */
  static void train(
      Model model,
      List<Dataset> parts,
      Preprocessing fed,
      Recipe recipe,
      Device device,
      Path output,
      SeeingOptions seeing,
      boolean json)
      throws IOException {
    Dataset data = parts.get(0);
    Terminal.note(
        "%s: %,d parameters; %,d pictures to train on, %,d held out, %d %s",
        model.graph().name(),
        InspectCommand.parameters(model),
        data.size(),
        parts.get(1).size(),
        data.labels().size(),
        data.task() == Task.Kind.REGRESSION ? "values" : "classes");
    recipe.facts().forEach((k, v) -> Terminal.note("  %s: %s", k, v));
    Terminal.note("  preprocessing: %s", fed.toJson());
    Terminal.note("  device: %s", device);
    Trained trained;
    try (Watch watch = seeing.watch(model, parts, recipe, json)) {
      trained =
          Trainer.of(model)
              .recipe(recipe)
              .preprocessing(fed)
              .device(device)
              .listener(watch)
              .fit(data, parts.get(1));
    } catch (DivergedException e) {
      String name = output.getFileName().toString().replaceFirst("(\\.onnx)?$", "");
      Path kept = output.resolveSibling(name + ".epoch" + e.epoch() + ".onnx");
      e.lastGood().write(kept);
      throw new Fovea.UserException(e.getMessage() + ": " + kept);
    }
    double difference = trained.write(output);
    Terminal.note(
        "%s: written; ONNX Runtime differs from libtorch by %.1e of the largest value",
        output, difference);
    seeing.report(output, parts.get(1));
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", output.toString());
      facts.put("difference", difference);
      System.out.println(Json.text(facts));
    }
  }
}
