package io.fovea.cli;

import io.fovea.batch.Answers;
import io.fovea.batch.BatchScoring;
import io.fovea.batch.Rows;
import io.fovea.batch.Source;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.onnx.WholeFile;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.train.Augmentation;
import io.fovea.train.DataFolder;
import io.fovea.train.Dataset;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    OutputFile.folder(output);
    DataFolder data = DataFolder.of(shapes);
    Dataset train = data.training();
    Dataset held = data.measured();
    Terminal.note("1. Train a residual net on %s", shapes);
    Preprocessing fed = FeedOptions.measured(train, 3, new int[] {SIZE, SIZE});
    Model net = Architectures.named("resnet8").model(Options.classes(train.labels().size()));
    Recipe recipe =
        Recipe.classification()
            .epochs(epochs)
            .batch(32)
            .optimizer(Optimizer.adamW(0.004))
            .schedule(Schedule.cosine(0.15))
            .augmentation(new Augmentation(3, Augmentation.Flip.RANDOM));
    Path file = output.resolve("shapes.onnx");
    TrainCommand.train(
        net,
        List.of(train, held),
        fed,
        recipe,
        Device.cpu(),
        null,
        file,
        new SeeingOptions(),
        false);

    Terminal.note("2. Measure the written file by ONNX Runtime on the held-out part");
    EvaluateCommand.print(
        EvaluateCommand.evaluate(
            ImageModel.load(file, Device.cpu()), null, new ViewOptions(), held, done -> {}));

    Terminal.note("3. Score pictures of many sizes and formats");
    Path scores = output.resolve("scores.csv");
    System.out.printf("%n%-32s %-10s %-12s %s%n", "file", "label", "probability", "error");
    try (Answers answers = Answers.of(Classifier.load(file, Device.cpu()))) {
      WholeFile.write(
          scores,
          stream -> {
            Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
            Rows shown = new Shown(Rows.csv(out, answers.columns()));
            BatchScoring.of(answers).run(Source.of(testData.resolve("sizes")), shown);
            out.flush();
          });
    }
    System.out.printf("%nmodel:  %s%nscores: %s%n", file, scores);
    return 0;
  }

  /** Shows rows as they are written. */
  private record Shown(Rows written) implements Rows {
    private static final int WIDTH = 70;

    @Override
    public void answer(String picture, Answers.Answer answer) throws IOException {
      System.out.printf(
          "%-32s %-10s %.4f%n",
          name(picture), answer.cells().get(0), (Float) answer.cells().get(1));
      written.answer(picture, answer);
    }

    @Override
    public void error(String picture, String message) throws IOException {
      String reason = message.replace(picture + ": ", "");
      String shown = reason.length() > WIDTH ? reason.substring(0, WIDTH) + "..." : reason;
      System.out.printf("%-32s %-10s %-12s %s%n", name(picture), "", "", shown);
      written.error(picture, message);
    }

    private static Path name(String picture) {
      return Path.of(picture).getFileName();
    }
  }
}
