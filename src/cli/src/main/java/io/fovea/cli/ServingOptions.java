package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
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

  /** Loads a file, and says where it runs. */
  ImageModel model(Path file) {
    ImageModel model = ImageModel.load(file, device());
    Terminal.note("%s on %s (%s)", file, model.device(), model.deviceReason());
    return model;
  }

  /** Where models run. */
  Device device() {
    try {
      return Device.named(device);
    } catch (IllegalArgumentException e) {
      throw new Fovea.UserException(String.valueOf(e.getMessage()));
    }
  }

  @Nullable Preprocessing preprocessing() throws IOException {
    return preprocessing == null ? null : preprocessing(preprocessing);
  }

  /** A preset of a name, or what a JSON file says. */
  static Preprocessing preprocessing(String text) throws IOException {
    return text.endsWith(".json")
        ? Preprocessing.fromJson(Files.readString(Path.of(text)))
        : Preprocessing.named(text);
  }
}
