package io.fovea.cli;

import ai.onnxruntime.OrtEnvironment;
import io.fovea.image.PictureReader;
import io.fovea.runtime.CudaLibraries;
import io.fovea.runtime.OnnxRuntime;
import io.fovea.train.Libtorch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = "Shows versions, devices, decoders and libraries that are missing.")
final class DoctorCommand implements Callable<Integer> {
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
    List<String> providers =
        OrtEnvironment.getAvailableProviders().stream().map(Enum::toString).toList();
    List<String> decoders = PictureReader.plugIns();
    List<String> missing = CudaLibraries.missing();
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("java", java);
      facts.put("virtualMachine", machine);
      facts.put("system", system);
      facts.put("processors", processors);
      facts.put("heapBytes", heap);
      facts.put("onnxruntime", onnxruntime);
      facts.put("providers", providers);
      facts.put("libtorch", Libtorch.version());
      facts.put("libtorchThreads", Libtorch.threads());
      facts.put("missingCudaLibraries", missing);
      facts.put("pictureDecoders", decoders);
      System.out.println(Json.text(facts));
      return 0;
    }
    line("java", java + ", " + machine);
    line("system", "%s, %d processors, heap %,d MiB".formatted(system, processors, heap >> 20));
    line("onnxruntime", onnxruntime);
    line("providers", providers.toString());
    line("libtorch", Libtorch.version() + ", " + Libtorch.threads() + " threads");
    line(
        "cuda",
        missing.isEmpty() ? "all libraries found" : "not found: " + String.join(", ", missing));
    line(
        "pictures",
        decoders.isEmpty() ? "decoded in Java" : "decoded by " + String.join(", ", decoders));
    return 0;
  }

  private static void line(String key, String value) {
    System.out.printf("%-12s %s%n", key, value);
  }
}
