package io.fovea.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.onnx.Sha256;
import io.fovea.onnx.WholeFile;
import io.fovea.runtime.Device;
import io.fovea.runtime.OnnxRuntime;
import io.fovea.runtime.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Plans that were measured, a file each in the user's cache: for a model of these very bytes, a
 * device, this version of ONNX Runtime and this number of processors.
 */
record Plans(Path folder) {
  private static final JsonMapper JSON = new JsonMapper();

  /** Those of the user. */
  static Plans usual() {
    Path cache =
        Download.cacheFolder(
            System.getProperty("os.name"),
            System.getenv(),
            Path.of(System.getProperty("user.home")));
    return new Plans(cache.resolve("plans"));
  }

  private Path place(Path model, Device device) throws IOException {
    String key =
        String.join(
            "\n",
            Sha256.of(model),
            device.toString(),
            OnnxRuntime.environment().getVersion(),
            System.getProperty("os.arch", ""),
            Integer.toString(Runtime.getRuntime().availableProcessors()));
    return folder.resolve(Sha256.of(key) + ".json");
  }

  void keep(Path model, Device device, Plan plan) throws IOException {
    Path place = place(model, device);
    Files.createDirectories(folder);
    WholeFile.write(place, out -> out.write(JSON.writeValueAsBytes(plan)));
  }

  /** The plan of a model; none where it was not measured, or the file is damaged. */
  Optional<Plan> of(Path model, Device device) throws IOException {
    if (!Files.isDirectory(folder) || !Files.isRegularFile(model)) {
      return Optional.empty();
    }
    Path place = place(model, device);
    if (!Files.isRegularFile(place)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(place), Plan.class));
    } catch (JacksonException e) {
      return Optional.empty(); // measured anew
    }
  }
}
