package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.runtime.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with its steps in the graph gets the numbers of the steps outside, to the bit. */
class EmbeddedPreprocessingTest {
  private static final int[][] SIZES = {{1, 1}, {1, 700}, {500, 37}, {375, 500}, {64, 64}, {3, 2}};

  @TempDir Path folder;

  private static Picture noise(int width, int height) {
    byte[] pixels = new byte[width * height * 3];
    new Random(width * 31L + height).nextBytes(pixels);
    return Picture.of(width, height, 3, pixels);
  }

  /** A net that gives what it takes. */
  private static Model identity(DataType type, Dim... shape) {
    GraphBuilder g = new GraphBuilder("identity", 17);
    g.output(g.node("Identity", "output", List.of(g.input("pictures", type, shape))));
    return g.build();
  }

  private static Model identity(int channels) {
    return identity(
        DataType.FLOAT, Dim.of("batch"), Dim.of(channels), Dim.of("height"), Dim.of("width"));
  }

  /** The same nodes read in another version of the operator set. */
  private static Model at(int opset, Model model) {
    ModelProto.Builder proto = model.proto().toBuilder();
    proto.getOpsetImportBuilder(0).setVersion(opset);
    return new Model(proto.build(), model.folder());
  }

  private static OrtSession session(Model model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      return OnnxRuntime.environment().createSession(model.toBytes(), options);
    }
  }

  private static float[] run(OrtSession session, Picture... pictures) throws OrtException {
    int w = pictures[0].width();
    int h = pictures[0].height();
    ByteBuffer bytes = ByteBuffer.allocateDirect(pictures.length * w * h * 3);
    for (Picture p : pictures) {
      bytes.put(p.pixels());
    }
    long[] shape = {pictures.length, h, w, 3};
    OrtEnvironment environment = OnnxRuntime.environment();
    String name = session.getInputNames().iterator().next();
    try (OnnxTensor in =
            OnnxTensor.createTensor(environment, bytes.flip(), shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of(name, in))) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] y = new float[values.remaining()];
      values.get(y);
      return y;
    }
  }

  private static float[] outside(Preprocessing steps, Picture picture) {
    Picture prepared = steps.picture(picture);
    float[] values = new float[prepared.pixels().length];
    steps.tensor(prepared, FloatBuffer.wrap(values));
    return values;
  }

  private static void assertSameTensors(int opset, Step... steps) throws OrtException {
    Preprocessing p = Preprocessing.of(steps);
    Model net = at(opset, identity(p.channels()));
    try (OrtSession session = session(EmbeddedPreprocessing.embed(net, p))) {
      for (int[] size : SIZES) {
        Picture picture = noise(size[0], size[1]);
        float[] wanted = outside(p, picture);
        assertArrayEquals(wanted, run(session, picture), 0, p + " of " + picture);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Resampling.class)
  void everyFilterIsToTheBit(Resampling filter) throws Exception {
    assertSameTensors(11, new Resize(53, 64, filter));
    assertSameTensors(21, new ResizeShorter(40, filter), new CenterCrop(37, 41));
  }

  static Stream<List<Step>> steps() {
    List<List<Step>> all = new ArrayList<>();
    all.add(List.of());
    for (String preset : List.of("imagenet", "caffe", "zero-one", "raw")) {
      all.add(Preprocessing.named(preset).steps());
    }
    Fill orange = new Fill(250, 120, 3);
    for (Position position : Position.values()) {
      all.add(List.of(new Letterbox(45, 64, orange, Resampling.BICUBIC, position)));
    }
    for (Border border : Border.values()) {
      all.add(List.of(new PadToMultiple(32, border, orange)));
    }
    Color grey = new Color(Channels.GREY);
    all.add(List.of(grey));
    all.add(List.of(grey, new PadToMultiple(7, Border.CONSTANT, orange)));
    all.add(List.of(new PadToMultiple(7, Border.CONSTANT, orange), grey));
    all.add(
        List.of(
            grey,
            new Resize(28, 28, Resampling.LANCZOS),
            new Normalize(255, List.of(0.13f), List.of(0.31f))));
    all.add(List.of(new CenterCrop(60, 51)));
    all.add(List.of(new ResizeShorter(33, Resampling.BILINEAR)));
    all.add(List.of(new LimitPixels(5000, Resampling.HAMMING)));
    all.add(List.of(new LimitPixels(1, Resampling.BOX), new CenterCrop(2, 2)));
    all.add(
        List.of(
            new Letterbox(30, 41, 114, Resampling.BOX),
            new PadToMultiple(16, Border.REFLECT, orange)));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void everyStepIsToTheBit(List<Step> steps) throws Exception {
    assertSameTensors(17, steps.toArray(new Step[0]));
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 21, 25})
  void everyOperatorIsOfTheModelsOpset(int opset) throws Exception {
    Fill orange = new Fill(250, 120, 3);
    assertSameTensors(
        opset,
        new LimitPixels(3000, Resampling.NEAREST),
        new Letterbox(40, 60, orange, Resampling.HAMMING, Position.BOTTOM_RIGHT),
        new PadToMultiple(32, Border.EDGE, orange),
        new PadToMultiple(100, Border.REFLECT, orange),
        new Color(Channels.GREY),
        new CenterCrop(80, 120),
        new Normalize(255, List.of(0.1f), List.of(0.3f)));
    assertSameTensors(opset, new Color(Channels.BGR), new Resize(9, 7, Resampling.LANCZOS));
  }

  @Test
  @Tag("slow")
  void twelveMegapixelsAreToTheBit() throws Exception {
    Preprocessing p = Preprocessing.named("imagenet");
    Picture picture = noise(4000, 3000);
    try (OrtSession session = session(EmbeddedPreprocessing.embed(identity(3), p))) {
      assertArrayEquals(outside(p, picture), run(session, picture), 0);
    }
  }

  @Test
  void picturesOfABatchAreFedAsEachAlone() throws Exception {
    Preprocessing p = Preprocessing.named("imagenet");
    Picture a = noise(301, 97);
    Picture b = a.flipHorizontally();
    try (OrtSession session = session(EmbeddedPreprocessing.embed(identity(3), p))) {
      float[] three = run(session, a, b, a);
      int each = three.length / 3;
      assertArrayEquals(outside(p, a), Arrays.copyOf(three, each), 0);
      assertArrayEquals(outside(p, b), Arrays.copyOfRange(three, each, 2 * each), 0);
      assertArrayEquals(outside(p, a), Arrays.copyOfRange(three, 2 * each, 3 * each), 0);
    }
  }

  @Test
  void wholeNetsAnswerAsBefore() throws Exception {
    Preprocessing padded =
        Preprocessing.of(
            new PadToMultiple(32, Border.REFLECT, Fill.BLACK),
            new Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f)));
    for (String name : List.of("resnet8", "unet")) {
      Model net =
          Architectures.named(name).model(Options.defaults().withWidth(0.25).withChannels(3));
      Preprocessing p = name.equals("unet") ? padded : Preprocessing.named("imagenet");
      Picture picture = noise(143, 77);
      int[] shape = p.shape(143, 77);
      try (Served served = new Served(net);
          OrtSession session = session(EmbeddedPreprocessing.embed(net, p))) {
        float[] wanted = served.run(outside(p, picture), 1, 3, shape[1], shape[2]).values();
        assertArrayEquals(wanted, run(session, picture), 1e-5f, name);
      }
    }
  }

  @Test
  void theGraphBehindStaysAsItWas() throws Exception {
    Path file = folder.resolve("weights.bin");
    ByteBuffer weights = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(file, weights.putFloat(1).putFloat(2).putFloat(4).array());
    Tensor outside = Tensor.in(file, 0, "preprocessing/scale", DataType.FLOAT, 3, 1, 1);
    GraphBuilder g = new GraphBuilder("scaled", 17);
    Value x = g.input("input", DataType.FLOAT, Dim.of(2), Dim.of(3), Dim.of(8), Dim.of(8));
    Value w = g.initializer(Tensor.outline("preprocessing/scale", 3, 1, 1));
    g.output(g.node("Mul", "pictures", List.of(x, w)));
    ModelProto.Builder proto = g.build().withMetadata("key", "value").proto().toBuilder();
    proto.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("other").setVersion(3));
    proto.getGraphBuilder().setInitializer(0, outside.proto());
    Model net = new Model(proto.build(), outside.folder());
    Preprocessing p = Preprocessing.of(new Resize(8, 8, Resampling.BOX));

    Model embedded = EmbeddedPreprocessing.embed(net, p);
    assertEquals(net.proto().getOpsetImportList(), embedded.proto().getOpsetImportList());
    assertEquals(Map.of("key", "value", "fovea.preprocessing", p.toJson()), embedded.metadata());
    assertEquals(
        "pictures_: uint8 [2, picture_height, picture_width, 3]",
        embedded.graph().inputs().get(0).toString());
    List<Node> nodes = embedded.graph().nodes();
    assertEquals(net.graph().nodes(), nodes.subList(nodes.size() - 1, nodes.size()));
    assertEquals(net.graph().initializers(), embedded.graph().initializers());
    assertTrue(nodes.get(0).name().startsWith("_preprocessing/"), nodes.get(0).name());
    Path out = folder.resolve("embedded.onnx");
    embedded.write(out);
    try (OrtSession session = session(Model.read(out))) {
      Picture picture = noise(5, 9);
      float[] wanted = outside(p, picture);
      float[] met = run(session, picture, picture);
      for (int i = 0; i < met.length; i++) {
        assertEquals(wanted[i % 192] * (1 << i % 192 / 64), met[i]);
      }
    }
  }

  @Test
  void aHalfPrecisionNetIsFedHalves() throws Exception {
    Dim[] shape = {Dim.of(1), Dim.of(3), Dim.of(16), Dim.of(16)};
    Model net = identity(DataType.FLOAT16, shape);
    Preprocessing p =
        Preprocessing.of(new Letterbox(9, 16, 7, Resampling.BOX), new PadToMultiple(16, 7));
    try (OrtSession session = session(EmbeddedPreprocessing.embed(net, p))) {
      Picture picture = noise(20, 30);
      assertArrayEquals(outside(p, picture), run(session, picture), 0); // levels are exact
    }
  }

  private static void assertRefused(String message, Model net, Step... steps) {
    Preprocessing p = Preprocessing.of(steps);
    var e = assertThrows(OnnxException.class, () -> EmbeddedPreprocessing.embed(net, p));
    assertEquals(message, e.getMessage());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    assertRefused(
        "tiles cannot be embedded: a graph is fed whole pictures",
        identity(3),
        new Tiles(64, 64, 8));
    assertRefused(
        "embedding a preprocessing: expected opset 11 or newer, met 10", at(10, identity(3)));
    Model fixed = identity(DataType.FLOAT, Dim.of(1), Dim.of(3), Dim.of(224), Dim.of(224));
    assertRefused(
        "input 'pictures' takes [C, H, W] = [3, 224, 224], the steps give [3, 224, 192]",
        fixed,
        new Resize(224, 192, Resampling.BOX));
    assertRefused(
        "input 'pictures' takes [C, H, W] = [3, 224, 224], the steps give [3, any, any]",
        fixed,
        new ResizeShorter(224, Resampling.BOX));
    assertRefused(
        "input 'pictures' takes [C, H, W] = [1, any, any], the steps give [3, any, any]",
        identity(1));
    Model raw = identity(DataType.UINT8, Dim.of(1), Dim.of(9), Dim.of(9), Dim.of(3));
    assertRefused(
        "input 'pictures': expected float or float16 [N, C, H, W], met uint8 [1, 9, 9, 3]", raw);
  }
}
