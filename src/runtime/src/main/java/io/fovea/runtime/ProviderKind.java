package io.fovea.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The execution providers that are known by name, with their options. */
enum ProviderKind {
  CPU(OrtProvider.CPU, false, Option.flag("arena"), Option.flag(Option.SHRINKAGE)) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      to.setCPUArenaAllocator(!value("arena", p.options().getOrDefault("arena", "1")).equals("0"));
    }
  },

  CUDA(
      OrtProvider.CUDA,
      true,
      Option.size("gpu_mem_limit"),
      Option.of("arena_extend_strategy", "kNextPowerOfTwo", "kSameAsRequested"),
      Option.flag(Option.SHRINKAGE),
      Option.flag("use_tf32"),
      Option.of("cudnn_conv_algo_search", "HEURISTIC", "EXHAUSTIVE", "DEFAULT"),
      Option.flag("cudnn_conv_use_max_workspace"),
      Option.flag("cudnn_conv1d_pad_to_nc1d"),
      Option.flag("prefer_nhwc"),
      Option.flag("fuse_conv_bias"),
      Option.flag("do_copy_in_default_stream"),
      Option.flag("use_ep_level_unified_stream"),
      Option.flag("tunable_op_enable"),
      Option.flag("tunable_op_tuning_enable"),
      Option.number("tunable_op_max_tuning_duration_ms")) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(p.index())) {
        // Else every new picture size starts a search of seconds.
        cuda.add("cudnn_conv_algo_search", "HEURISTIC");
        for (var option : values(p).entrySet()) {
          cuda.add(option.getKey(), option.getValue());
        }
        to.addCUDA(cuda);
      }
    }
  },

  TENSORRT(
      OrtProvider.TENSOR_RT,
      true,
      Option.flag("trt_fp16_enable"),
      Option.flag("trt_bf16_enable"),
      Option.flag("trt_int8_enable"),
      Option.text("trt_int8_calibration_table_name"),
      Option.flag("trt_int8_use_native_calibration_table"),
      Option.size("trt_max_workspace_size"),
      Option.number("trt_max_partition_iterations"),
      Option.number("trt_min_subgraph_size"),
      Option.number("trt_builder_optimization_level"),
      Option.number("trt_auxiliary_streams"),
      Option.flag("trt_engine_cache_enable"),
      Option.text("trt_engine_cache_path"),
      Option.text("trt_engine_cache_prefix"),
      Option.flag("trt_engine_hw_compatible"),
      Option.flag("trt_timing_cache_enable"),
      Option.text("trt_timing_cache_path"),
      Option.flag("trt_force_timing_cache"),
      Option.flag("trt_context_memory_sharing_enable"),
      Option.flag("trt_layer_norm_fp32_fallback"),
      Option.flag("trt_sparsity_enable"),
      Option.flag("trt_build_heuristics_enable"),
      Option.flag("trt_detailed_build_log"),
      Option.flag("trt_force_sequential_engine_build"),
      Option.flag("trt_dla_enable"),
      Option.number("trt_dla_core"),
      Option.text("trt_tactic_sources"),
      Option.text("trt_op_types_to_exclude"),
      Option.text("trt_profile_min_shapes"),
      Option.text("trt_profile_opt_shapes"),
      Option.text("trt_profile_max_shapes")) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      try (OrtTensorRTProviderOptions trt = new OrtTensorRTProviderOptions(p.index())) {
        for (var option : values(p).entrySet()) {
          trt.add(option.getKey(), option.getValue());
        }
        to.addTensorrt(trt);
      }
    }
  },

  COREML(
      OrtProvider.CORE_ML,
      false,
      Option.of("ModelFormat", "MLProgram", "NeuralNetwork"),
      Option.of("MLComputeUnits", "ALL", "CPUAndNeuralEngine", "CPUAndGPU", "CPUOnly"),
      Option.flag("RequireStaticInputShapes"),
      Option.flag("EnableOnSubgraphs"),
      Option.of("SpecializationStrategy", "Default", "FastPrediction"),
      Option.flag("AllowLowPrecisionAccumulationOnGPU"),
      Option.text("ModelCacheDirectory")) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      to.addCoreML(values(p));
    }
  },

  DIRECTML(OrtProvider.DIRECT_ML, true) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      to.setMemoryPatternOptimization(false); // DirectML does not run with it
      to.addDirectML(p.index());
    }
  },

  OPENVINO(OrtProvider.OPEN_VINO, false, Option.text("device_type")) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      to.addOpenVINO(p.options().getOrDefault("device_type", "AUTO"));
    }
  },

  XNNPACK(OrtProvider.XNNPACK, false, Option.number("intra_op_num_threads")) {
    @Override
    void add(SessionOptions to, Provider p) throws OrtException {
      to.addXnnpack(values(p));
    }
  };

  /** An option, and how its values are written. */
  private record Option(String name, String form, List<String> choices) {
    /** Memory is given back after each run: an option of runs, not of the provider. */
    static final String SHRINKAGE = "arena_shrinkage";

    private static final String SIZE = "bytes such as 2147483648, 2048M or 2G";

    static Option of(String name, String... choices) {
      return new Option(name, String.join(", ", choices), List.of(choices));
    }

    static Option flag(String name) {
      return of(name, "0", "1");
    }

    static Option number(String name) {
      return new Option(name, "a whole number", List.of());
    }

    static Option size(String name) {
      return new Option(name, SIZE, List.of());
    }

    static Option text(String name) {
      return new Option(name, "text", List.of());
    }

    /** A value as ONNX Runtime takes it; null where it is none. */
    @Nullable String value(String text) {
      if (!choices.isEmpty()) {
        return choices.contains(text) ? text : null;
      }
      return switch (form) {
        case "text" -> text.isEmpty() ? null : text;
        case SIZE -> bytes(text);
        default -> text.matches("\\d{1,18}") ? text : null;
      };
    }

    private static @Nullable String bytes(String text) {
      if (!text.matches("\\d{1,12}[KMG]?|\\d{1,18}")) {
        return null;
      }
      int shift = 10 * (1 + "KMG".indexOf(text.charAt(text.length() - 1)));
      long number = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
      return number > Long.MAX_VALUE >> shift ? null : String.valueOf(number << shift);
    }
  }

  private final OrtProvider provider;
  private final boolean counts;
  private final List<Option> options;

  ProviderKind(OrtProvider provider, boolean counts, Option... options) {
    this.provider = provider;
    this.counts = counts;
    this.options = List.of(options);
  }

  static @Nullable ProviderKind named(String text) {
    return Arrays.stream(values()).filter(k -> k.text().equals(text)).findFirst().orElse(null);
  }

  /** Its name in devices, such as {@code cuda}. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What ONNX Runtime calls it. */
  OrtProvider provider() {
    return provider;
  }

  /** Whether its devices have numbers. */
  boolean counts() {
    return counts;
  }

  /** Adds it to a session that is about to be made. */
  abstract void add(SessionOptions to, Provider p) throws OrtException;

  /**
   * The value of an option as ONNX Runtime takes it.
   *
   * @throws IllegalArgumentException where there is no such option or value
   */
  String value(String name, String text) {
    Option option = options.stream().filter(o -> o.name.equals(name)).findFirst().orElse(null);
    if (option == null) {
      throw new IllegalArgumentException(
          "%s has no option '%s': expected %s"
              .formatted(
                  text(),
                  name,
                  options.isEmpty()
                      ? "none"
                      : String.join(", ", options.stream().map(Option::name).toList())));
    }
    String value = option.value(text);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s, option %s: expected %s, met '%s'".formatted(text(), name, option.form, text));
    }
    return value;
  }

  /** The options of a provider as ONNX Runtime takes them, without those of runs. */
  Map<String, String> values(Provider p) {
    Map<String, String> all = new LinkedHashMap<>();
    p.options().forEach((name, text) -> all.put(name, value(name, text)));
    all.remove(Option.SHRINKAGE);
    return all;
  }

  /** The memory that a run gives back when it ends, such as {@code gpu:0}; empty for none. */
  String shrinks(Provider p) {
    boolean asked = "1".equals(p.options().get(Option.SHRINKAGE));
    return !asked ? "" : this == CPU ? "cpu:0" : "gpu:" + p.index();
  }
}
