package io.fovea.cli;

import ai.onnxruntime.OrtEnvironment;
import io.fovea.runtime.CudaLibraries;
import io.fovea.train.Libtorch;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "doctor", description = "Shows versions, devices and libraries that are missing.")
final class DoctorCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    line("java", System.getProperty("java.version") + ", " + System.getProperty("java.vm.name"));
    line(
        "system",
        "%s %s, %d processors, heap %,d MiB"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20));
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    line("onnxruntime", environment.getVersion());
    line("providers", OrtEnvironment.getAvailableProviders().toString());
    line("libtorch", Libtorch.version() + ", " + Libtorch.threads() + " threads");
    List<String> missing = CudaLibraries.missing();
    line(
        "cuda",
        missing.isEmpty() ? "all libraries found" : "not found: " + String.join(", ", missing));
    return 0;
  }

  private static void line(String key, String value) {
    System.out.printf("%-12s %s%n", key, value);
  }
}
