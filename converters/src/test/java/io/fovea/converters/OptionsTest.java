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
      lenet5                spp
      (alexnet|vgg.*)       squeeze_excite blurpool non_local spp
      resnet9               squeeze_excite blurpool non_local spp
      (?!resnet9)(wide_)?resne[tx].* squeeze_excite blurpool non_local spp zero_residual
      airbench94            squeeze_excite blurpool non_local spp mirror
      densenet121           squeeze_excite blurpool non_local spp
      googlenet             squeeze_excite blurpool non_local spp auxiliary
      inception_v3          squeeze_excite blurpool non_local spp auxiliary
      squeezenet1_[01]      squeeze_excite blurpool non_local
      mobilenet_v.*         squeeze_excite blurpool non_local spp zero_residual
      efficientnet_b0       blurpool non_local spp zero_residual
      shufflenet_v2_x1_0    squeeze_excite blurpool non_local spp
      convnext_tiny         squeeze_excite non_local spp
      (z2|p4m?)cnn          blurpool
      spatial_transformer   blurpool spp
      unet.*                squeeze_excite blurpool non_local
      fcn_resnet50          squeeze_excite blurpool non_local zero_residual
      deeplabv3_resnet50    squeeze_excite blurpool non_local zero_residual
      dip_skip              squeeze_excite blurpool non_local
      style_transfer        squeeze_excite blurpool non_local zero_residual
      espcn_x[234]
      dcgan_generator       non_local
      dcgan_discriminator   blurpool non_local
      """;

  /** Nets that differ from others of their file by a number: these run but once. */
  private static final String TWINS =
      "resnet(32|44|56|110|34|101|152)|wide_.*|resnext.*|vgg(13|16|19|11_bn).*|espcn_x[34]"
          + "|squeezenet1_0|p4mcnn";

  static List<Architecture> all() {
    return Architectures.all();
  }

  static List<Architecture> distinct() {
    return all().stream().filter(a -> !a.name().matches(TWINS)).toList();
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

  private static Options narrow(Architecture a) {
    Options options = paints(a) ? Options.defaults() : Options.classes(3);
    return options.withWidth(NARROW);
  }

  /** Whether it gives a picture: these have no classes, and nothing to drop before them. */
  private static boolean paints(Architecture a) {
    return a.paints();
  }

  @ParameterizedTest
  @MethodSource("all")
  void takesTheExtrasOfTheTableAndRefusesTheOthers(Architecture a) {
    byte[] plain = a.model(narrow(a)).toBytes();
    Set<Extra> takes = takes(a);
    for (Extra extra : Extra.values()) {
      Options options = narrow(a).with(extra);
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
    Options options = narrow(a).with(takes(a).toArray(Extra[]::new));
    if (paints(a)) {
      OnnxException e =
          assertThrows(OnnxException.class, () -> a.model(narrow(a).withDropout(0.25)));
      assertEquals(a.name() + " has no place for dropout", e.getMessage());
    } else {
      options = options.withDropout(0.25);
      assertEquals(0.25f, ratio(a.model(options)));
      assertEquals(-1, ratio(a.model(narrow(a).withDropout(0))));
    }
    runs(a, options);
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
  @MethodSource("distinct")
  void runsWithEachExtraAlone(Architecture a) {
    for (Extra extra : takes(a)) {
      runs(a, narrow(a).with(extra));
    }
  }

  /** Activations take turns, so that each meets every second architecture or so. */
  @ParameterizedTest
  @MethodSource("distinct")
  void runsWithEachNormalizationFiveActivationsAndOtherChannels(Architecture a) {
    Activation[] activations = Activation.values();
    int turn = distinct().indexOf(a) * Normalization.values().length;
    for (Normalization normalization : Normalization.values()) {
      Activation activation = activations[turn++ % activations.length];
      int channels = turn % 2 == 0 ? 1 : 4;
      Options options = narrow(a).withNormalization(normalization).withActivation(activation);
      runs(a, options.withChannels(channels));
    }
  }

  /** Two batches of two sizes give finite numbers of the promised shape. */
  private static void runs(Architecture a, Options options) {
    boolean heads = options.extras().contains(Extra.AUXILIARY); // they ask for the paper's size
    int least = heads ? a.size() : Math.max(a.smallest(), Math.min(a.size(), 17));
    int channels = options.channelsOr(a.channels());
    try (Served net = new Served(a.model(options))) {
      for (int n = 1; n <= 2; n++) {
        int height = n == 1 ? least : least + 7;
        int width = n == 1 ? least : least + 4;
        Output out = net.run(n, channels, height, width);
        switch (a.task()) {
          case CLASSIFICATION -> assertArrayEquals(new long[] {n, 3}, out.shape());
          case SEGMENTATION -> assertArrayEquals(new long[] {n, 3, height, width}, out.shape());
          case PICTURE -> assertEquals(n, out.shape()[0]);
        }
        for (float v : out.values()) {
          assertTrue(Float.isFinite(v));
        }
      }
    }
  }
}
