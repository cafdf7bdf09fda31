package io.fovea.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtEpDevice;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * An execution provider that the loaded ONNX Runtime offers, and whether it can be used.
 *
 * @param name as devices have it, such as {@code cuda}; ONNX Runtime's own where they cannot name
 *     it
 * @param obstacle why it cannot be used; empty where it was added to a session
 * @param missing names of shared libraries that it needs and this machine lacks
 */
public record ProviderStatus(String name, String obstacle, List<String> missing) {
  /** The providers that ONNX Runtime was built with. */
  public static List<ProviderStatus> builtIn() {
    OnnxRuntime.environment();
    List<ProviderStatus> all = new ArrayList<>();
    for (OrtProvider provider : OrtEnvironment.getAvailableProviders()) {
      ProviderKind kind =
          Arrays.stream(ProviderKind.values())
              .filter(k -> k.provider() == provider)
              .findFirst()
              .orElse(null);
      if (kind == null) {
        all.add(new ProviderStatus(provider.getName(), "no device of this name", List.of()));
        continue;
      }
      try (SessionOptions options = new SessionOptions()) {
        String obstacle = Sessions.add(new Provider(kind.text(), 0, Map.of()), options);
        all.add(
            new ProviderStatus(
                kind.text(),
                obstacle,
                obstacle.isEmpty() ? List.of() : NativeLibraries.missing(kind)));
      }
    }
    return all;
  }

  /**
   * The devices of a plug-in's library, in the order of their numbers, such as {@code
   * OpenVINOExecutionProvider of Intel on CPU}.
   *
   * @throws ScoringException where it is no library of a provider
   */
  public static List<String> devices(Path library) {
    try {
      return PlugIns.devices(library).stream().map(ProviderStatus::text).toList();
    } catch (OrtException e) {
      throw new ScoringException(library.toString(), Sessions.text(e), e);
    }
  }

  private static String text(OrtEpDevice device) {
    return "%s of %s on %s %s"
        .formatted(
            device.getEpName(),
            device.getEpVendor(),
            device.getDevice().getType(),
            device.getDevice().getVendor());
  }
}
