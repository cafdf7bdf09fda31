package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.runtime.Specification;
import io.fovea.train.Augmentation;
import io.fovea.train.Dataset;
import io.fovea.train.Optimizer;
import io.fovea.train.PixelStatistics;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
import io.fovea.train.Trained;
import io.fovea.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FOLDER",
      description = {
        "MNIST's IDX files, or a folder of pictures for each class, or such folders in train/ and",
        "test/ or val/; without a held-out part a tenth of each class is held out"
      })
  Path data = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the .onnx file")
  Path output = Path.of("");

  @Option(names = "--epochs", description = "passes over the data; default: ${DEFAULT-VALUE}")
  int epochs = 10;

  @Option(names = "--batch", description = "pictures a step; default: ${DEFAULT-VALUE}")
  int batch = 64;

  @Option(
      names = "--optimizer",
      description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  Optimizers optimizer = Optimizers.SGD;

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
      description = "pixels by which pictures move; default: ${DEFAULT-VALUE}")
  int crop = 2;

  @Option(names = "--no-flip", description = "left and right stay (digits, text)")
  boolean noFlip;

  @Option(
      names = "--size",
      description = "height and width of the net's pictures; default: the data's, or the paper's")
  @Nullable Integer size;

  @Option(
      names = "--preprocessing",
      paramLabel = "NAME",
      description = "a preset instead of --size")
  @Nullable String preset;

  @Mixin GraphOptions graph = new GraphOptions();

  @Override
  public Integer call() throws IOException {
    Dataset all = Dataset.training(data);
    Dataset held = Dataset.heldOut(data);
    List<Dataset> parts = held == null ? all.split(0.1, graph.seed) : List.of(all, held);
    Recipe recipe = recipe();
    boolean isFile = net.endsWith(".onnx");
    if (isFile && graph.shapes()) {
      throw new Fovea.UserException(
          "--channels, --width, --activation and --normalization are for new graphs, not " + net);
    }
    Preprocessing fed = isFile ? fed(Model.read(Path.of(net)), all) : fed(all);
    Model model = isFile ? Model.read(Path.of(net)) : fresh(fed, all);
    train(model, parts, fed, recipe, output);
    return 0;
  }

  private Model fresh(Preprocessing fed, Dataset all) {
    graph.channels = fed.channels();
    return Architectures.named(net).model(graph.options(all.labels().size()));
  }

  private Recipe recipe() {
    boolean sgd = optimizer == Optimizers.SGD;
    double rate = learningRate != null ? learningRate : sgd ? 0.1 : 0.002;
    double decay = weightDecay != null ? weightDecay : sgd ? 5e-4 : 0.01;
    Optimizer chosen =
        sgd
            ? new Optimizer.Sgd(rate, momentum, decay, true)
            : new Optimizer.AdamW(rate, 0.9, 0.999, 1e-8, decay);
    return new Recipe(
        epochs,
        batch,
        chosen,
        new Schedule(warmup, 0),
        new Augmentation(crop, !noFlip),
        labelSmoothing,
        graph.seed);
  }

  /** How a file is fed: as it says, or as the options say. */
  private Preprocessing fed(Model file, Dataset all) {
    Preprocessing own = Specification.of(net, file.metadata()).preprocessing();
    return own != null && preset == null && size == null ? own : fed(all);
  }

  private Preprocessing fed(Dataset all) {
    return preset != null
        ? Preprocessing.named(preset)
        : measured(all, graph.channels, size != null ? size : ownSize(all));
  }

  /** The data's own size where it is small and square and the net takes it, else the paper's. */
  private @Nullable Integer ownSize(Dataset all) {
    if (net.endsWith(".onnx")) {
      return null;
    }
    Architecture a = Architectures.named(net);
    var first = all.get(0).picture();
    var last = all.get(all.size() - 1).picture();
    boolean even =
        first.width() == first.height()
            && first.width() == last.width()
            && first.height() == last.height();
    return even && first.width() >= a.smallest() && first.width() <= a.size()
        ? (Integer) first.width()
        : (Integer) a.size();
  }

  /** Stretches to a size and brings the data to mean 0 and deviation 1. */
  static Preprocessing measured(Dataset data, @Nullable Integer channels, @Nullable Integer size) {
    var first = data.get(0).picture();
    int count = channels != null ? channels : first.channels();
    Step.Color color = new Step.Color(count == 1 ? Step.Channels.GREY : Step.Channels.RGB);
    if (size == null) {
      throw new Fovea.UserException(
          "the file does not say how pictures are fed to it; give --size");
    }
    Step.Resize resize = new Step.Resize(size, size, Resampling.BILINEAR);
    PixelStatistics seen = PixelStatistics.of(data, Preprocessing.of(color, resize), SAMPLE);
    return Preprocessing.of(color, resize, seen.normalize());
  }

  /** Trains, tells how it goes, and writes the file. */
  static void train(Model model, List<Dataset> parts, Preprocessing fed, Recipe recipe, Path output)
      throws IOException {
    if (Files.isDirectory(output)) {
      throw new Fovea.UserException(output + ": is a folder");
    }
    System.err.printf(
        "%s: %,d parameters; %,d pictures to train on, %,d held out, %d classes%n",
        model.graph().name(),
        InspectCommand.parameters(model),
        parts.get(0).size(),
        parts.get(1).size(),
        parts.get(0).labels().size());
    recipe.facts().forEach((k, v) -> System.err.println("  " + k + ": " + v));
    System.err.println("  preprocessing: " + fed.toJson());
    Trained trained;
    try (EpochLines lines = new EpochLines(recipe.epochs())) {
      trained =
          Trainer.of(model)
              .recipe(recipe)
              .preprocessing(fed)
              .listener(lines)
              .fit(parts.get(0), parts.get(1));
    }
    double difference = trained.write(output);
    System.err.printf(
        "%s: written; ONNX Runtime differs from libtorch by %.1e of the largest value%n",
        output, difference);
  }

  /** A line an epoch, and a bar within it. */
  private static final class EpochLines implements Trainer.Listener, AutoCloseable {
    private final int epochs;
    private @Nullable Progress bar;

    EpochLines(int epochs) {
      this.epochs = epochs;
    }

    @Override
    public void step(int epoch, int step, int steps, double loss) {
      if (bar == null) {
        bar = new Progress("epoch " + epoch, steps);
      }
      bar.at(step);
      bar.note("loss %.3f".formatted(loss));
    }

    @Override
    public void epoch(Trainer.Epoch e) {
      close();
      System.err.printf(
          "epoch %d/%d: loss %.4f, held-out accuracy %.2f %%, %.0f s, waited for data %.0f %%%n",
          e.number(), epochs, e.loss(), 100 * e.accuracy(), e.seconds(), 100 * e.waiting());
    }

    @Override
    public void close() {
      if (bar != null) {
        bar.close();
        bar = null;
      }
    }
  }
}
