package io.fovea.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Looks for the libraries that ONNX Runtime's CUDA provider loads. ONNX Runtime itself may only say
 * that it was built without CUDA; a user needs the name of what is missing.
 */
public final class CudaLibraries {
  /** What {@code onnxruntime_gpu} 1.29 needs: CUDA 12, cuDNN 9 and the driver. */
  private static final List<String> NEEDED =
      List.of(
          "libcuda.so.1",
          "libcudart.so.12",
          "libcublas.so.12",
          "libcublasLt.so.12",
          "libcurand.so.10",
          "libcufft.so.11",
          "libcudnn.so.9");

  private CudaLibraries() {}

  /** The libraries that are in none of the folders where the loader looks; Linux only. */
  public static List<String> missing() {
    if (!System.getProperty("os.name", "").startsWith("Linux")) {
      return List.of();
    }
    Set<Path> folders = folders();
    return NEEDED.stream()
        .filter(name -> folders.stream().noneMatch(f -> Files.exists(f.resolve(name))))
        .toList();
  }

  private static Set<Path> folders() {
    Set<Path> folders = new LinkedHashSet<>();
    String path = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
    for (String part :
        (path + File.pathSeparator + System.getProperty("java.library.path", ""))
            .split(File.pathSeparator)) {
      if (!part.isBlank()) {
        folders.add(Path.of(part));
      }
    }
    for (String known :
        List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/usr/lib",
            "/usr/local/lib",
            "/usr/local/cuda/lib64")) {
      folders.add(Path.of(known));
    }
    Path configured = Path.of("/etc/ld.so.conf.d");
    if (Files.isDirectory(configured)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(configured, "*.conf")) {
        for (Path file : files) {
          lines(file).stream().filter(l -> l.startsWith("/")).forEach(l -> folders.add(Path.of(l)));
        }
      } catch (IOException e) {
        return folders; // a folder that cannot be listed adds nothing
      }
    }
    return folders;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream().map(String::strip).toList();
    } catch (IOException e) {
      return new ArrayList<>();
    }
  }
}
