package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights beside the model's file: in its folder, of the size that the dims say, or refused. */
class ExternalDataTest {
  private static final float[] VALUES = {1, 2, 3, 4};

  @TempDir Path root;
  private Path folder;

  @BeforeEach
  void writeWeights() throws IOException {
    folder = Files.createDirectories(root.resolve("model/weights")).getParent();
    byte[] bytes = Tensor.of("", new long[] {4}, VALUES).proto().getRawData().toByteArray();
    Files.write(folder.resolve("w.bin"), bytes);
    Files.write(folder.resolve("weights/w.bin"), bytes);
    Files.write(root.resolve("secret.bin"), bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.bin", "weights/w.bin", "./w.bin"})
  void readsWeightsInTheModelsFolderOrBelow(String location) throws IOException {
    assertArrayEquals(VALUES, weight(4, Map.of("location", location)).floats());
    assertArrayEquals(
        new float[] {2, 3},
        weight(2, Map.of("location", location, "offset", "4", "length", "8")).floats());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.bin",
        "weights/../../secret.bin",
        "weights/../w.bin",
        "..",
        "..\\secret.bin",
        "weights\\w.bin",
        "/etc/hostname",
        "C:\\w.bin",
        "\\\\host\\share"
      })
  void refusesAnExternalPathThatClimbs(String location) {
    refusal(4, "leaves the model's folder", Map.of("location", location));
  }

  @Test
  void refusesAnExternalPathWithANulCharacter() {
    refusal(4, "is no path", Map.of("location", "w.bin\0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"absent.bin", "weights", "."})
  void refusesAnExternalPathThatIsNoFile(String location) {
    refusal(4, "is missing or no file", Map.of("location", location));
  }

  @Test
  void refusesALinkThatLeaves() throws IOException {
    Files.createSymbolicLink(folder.resolve("link.bin"), root.resolve("secret.bin"));
    Files.createSymbolicLink(folder.resolve("up"), root);
    refusal(4, "leaves the model's folder by a link", Map.of("location", "link.bin"));
    refusal(4, "leaves the model's folder by a link", Map.of("location", "up/secret.bin"));
  }

  @Test
  void followsALinkThatStays() throws IOException {
    Files.createSymbolicLink(folder.resolve("link.bin"), folder.resolve("weights/w.bin"));
    assertArrayEquals(VALUES, weight(4, Map.of("location", "link.bin")).floats());
  }

  @ParameterizedTest
  @CsvSource({
    "offset, 4, has 16 bytes",
    "offset, 9223372036854775807, has 16 bytes",
    "offset, -1, is not a number of bytes",
    "offset, 1e3, is not a number of bytes",
    "offset, 99999999999999999999, is not a number of bytes",
    "length, 15, the external data claims 15",
    "length, 9223372036854775807, the external data claims",
    "length, -16, is not a number of bytes",
    "length, many, is not a number of bytes"
  })
  void refusesAPlaceThatTheFileDoesNotHave(String key, String value, String message) {
    refusal(4, message, Map.of("location", "w.bin", key, value));
  }

  @Test
  void refusesDataWithoutALocation() {
    refusal(4, "has no location", Map.of("offset", "0"));
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 1L << 30, 1L << 40, (1L << 58) - 1})
  void allocatesNothingForSizesThatAreMerelyClaimed(long size) {
    assertTimeout(
        Duration.ofSeconds(2),
        () -> refusal(size, size > 1 << 29 ? "bytes" : "wants", Map.of("location", "w.bin")));
  }

  @Test
  void refusesMoreThanCanBeReadAtOnce() throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("w.bin").toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    refusal((3L << 30) / 4, "more than the 2 GiB", Map.of("location", "w.bin"));
  }

  @Test
  void readsWeightsThatAreMapped() throws IOException {
    int count = 1 << 20;
    ByteBuffer data = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putFloat(i);
    }
    Files.write(folder.resolve("large.bin"), data.array());
    float[] values = weight(count, Map.of("location", "large.bin")).floats();
    assertEquals(count, values.length);
    assertEquals(count - 1, values[count - 1]);
  }

  @Test
  void aModelOfNoFolderHasNoExternalData() throws IOException {
    byte[] bytes = Files.readAllBytes(write(external(4, Map.of("location", "w.bin"))));
    Tensor tensor = Model.parse(bytes).graph().initializers().get("w");
    OnnxException e = assertThrows(OnnxException.class, tensor::floats);
    assertTrue(e.getMessage().contains("of a model that is in no folder"), e.getMessage());
  }

  @Test
  void aConstantsDataMayLieOutsideToo() throws IOException {
    Files.write(
        folder.resolve("shape.bin"), Tensor.of("", 2, -1).proto().getRawData().toByteArray());
    TensorProto.Builder shape = Protos.tensor("", DataType.INT64, 2);
    shape
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(ExternalData.entry("location", "shape.bin"));
    var node = Protos.node("Constant", "", "s");
    node.addAttribute(Protos.attribute("value", AttributeType.TENSOR).setT(shape));
    var graph = Protos.graph(node, Protos.node("Reshape", "x s", "y"));
    graph.setInput(0, Protos.value("x", 4, 3));
    Path file = folder.resolve("constant.onnx");
    Files.write(file, Protos.model(graph).build().toByteArray());

    Model model = Model.read(file);
    assertEquals(TensorType.of(DataType.FLOAT, 2, 6), ShapeInference.infer(model).get("y"));
    Node inside = Model.parse(model.toBytes()).graph().nodes().get(0);
    assertArrayEquals(new long[] {2, -1}, inside.tensor("value").longs());
  }

  @Test
  void weightsAboveTheLimitAreWrittenBesideTheModelAndReadBackEqual() throws IOException {
    Model model = large();
    Path file = root.resolve("out/large.onnx");
    ModelWriter.write(model, file, 4096);
    Path data = root.resolve("out/large.onnx.data");
    assertTrue(Files.size(file) < 2048, "weights still inside");
    assertEquals(8192 + 4000, Files.size(data), "the second weight starts at a page");

    Model back = Model.read(file);
    assertTrue(back.graph().initializers().get("a").isExternal());
    assertFalse(back.graph().initializers().get("small").isExternal());
    assertArrayEquals(model.toBytes(), back.toBytes());
    back.write(root.resolve("elsewhere/inline.onnx"));
    assertArrayEquals(model.toBytes(), Files.readAllBytes(root.resolve("elsewhere/inline.onnx")));
  }

  @Test
  void aModelMayBeWrittenOverItself() throws IOException {
    Model model = large();
    Path file = root.resolve("large.onnx");
    ModelWriter.write(model, file, 4096);
    ModelWriter.write(Model.read(file), file, 4096);
    assertArrayEquals(model.toBytes(), Model.read(file).toBytes());
  }

  @Test
  void aWriteThatFailsLeavesBothFilesAsTheyWere() throws IOException {
    Path file = root.resolve("large.onnx");
    ModelWriter.write(large(), file, 4096);
    byte[] model = Files.readAllBytes(file);
    byte[] data = Files.readAllBytes(root.resolve("large.onnx.data"));

    Path broken = write(external(2000, Map.of("location", "gone.bin")));
    OnnxException e =
        assertThrows(OnnxException.class, () -> ModelWriter.write(Model.read(broken), file, 4096));
    assertTrue(e.getMessage().startsWith(file + ": tensor 'w': external data"), e.getMessage());
    assertArrayEquals(model, Files.readAllBytes(file));
    assertArrayEquals(data, Files.readAllBytes(root.resolve("large.onnx.data")));
    try (var files = Files.list(root)) {
      assertEquals(
          List.of("large.onnx", "large.onnx.data", "model", "secret.bin"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void writersOfOneModelDoNotDisturbEachOther() throws Exception {
    Model model = large();
    Path file = root.resolve("contested.onnx");
    Runnable writing =
        () -> {
          for (int i = 0; i < 20; i++) {
            ModelWriter.write(model, file, 4096);
          }
        };
    Throwable[] failure = new Throwable[1];
    Thread other = new Thread(writing);
    other.setUncaughtExceptionHandler((t, e) -> failure[0] = e);
    other.start();
    writing.run();
    other.join();
    assertEquals(null, failure[0]);
    assertArrayEquals(model.toBytes(), Model.read(file).toBytes());
  }

  @Test
  void weightsOfAnotherFileMayReplaceThoseOfAModel() throws IOException {
    Model model =
        Protos.parse(
            Protos.graph(Protos.node("Add", "x w", "y"))
                .addInitializer(
                    Protos.tensor("w", DataType.FLOAT, 4)
                        .addAllFloatData(List.of(0f, 0f, 0f, 0f))));
    Tensor outside = weight(4, Map.of("location", "w.bin"));
    Model changed = model.withGraph(model.graph().withInitializers(Map.of("w", outside)));
    assertArrayEquals(VALUES, changed.graph().initializers().get("w").floats());

    GraphBuilder g = new GraphBuilder("g", 17);
    g.output(g.node("Identity", "y", List.of(g.initializer(outside))));
    assertArrayEquals(VALUES, g.build().graph().initializers().get("w").floats());
  }

  @Test
  void refusesAFileThatMayNotBeRead() throws IOException {
    Path file = folder.resolve("w.bin");
    assumeTrue(file.toFile().setReadable(false) && !Files.isReadable(file), "this user reads all");
    refusal(4, "AccessDenied", Map.of("location", "w.bin"));
  }

  /** Two weights that move out, and a small one that stays inside. */
  private static Model large() {
    GraphBuilder g = new GraphBuilder("g", 17);
    float[] values = new float[1500];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.5f;
    }
    Value a = g.initializer(Tensor.of("a", new long[] {1500}, values));
    Value b = g.initializer(Tensor.of("b", new long[] {1000}, new float[1000]));
    Value small = g.initializer(Tensor.of("small", new long[] {1}, new float[] {7}));
    g.output(g.node("Add", "ya", List.of(a, small)));
    g.output(g.node("Add", "yb", List.of(b, small)));
    return g.build();
  }

  private Tensor weight(long size, Map<String, String> keys) throws IOException {
    return Model.read(write(external(size, keys))).graph().initializers().get("w");
  }

  private void refusal(long size, String message, Map<String, String> keys) {
    OnnxException e = assertThrows(OnnxException.class, () -> weight(size, keys).floats());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private Path write(TensorProto.Builder weight) throws IOException {
    Path file = folder.resolve("model.onnx");
    var graph = Protos.graph(Protos.node("Add", "x w", "y")).addInitializer(weight);
    Files.write(file, Protos.model(graph).build().toByteArray());
    return file;
  }

  private static TensorProto.Builder external(long size, Map<String, String> keys) {
    TensorProto.Builder tensor = Protos.tensor("w", DataType.FLOAT, size);
    tensor.setDataLocation(TensorProto.DataLocation.EXTERNAL);
    keys.forEach((k, v) -> tensor.addExternalData(ExternalData.entry(k, v)));
    return tensor;
  }
}
