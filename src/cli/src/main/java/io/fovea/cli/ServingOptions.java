package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Specification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that run a model. */
final class ServingOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = {
        "where nodes run, first choice first: cpu, cuda:N, tensorrt:N, coreml, directml:N,",
        "openvino, xnnpack, or the path of a provider library, such as tensorrt,cuda,cpu; options",
        "follow as :NAME=VALUE, such as cuda:0:gpu_mem_limit=2G; auto: cuda:0,cpu; default: auto"
      })
  String device = "auto";

  @Option(names = "--strict", description = "fails where a node would run elsewhere than on these")
  boolean strict;

  @Option(
      names = "--preprocessing",
      paramLabel = "NAME|FILE",
      description =
          "how pictures are fed to a file that does not say: imagenet, caffe, zero-one, raw, or a"
              + " JSON file")
  @Nullable String preprocessing;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description =
          "names of the classes of a file that does not say them, one a line, or a JSON list")
  @Nullable Path labels;

  /** Loads a file, and says where it runs. */
  ImageModel model(Path file) throws IOException {
    return model(file, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a file, and says where it runs.
   *
   * @param threads of a run
   */
  ImageModel model(Path file, int threads) throws IOException {
    Specification otherwise =
        Specification.none().withLabels(labels == null ? List.of() : MetadataOptions.names(labels));
    ImageModel model = ImageModel.load(file, device(), threads, otherwise);
    Terminal.note("%s on %s (%s)", file, model.device(), model.deviceReason());
    return model;
  }

  /** Where models run. */
  Device device() {
    Device named = device(device);
    return strict ? named.asStrict() : named;
  }

  /** A device that an option names. */
  static Device device(String text) {
    try {
      return Device.named(text);
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
