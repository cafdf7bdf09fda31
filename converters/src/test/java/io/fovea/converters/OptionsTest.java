package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.runtime.Output;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every option of every architecture: it is built and runs, or is refused. */
class OptionsTest {
  private static final double NARROW = 0.125;

  /** The extras that each architecture takes. */
  private static final String TAKES =
      """
      lenet5              spp
      resnet\\d+           squeeze_excite blurpool non_local spp zero_residual
      wide_resnet50_2     squeeze_excite blurpool non_local spp zero_residual
      resnext50_32x4d     squeeze_excite blurpool non_local spp zero_residual
      densenet121         squeeze_excite blurpool non_local spp
      googlenet           blurpool spp
      mobilenet_v\\d.*     squeeze_excite blurpool non_local spp zero_residual
      efficientnet_b0     blurpool non_local spp zero_residual
      shufflenet_v2_x1_0  squeeze_excite blurpool non_local spp
      convnext_tiny       squeeze_excite non_local spp
      unet.*              squeeze_excite blurpool non_local
      """;

  /** Nets of more layers than others of their file, and no other parts: these run but once. */
  private static final Set<String> DEEPER =
      Set.of("resnet32", "resnet44", "resnet56", "resnet110", "resnet34", "resnet101", "resnet152");

  static List<Architecture> all() {
    return Architectures.all();
  }

  static List<Architecture> shallow() {
    return all().stream().filter(a -> !DEEPER.contains(a.name())).toList();
  }

  private static Set<Extra> takes(Architecture a) {
    List<String[]> rows =
        TAKES.lines().map(row -> row.split("\\s+")).filter(r -> a.name().matches(r[0])).toList();
    assertEquals(1, rows.size(), "rows of the table that speak of " + a.name());
    return Arrays.stream(rows.get(0))
        .skip(1)
        .map(Extra::named)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Extra.class)));
  }

  private static Options narrow() {
    return Options.classes(3).withWidth(NARROW);
  }

  @ParameterizedTest
  @MethodSource("all")
  void takesTheExtrasOfTheTableAndRefusesTheOthers(Architecture a) {
    byte[] plain = a.model(narrow()).toBytes();
    Set<Extra> takes = takes(a);
    for (Extra extra : Extra.values()) {
      Options options = narrow().with(extra);
      if (takes.contains(extra)) {
        assertFalse(Arrays.equals(plain, a.model(options).toBytes()), extra + " changes nothing");
      } else {
        OnnxException e =
            assertThrows(OnnxException.class, () -> a.model(options), extra.toString());
        assertEquals(a.name() + " has no place for " + extra, e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void takesDropoutAndAllExtrasAtOnce(Architecture a) {
    Options options = narrow().with(takes(a).toArray(Extra[]::new));
    Model model = a.model(options.withDropout(0.25).withSeed(1));
    assertEquals(0.25f, ratio(model));
    assertEquals(-1, ratio(a.model(narrow().withDropout(0))));
    runs(a, model, a.channels());
  }

  /** The share that training drops, the same at all places; -1 for none. */
  private static float ratio(Model model) {
    Set<String> ratios =
        model.graph().nodes().stream()
            .filter(n -> n.operator().equals("Dropout"))
            .map(n -> n.inputs().get(1))
            .collect(Collectors.toSet());
    assertTrue(ratios.size() < 2, "ratios " + ratios);
    return model.graph().nodes().stream()
        .filter(n -> ratios.containsAll(n.outputs()))
        .map(n -> n.attribute("value_float", Float.NaN))
        .findFirst()
        .orElse(-1f);
  }

  @ParameterizedTest
  @MethodSource("shallow")
  void runsWithEachExtraAlone(Architecture a) {
    for (Extra extra : takes(a)) {
      runs(a, a.model(narrow().with(extra)), a.channels());
    }
  }

  /** Activations take turns, so that each meets every second architecture or so. */
  @ParameterizedTest
  @MethodSource("shallow")
  void runsWithEachNormalizationFiveActivationsAndOtherChannels(Architecture a) {
    Activation[] activations = Activation.values();
    int turn = shallow().indexOf(a) * Normalization.values().length;
    for (Normalization normalization : Normalization.values()) {
      Activation activation = activations[turn++ % activations.length];
      int channels = turn % 2 == 0 ? 1 : 4;
      Options options = narrow().withNormalization(normalization).withActivation(activation);
      runs(a, a.model(options.withChannels(channels)), channels);
    }
  }

  /** Two batches of two sizes give finite numbers of the promised shape. */
  private static void runs(Architecture a, Model model, int channels) {
    int least = Math.max(a.smallest(), 17);
    try (Served net = new Served(model)) {
      for (int n = 1; n <= 2; n++) {
        int height = n == 1 ? least : least + 7;
        int width = n == 1 ? least : least + 4;
        Output out = net.run(n, channels, height, width);
        long[] classes = {n, 3};
        long[] pixels = {n, 3, height, width};
        boolean whole = a.task() == Architecture.Task.CLASSIFICATION;
        assertArrayEquals(whole ? classes : pixels, out.shape());
        for (float v : out.values()) {
          assertTrue(Float.isFinite(v));
        }
      }
    }
  }
}
