package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitecturesTest {
  @ParameterizedTest
  @CsvSource({
    "lenet5, 61706",
    "alexnet, 61100840",
    "vgg11, 132863336",
    "vgg13_bn, 133053736",
    "vgg16, 138357544",
    "vgg19_bn, 143678248",
    "resnet8, 75290",
    "resnet9, 6573130",
    "airbench94, 1972792",
    "resnet20, 269722",
    "resnet32, 464154",
    "resnet44, 658586",
    "resnet56, 853018",
    "resnet110, 1727962",
    "resnet18, 11689512",
    "resnet34, 21797672",
    "resnet50, 25557032",
    "resnet101, 44549160",
    "resnet152, 60192808",
    "wide_resnet50_2, 68883240",
    "resnext50_32x4d, 25028904",
    "googlenet, 6624904",
    "densenet121, 7978856",
    "inception_v3, 23834568",
    "squeezenet1_0, 1248424",
    "squeezenet1_1, 1235496",
    "mobilenet_v2, 3504872",
    "mobilenet_v3_small, 2542856",
    "mobilenet_v3_large, 5483032",
    "efficientnet_b0, 5288548",
    "shufflenet_v2_x1_0, 2278604",
    "convnext_tiny, 28589128",
    "unet, 31037698",
    "unet_original, 31030658",
    "fcn_resnet50, 32957013",
    "deeplabv3_resnet50, 39638869",
    "dip_skip, 2217831",
    "style_transfer, 1679235",
    "espcn_x2, 21284",
    "espcn_x3, 22729",
    "espcn_x4, 24752",
    "dcgan_generator, 12658432",
    "dcgan_discriminator, 11036160"
  })
  void hasThePapersNumberOfParameters(String name, long wanted) {
    assertEquals(wanted, parameters(Architectures.named(name).model(Options.defaults())));
  }

  private static long parameters(Model model) {
    return model.graph().initializers().values().stream()
        .filter(t -> t.type().isFloating() && !t.name().contains("running_"))
        .mapToLong(Tensor::size)
        .sum();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "googlenet; 13004888; output,aux1,aux2; {\"aux1\":0.3,\"aux2\":0.3}; 17; aux1.fc2.weight",
        "inception_v3; 27161264; output,aux; {\"aux\":0.4}; 299; AuxLogits.conv1.bn.running_var"
      })
  void addsAuxiliaryHeadsAsFurtherOutputs(
      String name, long wanted, String outputs, String weights, int size, String initializer) {
    Architecture a = Architectures.named(name);
    Model full = a.model(Options.defaults().with(Extra.AUXILIARY));
    assertEquals(wanted, parameters(full));
    assertTrue(full.graph().initializers().containsKey(initializer));
    assertEquals(
        outputs, String.join(",", full.graph().outputs().stream().map(ValueInfo::name).toList()));
    assertEquals(weights, full.metadata().get("fovea.auxiliary"));
    Options narrow = Options.classes(5).withWidth(0.125);
    float[] answers = answers(a.model(narrow), size);
    assertArrayEquals(answers, answers(a.model(narrow.with(Extra.AUXILIARY)), size));
  }

  private static float[] answers(Model model, int size) {
    try (ImageModel served = ImageModel.load("net", model.toBytes(), Device.cpu())) {
      return run(served, 2, 3, size, size).values();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alexnet",
        "vgg11",
        "vgg11_bn",
        "resnet18",
        "resnet34",
        "resnet50",
        "resnext50_32x4d",
        "googlenet",
        "densenet121",
        "inception_v3",
        "squeezenet1_0",
        "squeezenet1_1",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "mobilenet_v3_large",
        "efficientnet_b0",
        "shufflenet_v2_x1_0",
        "convnext_tiny",
        "fcn_resnet50",
        "deeplabv3_resnet50"
      })
  void namesItsWeightsAsPublishedCheckpointsDo(String name) throws IOException {
    Path list =
        Path.of(System.getProperty("fovea.shared", "../../shared"))
            .resolve("reference/state-dicts/" + name + ".tsv");
    assumeTrue(Files.exists(list), "skipped: the shared data has no state dictionary of " + name);
    Map<String, Tensor> mine =
        Architectures.named(name).model(Options.defaults()).graph().initializers();
    List<String> wanted = new ArrayList<>(Files.readAllLines(list));
    List<String> met = new ArrayList<>();
    for (Tensor t : mine.values()) {
      if (t.type().isFloating()) { // not a constant such as a shape
        String dims = Stream.of(t.proto().getDimsList()).toList().get(0).toString();
        met.add(t.name() + "\t" + dims.replaceAll("[\\[\\] ]", ""));
      }
    }
    assertEquals(wanted.stream().sorted().toList(), met.stream().sorted().toList());
  }

  static List<Architecture> classifiers() {
    return Architectures.all().stream()
        .filter(a -> a.task() == Architecture.Task.CLASSIFICATION)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void runsAtTwoBatchesAndItsSmallestSizeAndTwoMore(Architecture a) {
    boolean large = a.size() >= 224;
    Model model = a.model(Options.defaults().withWidth(large ? 0.25 : 1));
    boolean gelu = a.name().matches("convnext.*|airbench.*"); // an operator from opset 20 on
    assertEquals(gelu ? 20 : 17, model.opset());
    assertEquals(gelu ? 9 : 8, model.proto().getIrVersion());
    int size = Math.max(a.smallest(), Math.min(64, a.size()));
    try (ImageModel served = ImageModel.load(a.name(), model.toBytes(), Device.cpu())) {
      int least = a.smallest();
      int[][] shapes = {{1, least, least}, {1, size, size}, {7, size + 13, size + 6}};
      for (int[] shape : shapes) {
        Output out = run(served, shape[0], a.channels(), shape[1], shape[2]);
        assertArrayEquals(new long[] {shape[0], a.classes()}, out.shape());
        for (float v : out.values()) {
          assertTrue(Float.isFinite(v));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void takesEveryActivation(Activation activation) {
    runs(Options.classes(3).withActivation(activation));
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void takesEveryNormalization(Normalization normalization) {
    runs(Options.classes(3).withNormalization(normalization));
  }

  @Test
  void takesChannelsAndWidth() {
    Options narrow = Options.classes(3).withChannels(1).withWidth(0.5);
    Model model = Architectures.named("resnet8").model(narrow);
    Tensor first = model.graph().initializers().get("conv1.weight");
    assertArrayEquals(new long[] {8, 1, 3, 3}, first.dims());
    runs(narrow);
  }

  @ParameterizedTest
  @CsvSource({"0.35, 16, 8, 112, 1280", "0.75, 24, 24, 240, 1280", "1.4, 48, 32, 448, 1792"})
  void roundsMobileFiltersAsTheReferenceDoes(
      double width, int stem, int second, int last, int features) {
    Map<String, Tensor> all =
        Architectures.named("mobilenet_v2")
            .model(Options.defaults().withWidth(width))
            .graph()
            .initializers();
    assertEquals(stem, all.get("features.0.0.weight").dims()[0]);
    assertEquals(second, all.get("features.3.conv.2.weight").dims()[0]);
    assertEquals(last, all.get("features.17.conv.2.weight").dims()[0]);
    assertEquals(features, all.get("classifier.1.weight").dims()[1]);
  }

  @ParameterizedTest
  @CsvSource({"0.5, 1366792", "1.5, 3503624", "2, 7393996"})
  void hasTheShuffleNetPapersWidths(double width, long wanted) {
    Options options = Options.defaults().withWidth(width);
    assertEquals(wanted, parameters(Architectures.named("shufflenet_v2_x1_0").model(options)));
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void convnextTakesEveryNormalization(Normalization normalization) {
    runs("convnext_tiny", Options.classes(3).withWidth(0.1).withNormalization(normalization));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"alexnet", "vgg11", "vgg11_bn", "squeezenet1_1", "inception_v3", "googlenet"})
  void takesExtrasAtItsSmallestSizeAndAnother(String name) {
    Architecture a = Architectures.named(name);
    Options options =
        Options.classes(3)
            .withWidth(0.125)
            .withActivation(Activation.SWISH)
            .withNormalization(Normalization.INSTANCE)
            .withDropout(0.1);
    boolean pools = !name.startsWith("squeezenet");
    Model model =
        a.model(
            pools
                ? options.with(Extra.SQUEEZE_EXCITE, Extra.BLURPOOL, Extra.NON_LOCAL, Extra.SPP)
                : options.with(Extra.SQUEEZE_EXCITE, Extra.BLURPOOL, Extra.NON_LOCAL));
    try (ImageModel served = ImageModel.load(name, model.toBytes(), Device.cpu())) {
      for (int size : new int[] {a.smallest(), 90}) {
        assertArrayEquals(new long[] {2, 3}, run(served, 2, 3, size, size + 7).shape());
      }
    }
  }

  private static void runs(Options options) {
    runs("resnet8", options);
  }

  private static void runs(String name, Options options) {
    Model model = Architectures.named(name).model(options);
    int channels = options.channels() == null ? 3 : options.channels();
    try (ImageModel served = ImageModel.load(name, model.toBytes(), Device.cpu())) {
      Output out = run(served, 2, channels, 34, 43);
      assertArrayEquals(new long[] {2, 3}, out.shape());
    }
  }

  private static Output run(ImageModel model, int n, int c, int h, int w) {
    float[] pixels = new float[n * c * h * w];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) Math.sin(i);
    }
    return model.run(FloatBuffer.wrap(pixels), new long[] {n, c, h, w});
  }

  @Test
  void drawsTheSameWeightsFromTheSameSeed() {
    Architecture a = Architectures.named("resnet8");
    byte[] one = a.model(Options.defaults().withSeed(1)).toBytes();
    assertArrayEquals(one, a.model(Options.defaults().withSeed(1)).toBytes());
    byte[] two = a.model(Options.defaults().withSeed(2)).toBytes();
    assertTrue(!java.util.Arrays.equals(one, two));
  }

  @Test
  void drawsTheNumbersOfJavasGenerator() {
    Random wanted = new Random(7);
    Random met = new Weights.OwnRandom(7);
    for (int i = 0; i < 1000; i++) {
      assertEquals(wanted.nextGaussian(), met.nextGaussian());
      assertEquals(wanted.nextDouble(), met.nextDouble());
    }
  }

  @Test
  void saysWhichNamesAndOptionsThereAre() {
    OnnxException name = assertThrows(OnnxException.class, () -> Architectures.named("resnet19"));
    assertTrue(name.getMessage().startsWith("no architecture 'resnet19' among "));
    assertTrue(name.getMessage().contains("most alike are resnet18, "), name.getMessage());
    OnnxException classes = assertThrows(OnnxException.class, () -> Options.classes(0));
    assertTrue(classes.getMessage().startsWith("option classes: expected more than 0"));
  }

  @Test
  void refusesAPictureThatIsTooSmallWithTheModelsWords() {
    Model model = Architectures.named("lenet5").model(Options.defaults());
    try (ImageModel served = ImageModel.load("lenet5", model.toBytes(), Device.cpu())) {
      RuntimeException e = assertThrows(RuntimeException.class, () -> run(served, 1, 1, 20, 20));
      assertTrue(e.getMessage().startsWith("lenet5: input [1, 1, 20, 20]"), e.getMessage());
    }
  }
}
