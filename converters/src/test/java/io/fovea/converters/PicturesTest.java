package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nets that give masks and pictures, in ONNX Runtime. */
class PicturesTest {
  private static final Options NARROW = Options.defaults().withWidth(0.125);

  private static ImageModel served(String name, Model model) {
    return ImageModel.load(name, model.toBytes(), Device.cpu());
  }

  private static ImageModel served(String name, Options options) {
    return served(name, Architectures.named(name).model(options));
  }

  private static Output run(ImageModel model, long... shape) {
    FloatBuffer pixels = FloatBuffer.allocate((int) (shape[0] * shape[1] * shape[2] * shape[3]));
    Random random = new Random(1);
    while (pixels.hasRemaining()) {
      pixels.put(random.nextFloat());
    }
    Output out = model.run(pixels.flip(), shape);
    for (float v : out.values()) {
      assertTrue(Float.isFinite(v));
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"unet", "fcn_resnet50", "deeplabv3_resnet50"})
  void givesMasksOfThePicturesSizeAtAnySizeFromOneFile(String name) {
    long[][] sizes = {{1, 1}, {17, 31}, {101, 45}, {33, 67}, {63, 49}};
    try (ImageModel net = served(name, NARROW.withClasses(5))) {
      for (long[] size : sizes) {
        for (long batch : new long[] {1, 7}) {
          assertArrayEquals(
              new long[] {batch, 5, size[0], size[1]},
              run(net, batch, 3, size[0], size[1]).shape());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fcn_resnet50", "deeplabv3_resnet50"})
  void stretchesItsLogitsBilinearlyBetweenTheCentresOfPixels(String name) {
    Model model = Architectures.named(name).model(NARROW.withClasses(1));
    int h = 29;
    int w = 37;
    float[] met;
    try (ImageModel net = served(name, model)) {
      met = run(net, 1, 3, h, w).values();
    }
    Output small;
    try (ImageModel net = served(name, endingAt("classifier.4", model))) {
      small = run(net, 1, 3, h, w);
    }
    int rows = (int) small.shape()[2];
    int columns = (int) small.shape()[3];
    assertEquals(List.of(4, 5), List.of(rows, columns));
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        double sy = Math.max(0, (y + 0.5) * rows / h - 0.5);
        double sx = Math.max(0, (x + 0.5) * columns / w - 0.5);
        int y0 = (int) sy;
        int x0 = (int) sx;
        double wanted = 0;
        for (int k = 0; k < 4; k++) {
          int row = Math.min(rows - 1, y0 + k / 2);
          int column = Math.min(columns - 1, x0 + k % 2);
          double down = k / 2 == 0 ? 1 - (sy - y0) : sy - y0;
          double right = k % 2 == 0 ? 1 - (sx - x0) : sx - x0;
          wanted += down * right * small.values()[row * columns + column];
        }
        assertEquals(wanted, met[y * w + x], 1e-4 * (1 + Math.abs(wanted)));
      }
    }
  }

  /** The same net, whose output is another of its values. */
  private static Model endingAt(String value, Model model) {
    var graph = model.proto().getGraph().toBuilder();
    graph.getOutputBuilder(0).setName(value).clearType();
    graph
        .getOutputBuilder(0)
        .setType(graph.getInput(0).getType().toBuilder())
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .clearShape();
    return new Model(model.proto().toBuilder().setGraph(graph).build(), null);
  }

  @Test
  void looksFarAroundAtThePapersRates() {
    Model model = Architectures.named("deeplabv3_resnet50").model(NARROW);
    Stream<String> branches = Stream.of("1.0", "2.0", "3.0").map(n -> "classifier.0.convs." + n);
    List<long[]> met = branches.map(n -> dilations(model, n)).toList();
    long[][] wanted = {{12, 12}, {24, 24}, {36, 36}};
    assertArrayEquals(wanted, met.toArray(long[][]::new));
    assertArrayEquals(new long[] {1, 1}, dilations(model, "backbone.layer3.0.conv2"));
    assertArrayEquals(new long[] {2, 2}, dilations(model, "backbone.layer3.1.conv2"));
    assertArrayEquals(new long[] {2, 2}, dilations(model, "backbone.layer4.0.conv2"));
    assertArrayEquals(new long[] {4, 4}, dilations(model, "backbone.layer4.2.conv2"));
  }

  private static long[] dilations(Model model, String name) {
    return model.graph().nodes().stream()
        .filter(n -> n.name().equals(name))
        .findFirst()
        .orElseThrow()
        .attribute("dilations", new long[] {1, 1});
  }

  @ParameterizedTest
  @CsvSource({"dip_skip, 32", "style_transfer, 3"})
  void givesPicturesOfTheInputsSize(String name, int channels) {
    Architecture a = Architectures.named(name);
    Model model = a.model(NARROW);
    assertEquals(
        "output: float [batch, 3, height, width]", model.graph().outputs().get(0).toString());
    assertEquals(17, model.opset());
    int least = a.smallest();
    long[][] sizes = {{least, least}, {least, 64}, {35, least + 1}, {45, 39}, {64, 57}};
    try (ImageModel net = served(name, model)) {
      for (long[] size : sizes) {
        for (long batch : new long[] {1, 7}) {
          assertArrayEquals(
              new long[] {batch, 3, size[0], size[1]},
              run(net, batch, channels, size[0], size[1]).shape());
        }
      }
      assertThrows(RuntimeException.class, () -> run(net, 1, channels, least - 1, 64));
    }
  }

  @ParameterizedTest
  @CsvSource({"dip_skip, 32, 45, 39", "dip_skip, 32, 64, 64", "style_transfer, 3, 21, 26"})
  void seesNoBorder(String name, int channels, int h, int w) {
    try (ImageModel net = served(name, NARROW)) {
      FloatBuffer grey = FloatBuffer.allocate(channels * h * w);
      Arrays.fill(grey.array(), 0.7f);
      float[] values = net.run(grey, new long[] {1, channels, h, w}).values();
      for (int i = 0; i < values.length; i++) {
        assertEquals(values[i / (h * w) * h * w], values[i], 1e-4f);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"dip_skip, 32, 40, 0", "dcgan_generator, 100, 2, -1"})
  void staysWithinItsRange(String name, int channels, int size, float least) {
    try (ImageModel net = served(name, NARROW)) {
      for (float v : run(net, 2, channels, size, size).values()) {
        assertTrue(v > least && v < 1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 1", "3, 9, 13", "4, 17, 31"})
  void espcnGivesLargerPictures(int factor, int h, int w) {
    String name = "espcn_x" + factor;
    Model model = Architectures.named(name).model(Options.defaults());
    try (ImageModel net = served(name, model)) {
      for (long batch : new long[] {1, 7}) {
        long[] wanted = {batch, 1, (long) factor * h, (long) factor * w};
        assertArrayEquals(wanted, run(net, batch, 1, h, w).shape());
      }
    }
  }

  /** A channel's squares of pixels are neighbours among the filters, row by row. */
  @Test
  void espcnSpreadsFiltersOverSquaresOfTheirChannel() {
    Model model = Architectures.named("espcn_x2").model(Options.defaults().withChannels(2));
    Map<String, Tensor> changed = new HashMap<>();
    Tensor weight = model.graph().initializers().get("conv3.weight");
    changed.put(
        weight.name(),
        Tensor.of(weight.name(), weight.dims(), new float[Math.toIntExact(weight.size())]));
    float[] numbers = {0, 1, 2, 3, 4, 5, 6, 7};
    changed.put("conv3.bias", Tensor.of("conv3.bias", new long[] {8}, numbers));
    Model numbered = model.withGraph(model.graph().withInitializers(changed));
    try (ImageModel net = served("espcn_x2", numbered)) {
      float[] first = {0, 1, 0, 1, 2, 3, 2, 3};
      float[] second = {4, 5, 4, 5, 6, 7, 6, 7};
      float[] met = run(net, 1, 2, 1, 2).values();
      assertArrayEquals(first, Arrays.copyOf(met, 8));
      assertArrayEquals(second, Arrays.copyOfRange(met, 8, 16));
    }
  }

  @Test
  void dcganGivesLargerPicturesForLargerNoise() {
    Model model = Architectures.named("dcgan_generator").model(NARROW);
    long[][] sizes = {{1, 1}, {2, 1}, {3, 5}};
    try (ImageModel net = served("dcgan_generator", model)) {
      for (long[] s : sizes) {
        for (long batch : new long[] {1, 7}) {
          assertArrayEquals(
              new long[] {batch, 3, 16 * s[0] + 48, 16 * s[1] + 48},
              run(net, batch, 100, s[0], s[1]).shape());
        }
      }
    }
  }

  @Test
  void dcganJudgesLargerPicturesByTheMeanAndRefusesSmallerOnes() {
    try (ImageModel net = served("dcgan_discriminator", NARROW)) {
      for (long[] s : new long[][] {{64, 64}, {79, 101}}) {
        assertArrayEquals(new long[] {7, 1}, run(net, 7, 3, s[0], s[1]).shape());
      }
      RuntimeException e = assertThrows(RuntimeException.class, () -> run(net, 1, 3, 63, 64));
      assertTrue(e.getMessage().startsWith("dcgan_discriminator: input [1, 3, 63, 64]"));
    }
  }

  @ParameterizedTest
  @CsvSource({"dcgan_generator, 3576704", "dcgan_discriminator, 2765568"})
  void dcganAtHalfWidthIsThePublishedOne(String name, long wanted) {
    Map<String, Tensor> all =
        Architectures.named(name).model(Options.defaults().withWidth(0.5)).graph().initializers();
    long met =
        all.values().stream()
            .filter(t -> !t.name().contains("running_"))
            .mapToLong(Tensor::size)
            .sum();
    assertEquals(wanted, met);
    boolean generates = name.endsWith("generator");
    int[] layers = generates ? new int[] {0, 1, 3, 4, 6, 7, 9, 10, 12} : new int[] {0, 2, 3, 5, 6};
    for (int layer : layers) {
      assertTrue(all.containsKey("main." + layer + ".weight"), "main." + layer);
    }
    assertArrayEquals(
        generates ? new long[] {100, 512, 4, 4} : new long[] {64, 3, 4, 4},
        all.get("main.0.weight").dims());
    assertTrue(generates || all.containsKey("main.11.weight"));
    float[] values = all.get(generates ? "main.3.weight" : "main.8.weight").floats();
    double squares = 0;
    for (float v : values) {
      squares += (double) v * v;
    }
    assertEquals(0.02, Math.sqrt(squares / values.length), 2e-4);
  }

  @ParameterizedTest
  @CsvSource({"dip_skip, level1.skip.act, 0.2", "dcgan_discriminator, main.1, 0.2"})
  void leaksAsItsPaperSays(String name, String node, float slope) {
    Model model = Architectures.named(name).model(NARROW);
    assertEquals(slope, slope(model, node));
    Model other =
        Architectures.named("resnet8").model(NARROW.withActivation(Activation.LEAKY_RELU));
    assertEquals(0.01f, slope(other, "relu"));
  }

  private static float slope(Model model, String name) {
    Attribute alpha =
        model.graph().nodes().stream()
            .filter(n -> n.name().equals(name))
            .findFirst()
            .orElseThrow()
            .attribute("alpha");
    return alpha.proto().getF();
  }

  static List<Architecture> all() {
    Set<String> own = Set.of("fcn_resnet50", "deeplabv3_resnet50", "dcgan_discriminator");
    return Architectures.all().stream().filter(a -> a.paints() || own.contains(a.name())).toList();
  }

  @ParameterizedTest
  @MethodSource("all")
  void drawsTheSameWeightsFromTheSameSeed(Architecture a) {
    byte[] one = a.model(NARROW.withSeed(1)).toBytes();
    assertArrayEquals(one, a.model(NARROW.withSeed(1)).toBytes());
    assertFalse(Arrays.equals(one, a.model(NARROW.withSeed(2)).toBytes()));
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void takeEveryNormalization(Normalization normalization) {
    for (Architecture a : all()) {
      Options o = NARROW.withNormalization(normalization).withActivation(Activation.PRELU);
      try (ImageModel net = served(a.name(), a.model(o))) {
        long size = Math.max(a.smallest(), 5);
        assertEquals(2, run(net, 2, a.channels(), size, size + 4).shape()[0], a.name());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dip_skip, SQUEEZE_EXCITE BLURPOOL NON_LOCAL",
    "style_transfer, SQUEEZE_EXCITE BLURPOOL NON_LOCAL ZERO_RESIDUAL",
    "dcgan_generator, NON_LOCAL",
    "dcgan_discriminator, BLURPOOL NON_LOCAL",
    "fcn_resnet50, SQUEEZE_EXCITE BLURPOOL NON_LOCAL ZERO_RESIDUAL",
    "deeplabv3_resnet50, SQUEEZE_EXCITE BLURPOOL NON_LOCAL ZERO_RESIDUAL"
  })
  void takesExtrasAndKeepsItsSizes(String name, String extras) {
    Architecture a = Architectures.named(name);
    Extra[] all = Stream.of(extras.split(" ")).map(Extra::valueOf).toArray(Extra[]::new);
    long size = Math.max(a.smallest(), 5);
    try (ImageModel plain = served(name, NARROW);
        ImageModel net = served(name, NARROW.with(all))) {
      for (long odd = 0; odd < 2; odd++) {
        long[] shape = {2, a.channels(), size + odd, size + 5};
        assertArrayEquals(run(plain, shape).shape(), run(net, shape).shape());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dip_skip, classes, dip_skip gives a picture: it has no place for classes",
    "espcn_x3, classes, espcn_x3 gives a picture: it has no place for classes",
    "style_transfer, dropout, style_transfer has no place for dropout",
    "dcgan_generator, spp, dcgan_generator has no place for spp",
    "fcn_resnet50, spp, fcn_resnet50 has no place for spp"
  })
  void refusesWhatItHasNoPlaceFor(String name, String option, String message) {
    Options o =
        switch (option) {
          case "classes" -> NARROW.withClasses(3);
          case "dropout" -> NARROW.withDropout(0.5);
          default -> NARROW.with(Extra.named(option));
        };
    OnnxException e = assertThrows(OnnxException.class, () -> Architectures.named(name).model(o));
    assertEquals(message, e.getMessage());
  }
}
