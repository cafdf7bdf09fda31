package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.HeatMap;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.runtime.Grid;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Heat maps against what ONNX Runtime says, and on pictures whose answer is drawn. */
class GradCamTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");
  private static final int CHANNELS = 5;
  private static final int CLASSES = 4;

  private static float[] random(int seed, int count, double spread) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (spread * random.nextGaussian());
    }
    return values;
  }

  private static Picture noise(int width, int height, int seed) {
    byte[] pixels = new byte[3 * width * height];
    new Random(seed).nextBytes(pixels);
    return Picture.of(width, height, 3, pixels);
  }

  /** A 3x3 convolution, ReLU, mean over the plane, a linear layer, and what follows it. */
  private static Model tiny(Dim batch, int classes, String last) {
    GraphBuilder g = new GraphBuilder("tiny", 17);
    Value x = g.input("x", DataType.FLOAT, batch, Dim.of(3), Dim.of("height"), Dim.of("width"));
    Value kernel =
        g.initializer(
            Tensor.of("k", new long[] {CHANNELS, 3, 3, 3}, random(1, 27 * CHANNELS, 0.01)));
    Value conv = g.node("Conv", "conv", List.of(x, kernel), Attribute.ints("pads", 1, 1, 1, 1));
    Value relu = g.node("Relu", "relu", List.of(conv));
    Value mean = g.node("GlobalAveragePool", "mean", List.of(relu));
    Value flat = g.node("Flatten", "flat", List.of(mean));
    float[] w = random(2, classes * CHANNELS, 1);
    Value weight = g.initializer(Tensor.of("w", new long[] {classes, CHANNELS}, w));
    Value fc = g.node("Gemm", "fc", List.of(flat, weight), Attribute.of("transB", 1));
    g.output(last.isEmpty() ? fc : g.node(last, "last", List.of(fc)));
    return g.build();
  }

  /** What leads to a value, as a file of its own. */
  private static Model upTo(Model model, String wanted) {
    return model.withGraph(Subgraph.of(model.graph(), List.of(), List.of(wanted)));
  }

  private static Tensor run(Model model, Tensor x) {
    try (Runner runner = new Runner.OnnxRuntime(model)) {
      return runner.run(List.of(x)).get(0);
    }
  }

  private static Tensor tensor(Preprocessing fed, Picture picture) {
    Picture p = fed.picture(picture);
    float[] values = new float[p.pixels().length];
    fed.tensor(p, FloatBuffer.wrap(values));
    return Tensor.of("x", new long[] {1, p.channels(), p.height(), p.width()}, values);
  }

  /** ReLU of a sum of planes, its largest value made 1. */
  private static float[] weighed(float[] planes, double... weights) {
    int size = planes.length / weights.length;
    float[] map = new float[size];
    float largest = 0;
    for (int i = 0; i < size; i++) {
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        sum += weights[k] * planes[k * size + i];
      }
      map[i] = (float) Math.max(0, sum);
      largest = Math.max(largest, map[i]);
    }
    for (int i = 0; largest > 0 && i < size; i++) {
      map[i] /= largest;
    }
    return map;
  }

  /** There the gradient is the class's own weights: class activation mapping (Zhou 2016). */
  @ParameterizedTest
  @ValueSource(strings = {"", "Softmax", "LogSoftmax", "Sigmoid"})
  void isTheClassActivationMapWhereALinearLayerFollowsTheMean(String last) {
    Model net = tiny(Dim.of("batch"), CLASSES, last);
    Picture picture = noise(9, 7, 3);
    Tensor x = tensor(RAW, picture);
    float[] planes = run(upTo(net, "relu"), x).floats();
    float[] w = net.graph().initializers().get("w").floats();
    float[] output = run(net, x).floats();
    int best = 0;
    try (GradCam cam = GradCam.of(net, RAW)) {
      assertEquals("relu", cam.features());
      for (int c = 0; c < CLASSES; c++) {
        double[] weights = new double[CHANNELS];
        for (int k = 0; k < CHANNELS; k++) {
          weights[k] = w[c * CHANNELS + k];
        }
        float[] wanted = weighed(planes, weights);
        assertArrayEquals(wanted, cam.explain(picture, c).values(), 1e-5f, "class " + c);
        best = output[c] > output[best] ? c : best;
      }
      float[] likeliest = cam.explain(picture, GradCam.BEST).values();
      assertArrayEquals(cam.explain(picture, best).values(), likeliest);
    }
  }

  @Test
  void aSingleLogitSpeaksForTheSecondClassAndAgainstTheFirst() {
    Model net = tiny(Dim.of("batch"), 1, "Sigmoid");
    Picture picture = noise(8, 8, 4);
    float[] planes = run(upTo(net, "relu"), tensor(RAW, picture)).floats();
    double[] weights = new double[CHANNELS];
    double[] against = new double[CHANNELS];
    for (int k = 0; k < CHANNELS; k++) {
      weights[k] = net.graph().initializers().get("w").floats()[k];
      against[k] = -weights[k];
    }
    try (GradCam cam = GradCam.of(net, RAW)) {
      assertArrayEquals(weighed(planes, weights), cam.explain(picture, 1).values(), 1e-5f);
      assertArrayEquals(weighed(planes, against), cam.explain(picture, 0).values(), 1e-5f);
      boolean second = run(net, tensor(RAW, picture)).floats()[0] > 0.5;
      assertArrayEquals(
          cam.explain(picture, second ? 1 : 0).values(),
          cam.explain(picture, GradCam.BEST).values());
    }
  }

  /**
   * The weight of a channel is what the logit gains where its whole plane is raised, measured in
   * double precision. The last two values are such as the next node overwrites.
   */
  @ParameterizedTest
  @CsvSource({
    "layer1.0.relu,",
    "layer2.0.relu,",
    "layer2.0.bn1, layer2.0.shortcut",
    "layer3.0.conv1, layer3.0.shortcut"
  })
  void equalsFiniteDifferences(String features, @Nullable String bypass) {
    Model net = lively(Architectures.named("resnet8").model(Options.classes(3).withWidth(0.5)));
    Preprocessing fed = Preprocessing.named("zero-one");
    Picture picture = noise(24, 20, 5);
    Tensor x = tensor(fed, picture);
    Tensor seen = run(upTo(net, features), x);
    List<String> given = bypass == null ? List.of(features) : List.of(features, bypass);
    Model tail = doubled(net.withGraph(Subgraph.of(net.graph(), given, List.of("output"))));
    List<Tensor> in = new ArrayList<>(List.of(x.as(DataType.DOUBLE), x));
    if (bypass != null) {
      in.add(run(upTo(net, bypass), x).as(DataType.DOUBLE));
    }
    int channels = (int) seen.dims()[1];
    double[] planes = seen.as(DataType.DOUBLE).doubles();
    int size = planes.length / channels;
    double step = 1e-6;
    double[] weights = new double[channels];
    try (Runner runner = new Runner.Interpreter(tail)) {
      for (int k = 0; k < channels; k++) {
        for (int sign = -1; sign <= 1; sign += 2) {
          double[] moved = planes.clone();
          for (int i = k * size; i < (k + 1) * size; i++) {
            moved[i] += sign * step;
          }
          in.set(1, SingleNode.tensor(features, DataType.DOUBLE, seen.dims(), moved));
          weights[k] += sign * runner.run(in).get(0).doubles()[2] / (2 * step);
        }
      }
    }
    int h = (int) seen.dims()[2];
    int w = (int) seen.dims()[3];
    float[] wanted = new Grid(w, h, weighed(seen.floats(), weights)).over(fed, 24, 20);
    float largest = 0;
    for (float v : wanted) {
      largest = Math.max(largest, v);
    }
    assertTrue(largest > 0, "nothing speaks for the class");
    try (GradCam cam = GradCam.of(net, fed, features)) {
      float[] met = cam.explain(picture, 2).values();
      for (int i = 0; i < met.length; i++) {
        assertEquals(wanted[i] / largest, met[i], 1e-3);
      }
    }
  }

  private static Model doubled(Model net) {
    GraphProto.Builder g = net.graph().proto().toBuilder();
    for (int i = 0; i < g.getInitializerCount(); i++) {
      Tensor t = new Tensor(g.getInitializer(i), null);
      if (t.type() == DataType.FLOAT) {
        g.setInitializer(i, t.as(DataType.DOUBLE).proto());
      }
    }
    return net.withGraph(new Graph(g.build(), null));
  }

  /** The net with scales, shifts and statistics that differ from channel to channel. */
  private static Model lively(Model net) {
    Map<String, Tensor> changed = new HashMap<>();
    net.graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.type() == DataType.FLOAT && tensor.dims().length == 1) {
                float[] values = random(name.hashCode(), (int) tensor.size(), 0.3);
                for (int i = 0; i < values.length; i++) {
                  values[i] = name.endsWith("bias") ? values[i] : Math.abs(values[i]) + 0.5f;
                }
                changed.put(name, Tensor.of(name, tensor.dims(), values));
              }
            });
    return net.withGraph(net.graph().withInitializers(changed));
  }

  @Test
  void picturesOfManySizesGiveWhatEachGivesAlone() {
    for (Dim batch : List.of(Dim.of("batch"), Dim.of(4))) {
      Model net = tiny(batch, CLASSES, "");
      List<Picture> pictures = new ArrayList<>();
      int[] classes = new int[23];
      for (int i = 0; i < classes.length; i++) {
        pictures.add(noise(6 + i % 3, 5, i));
        classes[i] = i % CLASSES;
      }
      try (GradCam cam = GradCam.of(net, RAW)) {
        List<HeatMap> maps = cam.explain(pictures, classes);
        for (int i = 0; i < classes.length; i++) {
          HeatMap alone = cam.explain(pictures.get(i), classes[i]);
          assertEquals(pictures.get(i).width() + "x5 heat map", maps.get(i).toString());
          assertArrayEquals(alone.values(), maps.get(i).values(), 1e-5f);
        }
        assertEquals(List.of(), cam.explain(List.of(), 1));
      }
    }
  }

  static List<String> kinds() {
    return List.of(
        "lenet5 conv2.act",
        "vgg11 features.19",
        "resnet18 layer4.1.relu",
        "densenet121 features.relu5",
        "googlenet inception5b",
        "squeezenet1_1 classifier.2",
        "mobilenet_v3_small features.12.2",
        "shufflenet_v2_x1_0 conv5.2",
        "convnext_tiny features.7.2.add",
        "p4cnn act6");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void findsWhatTheLastPoolTakes(String kind) {
    String[] names = kind.split(" ");
    assertEquals(names[1], explained(Architectures.named(names[0])));
  }

  static List<Architecture> classifiers() {
    return Architectures.all().stream()
        .filter(a -> a.task() == Architecture.Task.CLASSIFICATION)
        .toList();
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("classifiers")
  void explainsEveryClassifier(Architecture a) {
    assertTrue(!explained(a).isEmpty());
  }

  /** Explains a narrow net with fresh weights; gives the name of its feature map. */
  private static String explained(Architecture a) {
    int size = Math.max(a.smallest(), Math.min(a.size(), 64));
    Model net = a.model(Options.classes(CLASSES).withWidth(0.125).withSeed(3));
    Preprocessing fed = Preprocessing.of(new Step.Resize(size, size, Resampling.BILINEAR), unit(3));
    if (a.channels() == 1) {
      Step grey = new Step.Color(Step.Channels.GREY);
      fed = Preprocessing.of(grey, new Step.Resize(size, size, Resampling.BILINEAR), unit(1));
    }
    try (GradCam cam = GradCam.of(net, fed)) {
      float largest = 0;
      for (int c = 0; c < CLASSES; c++) {
        for (float v : cam.explain(noise(50, 40, 1), c).values()) {
          largest = Math.max(largest, v);
        }
      }
      assertEquals(1, largest);
      return cam.features();
    }
  }

  private static Step unit(int channels) {
    return new Step.Normalize(
        255, Collections.nCopies(channels, 0.5f), Collections.nCopies(channels, 0.25f));
  }

  @ParameterizedTest
  @CsvSource({
    "inception, /4/Relu_output_0",
    "se-mobile, /7/Mul_1_output_0",
    "convnext, /1/Add_1_output_0"
  })
  void explainsFilesOfAnotherExporter(String name, String features) {
    Model net = Model.read(TestData.shared("oracle/training").resolve(name + "/model.onnx"));
    try (GradCam cam = GradCam.of(net, Preprocessing.named("zero-one"))) {
      HeatMap map = cam.explain(noise(32, 32, 2), GradCam.BEST);
      assertEquals("32x32 heat map", map.toString());
      assertEquals(features, cam.features());
    }
  }

  /** An error's message. */
  private static String refused(Executable what) {
    return String.valueOf(assertThrows(TrainException.class, what).getMessage());
  }

  @Test
  void refusesNetsThatHaveNoPlaces() {
    GraphBuilder g = new GraphBuilder("perceptron", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(3), Dim.of(4), Dim.of(4));
    Value half = g.initializer(Tensor.of("half", new long[0], new float[] {0.5f}));
    Value flat = g.node("Flatten", "flat", List.of(g.node("Mul", "scaled", List.of(x, half))));
    Value w = g.initializer(Tensor.of("w", new long[] {48, 2}, random(1, 96, 1)));
    g.output(g.node("Gemm", "fc", List.of(flat, w)));
    assertEquals(
        "graph 'perceptron' has no feature map: no values [N, C, h, w] of a convolution, larger"
            + " than 1x1, lead to its classes 'fc'",
        refused(() -> GradCam.of(g.build(), RAW)));
  }

  @Test
  void namesWhatIsWrong() {
    Model net = tiny(Dim.of("batch"), CLASSES, "");
    assertEquals("no node of graph 'tiny' gives 'y'", refused(() -> GradCam.of(net, RAW, "y")));
    try (GradCam flat = GradCam.of(net, RAW, "flat")) {
      assertEquals(
          "feature map 'flat': expected floats [1, C, h, w], met [1, 5]",
          refused(() -> flat.explain(noise(5, 5, 1), 0)));
    }
    Step tiles = new Step.Tiles(32, 32, 8);
    assertEquals(
        "a net that is fed tiles is not explained",
        refused(() -> GradCam.of(net, Preprocessing.of(tiles))));
    GradCam cam = GradCam.of(net, RAW);
    assertEquals(
        "class 4: the net has 4 classes", refused(() -> cam.explain(noise(5, 5, 1), CLASSES)));
    assertEquals(
        "2 classes for 1 pictures", refused(() -> cam.explain(List.of(noise(5, 5, 1)), 0, 1)));
    cam.close();
    cam.close();
    assertEquals("it is closed", refused(() -> cam.explain(noise(5, 5, 1), 0)));
  }

  @Test
  void listsNodesThatHaveNoGradient() {
    Model net = tiny(Dim.of("batch"), CLASSES, "");
    GraphProto.Builder g = net.graph().proto().toBuilder();
    g.getNodeBuilder(3).setDomain("com.example").setOpType("MyFlatten");
    Model odd = net.withGraph(new Graph(g.build(), null));
    String message = refused(() -> GradCam.of(odd, RAW, "relu"));
    assertTrue(message.contains("1 of 3 nodes cannot be trained"), message);
    assertTrue(message.contains("com.example.MyFlatten 'flat': not trained with"), message);
  }
}
