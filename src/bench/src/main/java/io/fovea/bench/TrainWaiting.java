package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.train.Augmentation;
import io.fovea.train.Dataset;
import io.fovea.train.Libtorch;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Share of a training in which the network waits for its data: JPEG files of class folders, decoded
 * and augmented to 64x64 beside the network, which uses all cores.
 */
public final class TrainWaiting {
  private static final int CLASSES = 2;
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Resize(64, 64, Resampling.BILINEAR),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)));

  private TrainWaiting() {}

  /** Arguments: pictures (640), epochs (2), net (resnet18), batch (32). */
  public static void main(String[] args) throws IOException {
    int pictures = args.length > 0 ? Integer.parseInt(args[0]) : 640;
    int epochs = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    String net = args.length > 2 ? args[2] : "resnet18";
    int batch = args.length > 3 ? Integer.parseInt(args[3]) : 32;
    System.out.printf("libtorch %s, %d threads%n", Libtorch.version(), Libtorch.threads());
    for (int[] size : new int[][] {{64, 64}, {500, 375}}) {
      try (Workload work = Workload.create()) {
        Dataset data = classes(work, work.photos(pictures, size));
        System.out.printf("%s, batch %d, files of %dx%d:%n", net, batch, size[0], size[1]);
        train(net, batch, epochs, data);
      }
    }
  }

  /** Moves the files into the folders of classes by turns. */
  private static Dataset classes(Workload work, Path photos) throws IOException {
    List<Path> files = Workload.files(photos);
    Path root = work.folder().resolve("classes");
    for (int i = 0; i < files.size(); i++) {
      Path folder = Files.createDirectories(root.resolve("class" + i % CLASSES));
      Files.move(files.get(i), folder.resolve(files.get(i).getFileName()));
    }
    return Dataset.folder(root);
  }

  private static void train(String net, int batch, int epochs, Dataset data) {
    double[] times = new double[3]; // waited, in all, of the loader's threads
    List<Dataset> parts = data.split(0.1, 0);
    Trainer.of(Architectures.named(net).model(Options.classes(CLASSES)))
        .recipe(
            Recipe.classification()
                .epochs(epochs)
                .batch(batch)
                .optimizer(Optimizer.sgd(0.01))
                .augmentation(new Augmentation(4, Augmentation.Flip.RANDOM)))
        .preprocessing(FED)
        .listener(
            new Trainer.Listener() {
              @Override
              public void step(TrainingStep s) {
                times[0] += s.waited();
                times[1] += s.waited() + s.computed() + s.updated();
                times[2] += s.decoded();
              }

              @Override
              public void epoch(Trainer.Epoch e) {
                System.out.printf(
                    "epoch %d: waited %.2f %% of the time%n", e.number(), 100 * e.waiting());
              }
            })
        .fit(parts.get(0), parts.get(1));
    System.out.printf(
        "in all: waited %.2f %% of %.1f s; the loader's threads worked for %.1f s%n",
        100 * times[0] / times[1], times[1], times[2]);
  }
}
