package io.fovea.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.util.List;

/**
 * Where a model runs: {@code cpu}, {@code cuda:N}, or {@code auto}, which is the first CUDA device
 * where one can be used and else the CPU. What was asked for is what is used, or loading fails with
 * what is missing; only {@code auto} falls back, and says so.
 */
public record Device(Kind kind, int index) {
  /** Kinds of devices. */
  public enum Kind {
    CPU,
    CUDA,
    AUTO
  }

  /** A device on which a model was loaded, and why that one. */
  record Choice(Device device, String reason) {}

  public static Device cpu() {
    return new Device(Kind.CPU, 0);
  }

  /** The CUDA device of a number that counts from 0. */
  public static Device cuda(int index) {
    return new Device(Kind.CUDA, index);
  }

  public static Device auto() {
    return new Device(Kind.AUTO, 0);
  }

  /**
   * A device from {@code cpu}, {@code cuda}, {@code cuda:1} or {@code auto}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Device named(String text) {
    if (text.equals("cpu")) {
      return cpu();
    }
    if (text.equals("auto")) {
      return auto();
    }
    if (text.equals("cuda")) {
      return cuda(0);
    }
    if (text.matches("cuda:\\d{1,3}")) {
      return cuda(Integer.parseInt(text.substring(5)));
    }
    throw new IllegalArgumentException("device '" + text + "': expected cpu, cuda, cuda:N or auto");
  }

  /** Adds this device's execution provider to a session that is about to be made. */
  Choice configure(OrtSession.SessionOptions options, String model) {
    if (kind == Kind.CPU) {
      return new Choice(this, "asked for");
    }
    String obstacle = useCuda(options);
    if (obstacle.isEmpty()) {
      return new Choice(cuda(index), kind == Kind.AUTO ? "a CUDA device is usable" : "asked for");
    }
    if (kind == Kind.AUTO) {
      return new Choice(cpu(), "no CUDA: " + obstacle);
    }
    List<String> missing = CudaLibraries.missing();
    throw new ScoringException(
        model,
        "cannot run on %s: %s%s%s"
            .formatted(
                this,
                obstacle,
                isBuiltWithCuda()
                    ? ""
                    : " (replace the dependency com.microsoft.onnxruntime:onnxruntime by"
                        + " onnxruntime_gpu)",
                missing.isEmpty() ? "" : "; libraries not found: " + String.join(", ", missing)));
  }

  private static boolean isBuiltWithCuda() {
    return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
  }

  /** Tries to add CUDA; empty where that went well, else why not. */
  private String useCuda(OrtSession.SessionOptions options) {
    if (!isBuiltWithCuda()) {
      return "this ONNX Runtime was built without it";
    }
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(index)) {
      cuda.add("cudnn_conv_algo_search", "HEURISTIC"); // no search of seconds for every new size
      options.addCUDA(cuda);
      return "";
    } catch (OrtException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public String toString() {
    return switch (kind) {
      case CPU -> "cpu";
      case CUDA -> "cuda:" + index;
      case AUTO -> "auto";
    };
  }
}
