package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.Value;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file with its batch or size baked in runs at others afterwards, or is refused by node. */
class ConvertTest {
  private static final int[] BATCHES = {1, 2, 7};

  @TempDir Path folder;

  private static Path pretrained(String file) {
    Path path = Path.of(System.getProperty("fovea.shared", "shared"), "data/pretrained", file);
    assumeTrue(Files.exists(path), "no " + path + ": set -Dfovea.shared=FOLDER");
    return path;
  }

  private Path convert(Path file, String... options) {
    Path out = folder.resolve("converted.onnx");
    List<Object> line = new ArrayList<>(List.of("convert", file, "-o", out));
    line.addAll(List.of(options));
    CommandRun run = fovea(line.toArray());
    assertEquals(0, run.status(), run.err());
    return out;
  }

  /** As a tracing exporter leaves it: sizes are numbers, and Flatten a Reshape to numbers. */
  private static Model baked(Model model, int batch, int size) {
    ModelProto.Builder proto = model.proto().toBuilder();
    GraphProto.Builder graph = proto.getGraphBuilder();
    TensorType input = TensorType.of(DataType.FLOAT, batch, 3, size, size);
    graph.setInput(0, ValueInfo.of(graph.getInput(0).getName(), input).proto());
    Map<String, TensorType> types =
        ShapeInference.infer(model.withGraph(new Graph(graph.build(), null)));
    for (NodeProto.Builder node : graph.getNodeBuilderList()) {
      if (node.getOpType().equals("Flatten")) {
        long[] shape = types.get(node.getOutput(0)).shape().stream().mapToLong(Dim::size).toArray();
        graph.addInitializer(Tensor.of("baked." + node.getName(), shape).proto());
        node.setOpType("Reshape").clearAttribute().addInput("baked." + node.getName());
      }
      String value = node.getOutput(0);
      graph.addValueInfo(ValueInfo.of(value, types.get(value)).proto());
    }
    String output = graph.getOutput(0).getName();
    graph.setOutput(0, ValueInfo.of(output, types.get(output)).proto());
    return new Model(proto.build(), null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"resnet8", "resnet18", "googlenet", "unet", "mobilenet_v2", "convnext_tiny"})
  void aNetOfNumbersRunsAtOtherBatchesAndSizes(String name) throws Exception {
    Model free = Architectures.named(name).model(Options.defaults().withWidth(0.25));
    Path before = folder.resolve("free.onnx");
    free.write(before);
    for (int batch : new int[] {1, 4}) {
      Path file = folder.resolve("baked.onnx");
      baked(free, batch, 64).write(file);
      Path after = convert(file, "--dynamic-batch", "--dynamic-size");
      assertEquals(rest(Model.read(file)), rest(Model.read(after)));
      for (int n : BATCHES) {
        for (int size : new int[] {64, 96}) {
          float[] x = random(n * 3 * size * size);
          long[] shape = {n, 3, size, size};
          assertArrayEquals(run(before, x, shape), run(after, x, shape), 1e-5f);
        }
      }
    }
  }

  /** All but what declares sizes and the shapes of reshapes. */
  private static ModelProto rest(Model model) {
    ModelProto.Builder proto = model.proto().toBuilder();
    GraphProto.Builder graph = proto.getGraphBuilder();
    graph.clearInput().clearOutput().clearValueInfo();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      if (graph.getInitializer(i).getDataType() == DataType.INT64.code()) {
        graph.getInitializerBuilder(i).clearRawData().clearInt64Data();
      }
    }
    return proto.build();
  }

  private static float[] random(int count) {
    Random random = new Random(1);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  private static float[] run(Path file, float[] x, long... shape) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), shape);
        OrtSession.Result result =
            session.run(Map.of(session.getInputNames().iterator().next(), input))) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] y = new float[values.remaining()];
      values.get(y);
      return y;
    }
  }

  @Test
  void mnistAnswersSevenPicturesAsItDidEachAlone() throws Exception {
    Path file = pretrained("mnist_8/model.onnx");
    Path after = convert(file, "--dynamic-batch");
    for (int n : BATCHES) {
      float[] x = new float[n * 784];
      float[] y = new float[n * 10];
      for (int i = 0; i < n; i++) {
        Path set = file.resolveSibling("test_data_set_" + i % 3);
        System.arraycopy(Tensor.read(set.resolve("input_0.pb")).floats(), 0, x, i * 784, 784);
        System.arraycopy(Tensor.read(set.resolve("output_0.pb")).floats(), 0, y, i * 10, 10);
      }
      assertArrayEquals(y, run(after, x, n, 1, 28, 28), 0.5f); // logits of thousands
    }
  }

  @Test
  void aDetectorOfOnePictureAnswersManyAsItDidEachAlone() throws Exception {
    Path file = pretrained("ortext_ppp_vision/FastestDet.onnx");
    Path after = convert(file, "--dynamic-batch");
    int pixels = 3 * 352 * 352;
    float[] x = random(7 * pixels);
    float[] seven = run(after, x, 7, 3, 352, 352);
    int each = seven.length / 7;
    for (int i = 0; i < 7; i++) {
      float[] alone =
          run(file, Arrays.copyOfRange(x, i * pixels, (i + 1) * pixels), 1, 3, 352, 352);
      assertArrayEquals(alone, Arrays.copyOfRange(seven, i * each, (i + 1) * each), 1e-4f);
    }
  }

  @Test
  void aNetWithoutReshapesNeedsItsDeclaredSizesOnly() throws Exception {
    Path file = pretrained("squeezenet_fp16/SqueezeNet_fp16.onnx");
    Path after = convert(file, "--dynamic-batch", "--dynamic-size");
    Model model = Model.read(after);
    assertEquals(rest(Model.read(file)), rest(model));
    assertEquals(
        "float16 [batch, 3, height, width]", model.graph().inputs().get(0).type().toString());
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(after.toString())) {
      assertEquals(1, session.getNumOutputs());
    }
  }

  @Test
  void whatHoldsASizeIsNamedAndNothingIsWritten() throws IOException {
    Path out = folder.resolve("none.onnx");
    Path file = pretrained("mnist_8/model.onnx");
    CommandRun run = fovea("convert", file, "--dynamic-size", "-o", out);
    assertEquals(2, run.status());
    String line = "MatMul 'Times212': shapes [1, 16*(height//6)*(width//6)] and [256, 10]";
    assertTrue(run.err().contains(line), run.err());
    assertTrue(run.err().contains("(constant 'Parameter193')"), run.err());
    assertFalse(Files.exists(out));
    CommandRun asJson = fovea("convert", file, "--dynamic-size", "-o", out, "--json");
    JsonNode facts = new ObjectMapper().readTree(asJson.out());
    assertTrue(facts.get("file").isNull());
    assertEquals("Times212", facts.get("left").get(0).get("node").asText());
  }

  @Test
  void aResizeToNumbersIsLeftAndNamed() {
    GraphBuilder g = new GraphBuilder("resized", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(3), Dim.of(32), Dim.of(32));
    Value sizes = g.initializer(Tensor.of("sizes", 1, 3, 64, 64));
    g.output(g.node("Resize", "up", List.of(x, Value.NONE, Value.NONE, sizes)));
    Path file = folder.resolve("resized.onnx");
    g.build().write(file);
    for (String option : List.of("--dynamic-batch", "--dynamic-size")) {
      CommandRun run = fovea("convert", file, option, "-o", folder.resolve("none.onnx"));
      assertEquals(2, run.status());
      assertTrue(run.err().contains("Resize 'up': makes [1, 3, 64, 64] of ["), run.err());
      assertTrue(run.err().contains("(constant 'sizes')"), run.err());
    }
  }

  @Test
  void aConstantOfTwoReshapesGetsACopyWhereTheyDiffer() throws Exception {
    GraphBuilder g = new GraphBuilder("shared", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(4), Dim.of(2), Dim.of(2));
    Value flat = g.initializer(Tensor.of("flat", 1, 16));
    Value w = g.initializer(Tensor.of("w", new long[] {4, 4}, random(16)));
    Value a = g.node("Reshape", "a", List.of(x, flat));
    g.output(g.node("Add", "sum", List.of(a, g.node("Reshape", "b", List.of(w, flat)))));
    Path file = folder.resolve("shared.onnx");
    g.build().write(file);
    Path after = convert(file, "--dynamic-batch");
    Graph graph = Model.read(after).graph();
    assertEquals(List.of("x", "flat/a"), graph.nodes().get(0).inputs());
    assertEquals(List.of("w", "flat"), graph.nodes().get(1).inputs());
    float[] two = run(after, random(32), 2, 4, 2, 2);
    assertArrayEquals(run(file, random(16), 1, 4, 2, 2), Arrays.copyOf(two, 16), 0);
  }

  @Test
  void saysWhatItDidAsOneObject() throws IOException {
    GraphBuilder g = new GraphBuilder("flat", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(4), Dim.of(2), Dim.of(2));
    Attribute value = Attribute.of("value", Tensor.of("", 1, -1));
    Value shape = g.node("Constant", "shape", List.of(), value);
    g.output(g.node("Reshape", "y", List.of(x, shape)));
    Path file = folder.resolve("flat.onnx");
    g.build().write(file);
    Path out = folder.resolve("out.onnx");
    CommandRun run = fovea("convert", file, "--dynamic-batch", "-o", out, "--json");
    JsonNode facts = new ObjectMapper().readTree(run.out());
    assertEquals(out.toString(), facts.get("file").asText());
    assertEquals("Reshape 'y': shape [1, -1] is [0, -1]", facts.get("done").get(0).asText());
    assertEquals("output 'y': [1, 16] is [batch, 16]", facts.get("done").get(2).asText());
    assertEquals(0, facts.get("left").size());
  }

  @Test
  void whatIsAskedMustBeSaid() {
    CommandRun run = fovea("convert", "x.onnx", "-o", folder.resolve("y.onnx"));
    assertEquals(2, run.status());
    assertTrue(
        run.err().contains("expected --weights, --dynamic-batch, --dynamic-size"), run.err());
  }
}
