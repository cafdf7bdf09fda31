package io.fovea.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Opens sessions on devices: providers that cannot be used are left out, or named as missing. */
final class Sessions {
  private static final String STRICT = "session.disable_cpu_ep_fallback";

  /** Sets what is not the device's: threads and the like. */
  @FunctionalInterface
  interface Setup {
    void apply(SessionOptions options) throws OrtException;
  }

  /** Makes a session of a file or of its bytes. */
  @FunctionalInterface
  interface Opener {
    OrtSession open(OrtEnvironment environment, SessionOptions options) throws OrtException;
  }

  /** A session, the options of its runs, the device that it is on, and why that one. */
  record Opened(OrtSession session, OrtSession.RunOptions runOptions, Device device, String reason)
      implements AutoCloseable {
    @Override
    public void close() throws OrtException {
      session.close();
      runOptions.close();
    }
  }

  private Sessions() {}

  /**
   * Opens a session.
   *
   * @throws ScoringException where no provider can be used, or the device is strict and a node
   *     would run elsewhere; and where the model itself is at fault
   */
  static Opened open(String model, Device device, Setup setup, Opener opener) {
    OrtEnvironment environment = OnnxRuntime.environment(); // loads the natives, on its own terms
    List<Provider> left = new ArrayList<>(device.providers());
    Map<Provider, String> refused = new LinkedHashMap<>();
    while (true) {
      try (SessionOptions options = new SessionOptions();
          Profile profile = Profile.of(device.strict())) {
        setup.apply(options);
        profile.apply(options);
        for (Provider provider : List.copyOf(left)) {
          String obstacle = add(provider, options);
          if (!obstacle.isEmpty()) {
            refused.put(provider, obstacle);
            left.remove(provider);
          }
        }
        if (left.isEmpty() || (device.strict() && !refused.isEmpty())) {
          throw new ScoringException(model, cannot(refused));
        }
        boolean noCpu = device.strict() && left.stream().noneMatch(Provider::isCpu);
        if (noCpu) {
          options.addConfigEntry(STRICT, "1");
        }
        OrtSession session;
        try {
          session = opener.open(environment, options);
        } catch (OrtException e) {
          if (noCpu && text(e).contains("fallback to CPU EP")) {
            throw elsewhere(model, left, setup, opener, e);
          }
          // A provider that was added may still not start, as CUDA without a driver.
          Provider culprit = culprit(left, setup, opener, environment);
          if (culprit == null) {
            throw new ScoringException(model, text(e), e);
          }
          refused.put(culprit, text(e));
          left.remove(culprit);
          continue;
        }
        try {
          if (device.strict()) {
            check(model, left, profile.nodes(model, session, null));
          }
        } catch (OrtException | IOException | RuntimeException e) {
          session.close();
          throw e;
        }
        return new Opened(
            session, runOptions(left), new Device(left, device.strict()), reason(refused));
      } catch (OrtException | IOException e) {
        throw new ScoringException(model, String.valueOf(e.getMessage()), e);
      }
    }
  }

  /** Tries to add a provider; empty where that went well, else why not. */
  static String add(Provider provider, SessionOptions options) {
    ProviderKind kind = provider.kind();
    try {
      if (kind == null) {
        options.addExecutionProvider(List.of(PlugIns.device(provider)), provider.options());
        return "";
      }
      if (!OrtEnvironment.getAvailableProviders().contains(kind.provider())) {
        return NOT_BUILT_IN;
      }
      kind.add(options, provider);
      return "";
    } catch (OrtException e) {
      return text(e);
    }
  }

  static final String NOT_BUILT_IN = "this ONNX Runtime was built without it";

  /**
   * The provider with which no session of the model can be opened; null where the CPU fails too.
   */
  private static @Nullable Provider culprit(
      List<Provider> all, Setup setup, Opener opener, OrtEnvironment environment) {
    for (Provider provider : all.stream().filter(p -> !p.isCpu()).toList()) {
      if (!opens(List.of(provider), setup, opener, environment)) {
        return opens(List.of(), setup, opener, environment) ? provider : null;
      }
    }
    return null;
  }

  private static boolean opens(
      List<Provider> providers, Setup setup, Opener opener, OrtEnvironment environment) {
    try (SessionOptions options = new SessionOptions()) {
      setup.apply(options);
      providers.forEach(p -> add(p, options));
      opener.open(environment, options).close();
      return true;
    } catch (OrtException e) {
      return false;
    }
  }

  /** What to say of nodes that a strict device does not take: their names. */
  private static ScoringException elsewhere(
      String model, List<Provider> left, Setup setup, Opener opener, OrtException cause)
      throws OrtException, IOException {
    try (SessionOptions options = new SessionOptions();
        Profile profile = Profile.of(true)) {
      setup.apply(options);
      profile.apply(options);
      left.forEach(p -> add(p, options));
      try (OrtSession session = opener.open(OnnxRuntime.environment(), options)) {
        check(model, left, profile.nodes(model, session, null));
      }
    }
    return new ScoringException(model, text(cause), cause);
  }

  private static void check(String model, List<Provider> left, List<Placement.Node> nodes)
      throws OrtException {
    List<String> allowed = new ArrayList<>();
    for (Provider provider : left) {
      ProviderKind kind = provider.kind();
      allowed.add(kind == null ? PlugIns.device(provider).getEpName() : kind.provider().getName());
    }
    List<Placement.Node> others =
        nodes.stream().filter(n -> !allowed.contains(n.provider())).toList();
    if (!others.isEmpty()) {
      String some =
          others.stream().limit(3).map(Placement.Node::toString).collect(Collectors.joining(", "));
      throw new ScoringException(
          model,
          "expected every node on %s, met %d of %d on %s: %s%s"
              .formatted(
                  new Device(left, false),
                  others.size(),
                  nodes.size(),
                  others.stream().map(Placement.Node::provider).distinct().toList(),
                  some,
                  others.size() > 3 ? ", ..." : ""));
    }
  }

  private static String cannot(Map<Provider, String> refused) {
    return refused.entrySet().stream()
        .map(e -> "cannot run on %s: %s%s".formatted(e.getKey(), e.getValue(), advice(e.getKey())))
        .collect(Collectors.joining("; "));
  }

  /** What a user can do about a provider that cannot be used. */
  private static String advice(Provider provider) {
    ProviderKind kind = provider.kind();
    if (kind == null) {
      return "";
    }
    boolean builtIn = OrtEnvironment.getAvailableProviders().contains(kind.provider());
    boolean nvidia = kind == ProviderKind.CUDA || kind == ProviderKind.TENSORRT;
    List<String> missing = NativeLibraries.missing(kind);
    return (builtIn || !nvidia
            ? ""
            : " (replace the dependency com.microsoft.onnxruntime:onnxruntime by onnxruntime_gpu)")
        + (missing.isEmpty() ? "" : "; libraries not found: " + String.join(", ", missing));
  }

  private static String reason(Map<Provider, String> refused) {
    return refused.isEmpty()
        ? "asked for"
        : refused.entrySet().stream()
            .map(e -> "no %s: %s".formatted(e.getKey(), e.getValue()))
            .collect(Collectors.joining("; "));
  }

  private static OrtSession.RunOptions runOptions(List<Provider> providers) throws OrtException {
    String shrinks =
        providers.stream()
            .map(p -> p.kind() == null ? "" : p.kind().shrinks(p))
            .filter(s -> !s.isEmpty())
            .collect(Collectors.joining(";"));
    OrtSession.RunOptions options = new OrtSession.RunOptions();
    if (!shrinks.isEmpty()) {
      options.addRunConfigEntry("memory.enable_memory_arena_shrinkage", shrinks);
    }
    return options;
  }

  /** A message in one line, without the place in ONNX Runtime's sources where it arose. */
  static String text(OrtException e) {
    String all = String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    return all.replaceFirst("^Error code - \\w+ - message: ", "")
        .replaceFirst(
            "^\\S*/onnxruntime/\\S+:\\d+ .*?\\[ONNXRuntimeError\\] : (\\d+ : \\w+ : )?", "");
  }
}
