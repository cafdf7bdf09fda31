package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that run a model. */
final class ServingOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cpu, cuda:N or auto; default: ${DEFAULT-VALUE}")
  String device = "auto";

  @Option(
      names = "--preprocessing",
      paramLabel = "NAME|FILE",
      description =
          "how pictures are fed to a file that does not say: imagenet, caffe, zero-one, raw, or a"
              + " JSON file")
  @Nullable String preprocessing;

  Classifier classifier(Path file) throws IOException {
    Classifier classifier = Classifier.load(file, device(), preprocessing());
    System.err.printf(
        "%s on %s (%s)%n", file, classifier.model().device(), classifier.model().deviceReason());
    return classifier;
  }

  private Device device() {
    try {
      return Device.named(device);
    } catch (IllegalArgumentException e) {
      throw new Fovea.UserException(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Preprocessing preprocessing() throws IOException {
    if (preprocessing == null) {
      return null;
    }
    return preprocessing.endsWith(".json")
        ? Preprocessing.fromJson(Files.readString(Path.of(preprocessing)))
        : Preprocessing.named(preprocessing);
  }
}
