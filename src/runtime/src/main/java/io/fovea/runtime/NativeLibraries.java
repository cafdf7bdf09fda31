package io.fovea.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shared libraries that natives for GPUs load, and which of them this machine lacks. ONNX
 * Runtime itself may only say that it was built without CUDA; a user needs the name of what is
 * missing. Linux only: elsewhere nothing is reported.
 *
 * @param natives what needs them
 * @param needed their names
 * @param missing those that are in none of the folders where the loader looks, or are there for
 *     another processor; and what those that are there need themselves and lack
 */
public record NativeLibraries(String natives, List<String> needed, List<String> missing) {
  private static final String DRIVER = "libcuda.so.1";
  private static final List<String> CUDA_12 =
      List.of(
          DRIVER,
          "libcudart.so.12",
          "libcublas.so.12",
          "libcublasLt.so.12",
          "libcurand.so.10",
          "libcudnn.so.9");
  private static final List<String> CUDA_13 =
      List.of(DRIVER, "libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9");
  private static final List<String> TENSORRT_10 =
      List.of("libnvinfer.so.10", "libnvinfer_plugin.so.10", "libnvonnxparser.so.10");

  private static final List<String> LIBTORCH =
      List.of(
          DRIVER,
          "libcudart.so.13",
          "libcublas.so.13",
          "libcublasLt.so.13",
          "libcudnn.so.9",
          "libcufft.so.12",
          "libcurand.so.10",
          "libcusolver.so.12",
          "libcusparse.so.12",
          "libcupti.so.13",
          "libcufile.so.0",
          "libnccl.so.2");

  /** What the published natives need, and what the loaded ONNX Runtime's own do. */
  public static List<NativeLibraries> all() {
    if (!isLinux()) {
      return List.of();
    }
    List<NativeLibraries> all = new ArrayList<>();
    for (ProviderKind kind : List.of(ProviderKind.CUDA, ProviderKind.TENSORRT)) {
      Path library = library(kind);
      if (library != null) {
        all.add(of(kind.text() + " of the ONNX Runtime that is loaded", needed(library), library));
      }
    }
    all.add(of("CUDA 12, for onnxruntime_gpu", CUDA_12, null));
    all.add(of("CUDA 13, for ONNX Runtime of org.bytedeco", CUDA_13, null));
    all.add(of("TensorRT 10, for onnxruntime_gpu", TENSORRT_10, null));
    all.add(forTraining());
    return all;
  }

  /** What libtorch's natives for GPUs need, as org.bytedeco publishes them. */
  public static NativeLibraries forTraining() {
    return of(
        "CUDA 13, to train by pytorch of org.bytedeco", isLinux() ? LIBTORCH : List.of(), null);
  }

  /** What keeps a provider of the loaded ONNX Runtime from being loaded. */
  static List<String> missing(ProviderKind kind) {
    if (!isLinux()) {
      return List.of();
    }
    Path library = library(kind);
    if (library != null) {
      return of(kind.text(), needed(library), library).missing;
    }
    return switch (kind) {
      case CUDA -> of("", CUDA_12, null).missing;
      case TENSORRT ->
          of("", Stream.concat(CUDA_12.stream(), TENSORRT_10.stream()).toList(), null).missing;
      default -> List.of();
    };
  }

  private static boolean isLinux() {
    return System.getProperty("os.name", "").startsWith("Linux");
  }

  static NativeLibraries of(String natives, List<String> needed, @Nullable Path from) {
    Set<Path> folders = folders();
    Set<String> missing = new TreeSet<>();
    Set<String> seen = new TreeSet<>();
    ElfFile own = from == null ? null : read(from);
    for (String name : needed) {
      search(name, own, folders, seen, missing);
    }
    return new NativeLibraries(natives, List.copyOf(needed), List.copyOf(missing));
  }

  private static void search(
      String name,
      @Nullable ElfFile from,
      Set<Path> folders,
      Set<String> seen,
      Set<String> missing) {
    if (!seen.add(name) || name.startsWith("ld-linux")) {
      return;
    }
    Stream<Path> places =
        Stream.concat(from == null ? Stream.empty() : from.folders().stream(), folders.stream());
    for (Path folder : (Iterable<Path>) places::iterator) {
      ElfFile found = read(folder.resolve(name));
      if (found != null && (from == null || found.machine() == from.machine())) {
        found.needed().forEach(n -> search(n, found, folders, seen, missing));
        return;
      }
    }
    missing.add(name);
  }

  private static @Nullable ElfFile read(Path file) {
    try {
      return Files.isRegularFile(file) ? ElfFile.read(file) : null;
    } catch (IOException e) {
      return null; // no library: the loader goes on looking too
    }
  }

  private static List<String> needed(Path library) {
    ElfFile file = read(library);
    if (file == null) {
      return List.of();
    }
    // The driver is loaded by name, when CUDA is first used.
    boolean cuda = file.needed().stream().anyMatch(n -> n.startsWith("libcudart"));
    return Stream.concat(file.needed().stream(), cuda ? Stream.of(DRIVER) : Stream.empty())
        .toList();
  }

  /** A provider's library beside the ONNX Runtime that is loaded; null where there is none. */
  private static @Nullable Path library(ProviderKind kind) {
    String name = "libonnxruntime_providers_" + kind.text().toLowerCase(Locale.ROOT) + ".so";
    return loaded()
        .filter(p -> p.getFileName().toString().startsWith("libonnxruntime"))
        .map(p -> p.resolveSibling(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(null);
  }

  /** The libraries of this process. */
  private static Stream<Path> loaded() {
    return lines(Path.of("/proc/self/maps")).stream()
        .map(l -> l.substring(Math.max(0, l.indexOf('/'))))
        .filter(l -> l.startsWith("/") && l.contains(".so"))
        .distinct()
        .map(Path::of);
  }

  /** Where the loader looks: what is loaded already, the environment, and the system's folders. */
  private static Set<Path> folders() {
    Set<Path> folders = new LinkedHashSet<>();
    loaded().map(Path::getParent).forEach(folders::add);
    for (String part : System.getenv().getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
      try {
        folders.add(Path.of(part.isBlank() ? "." : part));
      } catch (InvalidPathException e) {
        continue;
      }
    }
    String processor =
        Map.of("amd64", "x86_64").getOrDefault(System.getProperty("os.arch"), "aarch64");
    for (String known : List.of("/lib/%s-linux-gnu", "/usr/lib/%s-linux-gnu")) {
      folders.add(Path.of(known.formatted(processor)));
    }
    for (String known : List.of("/lib64", "/usr/lib64", "/lib", "/usr/lib")) {
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
      return List.of();
    }
  }
}
