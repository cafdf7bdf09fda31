package io.fovea.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtEpDevice;
import ai.onnxruntime.OrtException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Plug-in providers: libraries that ONNX Runtime loads by path, once for the process. Thread-safe.
 */
final class PlugIns {
  private static final Map<String, List<OrtEpDevice>> LOADED = new HashMap<>();

  private PlugIns() {}

  /**
   * The devices of a library, which is loaded where it was not yet.
   *
   * @throws OrtException where it is no library of a provider, or has no device here
   */
  static synchronized List<OrtEpDevice> devices(Path library) throws OrtException {
    String path = library.toAbsolutePath().normalize().toString();
    if (!Files.isRegularFile(library)) {
      throw new OrtException(path + ": no such file");
    }
    List<OrtEpDevice> known = LOADED.get(path);
    if (known == null) {
      OrtEnvironment environment = OnnxRuntime.environment();
      int before = environment.getEpDevices().size();
      environment.registerExecutionProviderLibrary(path, path);
      List<OrtEpDevice> all = environment.getEpDevices();
      known = List.copyOf(all.subList(Math.min(before, all.size()), all.size()));
      LOADED.put(path, known);
    }
    return known;
  }

  /** The device that a provider names by its number. */
  static OrtEpDevice device(Provider provider) throws OrtException {
    List<OrtEpDevice> all = devices(Path.of(provider.name()));
    if (provider.index() >= all.size()) {
      throw new OrtException(
          "%s has %s here, met number %d"
              .formatted(
                  provider.name(),
                  all.isEmpty() ? "no device" : "devices 0 to " + (all.size() - 1),
                  provider.index()));
    }
    return all.get(provider.index());
  }
}
