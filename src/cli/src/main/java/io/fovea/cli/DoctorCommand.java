package io.fovea.cli;

import io.fovea.image.PictureReader;
import io.fovea.runtime.NativeLibraries;
import io.fovea.runtime.OnnxRuntime;
import io.fovea.runtime.ProviderStatus;
import io.fovea.train.Libtorch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = {
      "Shows versions, execution providers, decoders, and libraries that are missing.",
      "What each node of a file runs on: fovea inspect FILE --device DEVICE."
    })
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--provider",
      paramLabel = "LIBRARY",
      description = "also loads this provider library and shows its devices")
  @Nullable Path library;

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() {
    String java = System.getProperty("java.version");
    String machine = System.getProperty("java.vm.name");
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    int processors = Runtime.getRuntime().availableProcessors();
    long heap = Runtime.getRuntime().maxMemory();
    String onnxruntime = OnnxRuntime.environment().getVersion();
    List<ProviderStatus> providers = ProviderStatus.builtIn();
    List<String> devices = library == null ? List.of() : ProviderStatus.devices(library);
    String cuda = Libtorch.cudaObstacle();
    List<NativeLibraries> libraries = NativeLibraries.all();
    List<String> decoders = PictureReader.plugIns();
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("java", java);
      facts.put("virtualMachine", machine);
      facts.put("system", system);
      facts.put("processors", processors);
      facts.put("heapBytes", heap);
      facts.put("onnxruntime", onnxruntime);
      facts.put("providers", providers);
      facts.put("plugInDevices", devices);
      facts.put("libtorch", Libtorch.version());
      facts.put("libtorchThreads", Libtorch.threads());
      facts.put("trainingOnCuda", cuda.isEmpty() ? "yes" : cuda);
      facts.put("libraries", libraries);
      facts.put("pictureDecoders", decoders);
      System.out.println(Json.text(facts));
      return 0;
    }
    line("java", java + ", " + machine);
    line("system", "%s, %d processors, heap %,d MiB".formatted(system, processors, heap >> 20));
    line("onnxruntime", onnxruntime);
    for (ProviderStatus p : providers) {
      line("provider", p.name() + (p.obstacle().isEmpty() ? "" : ": " + p.obstacle()));
      if (!p.missing().isEmpty()) {
        line("", "not found: " + String.join(", ", p.missing()));
      }
    }
    for (int i = 0; i < devices.size(); i++) {
      line("plug-in", "%s:%d is %s".formatted(library, i, devices.get(i)));
    }
    line("libtorch", Libtorch.version() + ", " + Libtorch.threads() + " threads");
    line("training", cuda.isEmpty() ? "cpu, cuda" : "cpu; no cuda: " + cuda);
    for (NativeLibraries n : libraries) {
      boolean complete = n.missing().isEmpty();
      line("libraries", n.natives());
      line("", complete ? "all found" : "not found: " + String.join(", ", n.missing()));
    }
    line(
        "pictures",
        decoders.isEmpty() ? "decoded in Java" : "decoded by " + String.join(", ", decoders));
    return 0;
  }

  private static void line(String key, String value) {
    System.out.printf("%-12s %s%n", key, value);
  }
}
