package io.fovea.cli;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.train.Augmentation;
import io.fovea.train.Dataset;
import io.fovea.train.Evaluation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Trains a small residual net on drawn shapes, exports it, checks it against ONNX Runtime,",
      "and scores pictures of many sizes and formats. About a minute on two cores."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int SIZE = 32;

  @Option(
      names = "--test-data",
      paramLabel = "FOLDER",
      description = "folder with shapes/ and sizes/; default: the project's own")
  Path testData = Path.of(System.getProperty("fovea.home", "."), "test-data");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FOLDER",
      description = "where the model and the scores go; default: ${DEFAULT-VALUE}")
  Path output = Path.of("fovea-demo");

  @Option(names = "--epochs", description = "default: ${DEFAULT-VALUE}")
  int epochs = 40;

  @Override
  public Integer call() throws IOException {
    Path shapes = testData.resolve("shapes");
    if (!Files.isDirectory(shapes)) {
      throw new Fovea.UserException(shapes + ": no such folder; start the demo by ./fovea demo");
    }
    Dataset train = Dataset.training(shapes);
    Dataset held = Objects.requireNonNull(Dataset.heldOut(shapes), "the shapes have a test part");
    System.err.println("1. Train a residual net on " + shapes);
    Preprocessing fed = TrainCommand.measured(train, 3, SIZE);
    Model net = Architectures.named("resnet8").model(Options.classes(train.labels().size()));
    Recipe recipe =
        Recipe.classification()
            .epochs(epochs)
            .batch(32)
            .optimizer(Optimizer.adamW(0.004))
            .schedule(new Schedule(0.15, 0))
            .augmentation(new Augmentation(3, true));
    Path file = output.resolve("shapes.onnx");
    TrainCommand.train(net, List.of(train, held), fed, recipe, file);

    System.err.println("2. Measure the written file by ONNX Runtime on the held-out part");
    try (Classifier classifier = Classifier.load(file, Device.cpu())) {
      EvaluateCommand.print(Evaluation.of(classifier, held, done -> {}));
    }

    System.err.println("3. Score pictures of many sizes and formats");
    Path scores = output.resolve("scores.csv");
    Path sizes = testData.resolve("sizes");
    Fovea.run(
        "score", file.toString(), sizes.toString(), "-o", scores.toString(), "--device", "cpu");
    System.out.println();
    for (String line : Files.readAllLines(scores)) {
      String[] cells = line.split(",", 4);
      String name = cells[0].substring(cells[0].lastIndexOf('/') + 1);
      String error = cells.length > 3 && !cells[3].isEmpty() ? "  " + shortened(cells[3]) : "";
      System.out.printf("%-32s %-10s %s%s%n", name, cells[1], cells[2], error);
    }
    System.out.printf("%nmodel:  %s%nscores: %s%n", file, scores);
    return 0;
  }

  private static String shortened(String error) {
    String last = error.substring(error.lastIndexOf('/') + 1).replace("\"", "");
    return last.length() > 70 ? last.substring(0, 70) + "..." : last;
  }
}
