package io.fovea.onnx;

import static io.fovea.onnx.Protos.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.StringStringEntryProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are broken, by accident or on purpose: one kind of error, soon, and no memory lost.
 */
class HostileFileTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir Path folder;

  @Test
  void namesTheFileThatIsNoModel() throws IOException {
    Path file = folder.resolve("odd.onnx");
    assertEquals(file + ": no such file", readFailure(file));
    assertEquals(folder + ": not a file", readFailure(folder));
    for (String content : new String[] {"", "abc", "\0\0\0", "%PDF-1.7 and more of it"}) {
      Files.writeString(file, content);
      String message = readFailure(file);
      assertTrue(message.startsWith(file + ": not an ONNX file"), message);
    }
  }

  private static String readFailure(Path file) {
    return assertThrows(OnnxException.class, () -> Model.read(file)).getMessage();
  }

  @Test
  void everyTruncationIsRefusedOrSound() {
    byte[] bytes = varied().toByteArray();
    for (int length = 0; length < bytes.length; length++) {
      use(Arrays.copyOf(bytes, length));
    }
    assertTrue(use(bytes));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void aThousandMutationsAreRefusedOrSound(long seed) {
    byte[] original = varied().toByteArray();
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] bytes = original.clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(4)) {
          case 0 -> bytes[at] = (byte) random.nextInt();
          case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
          case 2 -> bytes[at] = new byte[] {0, -1, 127, -128}[random.nextInt(4)];
          default -> {
            int from = random.nextInt(bytes.length);
            int length = Math.min(random.nextInt(16), bytes.length - Math.max(at, from));
            System.arraycopy(original, from, bytes, at, length);
          }
        }
      }
      refused += use(bytes) ? 0 : 1;
    }
    assertTrue(refused > 100, "mutations refused: " + refused);
  }

  @Test
  void randomBytesAreRefused() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      use(bytes);
    }
  }

  @ParameterizedTest
  @MethodSource("io.fovea.onnx.SharedModels#all")
  void truncatedRealFilesAreRefused(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(bytes.length);
    for (int i = 0; i < 50; i++) {
      byte[] part = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      assertTimeout(SOON, () -> use(part));
    }
  }

  /** Does all that can be done with a model; whatever is wrong with it must be an OnnxException. */
  private static boolean use(byte[] bytes) {
    try {
      Model model = Model.parse(bytes);
      model.graph().inputs().forEach(ValueInfo::toString);
      model.graph().outputs().forEach(ValueInfo::toString);
      model.graph().nodes().forEach(n -> n.attributes().forEach(Attribute::toString));
      model.graph().initializers().values().forEach(HostileFileTest::read);
      FixedSizes.of(model, EnumSet.allOf(FixedSizes.Axis.class)); // infers shapes, then free ones
      assertArrayEquals(model.toBytes(), Model.parse(model.toBytes()).toBytes());
      return true;
    } catch (OnnxException e) {
      return false;
    }
  }

  private static void read(Tensor tensor) {
    switch (tensor.type()) {
      case FLOAT -> tensor.floats();
      case INT64 -> tensor.longs();
      case STRING -> {}
      default -> tensor.bytes();
    }
  }

  /** A small model in which much of the format occurs. */
  private static ModelProto varied() {
    var then = GraphProto.newBuilder().addNode(Protos.node("Relu", "c", "t"));
    then.addOutput(Protos.value("t"));
    var branch = Protos.node("If", "flag", "z");
    branch.addAttribute(Protos.attribute("then_branch", AttributeType.GRAPH).setG(then));
    branch.addAttribute(Protos.attribute("else_branch", AttributeType.GRAPH).setG(then));
    var conv = Protos.node("Conv", "x w", "c").setName("conv").setDocString("a convolution");
    conv.addAttribute(Attribute.ints("strides", 2, 2).proto());
    conv.addAttribute(Attribute.ints("pads", 1, 1, 1, 1).proto());
    conv.addAttribute(Attribute.of("group", 1).proto());
    var constant = Protos.node("Constant", "", "axes");
    constant.addAttribute(Attribute.of("value", Tensor.of("", 0, 1, -2, -1)).proto());
    var graph =
        Protos.graph(
            conv,
            constant,
            branch,
            Protos.node("Shape", "z", "s"),
            Protos.node("Gather", "s axes", "g"),
            Protos.node("Reshape", "z g", "y"));
    graph.setInput(0, Protos.value("x", 1, 3, 8, 8));
    graph.addInitializer(Tensor.of("w", new long[] {4, 3, 3, 3}, new float[108]).proto());
    graph.addInitializer(Protos.tensor("flag", DataType.BOOL).addInt32Data(1));
    graph.addInitializer(
        Protos.tensor("h", DataType.FLOAT16, 3).addInt32Data(1).addInt32Data(2).addInt32Data(3));
    graph.addInitializer(
        Protos.tensor("text", DataType.STRING, 1).addStringData(ByteString.copyFromUtf8("a")));
    return Protos.model(graph)
        .setProducerName("test")
        .addMetadataProps(StringStringEntryProto.newBuilder().setKey("k").setValue("v"))
        .build();
  }

  @Test
  void aLengthThatLiesAllocatesNothing() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeTag(7, 2); // the graph, of 2 GiB
    out.writeUInt32NoTag(Integer.MAX_VALUE);
    out.writeRawByte(1);
    out.flush();
    assertTimeout(SOON, () -> refusal(bytes.toByteArray(), "not an ONNX file, or cut short"));
  }

  @Test
  void refusesNestingThatWouldOverflowTheStack() throws IOException {
    byte[] graph = Protos.graph(Protos.node("Relu", "x", "y")).build().toByteArray();
    for (int depth = 0; depth < 20_000; depth++) {
      graph = field(1, concat(field(5, concat(field(6, graph), new byte[] {(byte) 0xa0, 1, 5}))));
      if (depth == 10) {
        ModelProto.newBuilder().setGraph(GraphProto.parseFrom(graph)); // is the form that it claims
      }
      if (graph.length > 1 << 18) {
        break;
      }
    }
    byte[] bytes = field(7, graph);
    refusal(bytes, "not an ONNX file, or cut short");
    byte[] groups = new byte[1 << 20]; // unknown fields of wire type 3, never closed
    Arrays.fill(groups, (byte) 0x1b);
    refusal(groups, "not an ONNX file, or cut short");
  }

  private static byte[] field(int number, byte[] content) throws IOException {
    byte[] bytes =
        new byte
            [CodedOutputStream.computeTagSize(number)
                + CodedOutputStream.computeByteArraySizeNoTag(content)];
    CodedOutputStream.newInstance(bytes).writeByteArray(number, content);
    return bytes;
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  @Test
  void aMillionNodesAreReadSoon() {
    GraphProto.Builder graph = GraphProto.newBuilder().addInput(Protos.value("v0"));
    for (int i = 0; i < 1_000_000; i++) {
      graph.addNode(Protos.node("Relu", "v" + i, "v" + (i + 1)));
    }
    byte[] bytes = Protos.model(graph.addOutput(Protos.value("v1000000"))).build().toByteArray();
    assertTimeout(Duration.ofSeconds(20), () -> ShapeInference.infer(Model.parse(bytes)));
  }

  @Test
  void aGraphInEveryNodeIsReadSoon() {
    var body = GraphProto.newBuilder().addNode(Protos.node("Relu", "v0", "t"));
    body.addOutput(Protos.value("t"));
    GraphProto.Builder graph = GraphProto.newBuilder().addInput(Protos.value("v0"));
    for (int i = 0; i < 50_000; i++) {
      graph.addNode(
          Protos.node("If", "v" + i, "v" + (i + 1))
              .addAttribute(Protos.attribute("then_branch", AttributeType.GRAPH).setG(body)));
    }
    byte[] bytes = Protos.model(graph.addOutput(Protos.value("v50000"))).build().toByteArray();
    assertTimeout(Duration.ofSeconds(20), () -> ShapeInference.infer(Model.parse(bytes)));
  }

  @Test
  void aNodeOfAMillionAttributesIsReadSoon() {
    var node = Protos.node("Conv", "x x", "y");
    for (int i = 0; i < 1_000_000; i++) {
      node.addAttribute(Protos.attribute("a" + i, AttributeType.INT).setI(i));
    }
    byte[] bytes = Protos.model(Protos.graph(node)).build().toByteArray();
    assertTimeout(Duration.ofSeconds(20), () -> ShapeInference.infer(Model.parse(bytes)));
  }

  @Test
  void shapesThatDoubleAtEveryNodeStaySmall() {
    var graph = Protos.graph();
    graph.setInput(
        0,
        ValueInfo.of("x", new TensorType(DataType.FLOAT, List.of(Dim.of("h"), Dim.of("w"))))
            .proto());
    String sizes = "s0";
    graph.addNode(Protos.node("Shape", "x", sizes));
    for (int i = 0; i < 200; i++) {
      graph.addNode(
          Protos.node("Concat", sizes + " " + sizes, "s" + (i + 1))
              .addAttribute(Attribute.of("axis", 0).proto()));
      graph.addNode(Protos.node("Reshape", "x " + sizes, "r" + i));
      graph.addNode(Protos.node("Flatten", "r" + i, "f" + i));
      graph.addNode(Protos.node("Shape", "f" + i, "t" + i));
      graph.addNode(Protos.node("Transpose", "r" + i, "p" + i));
      sizes = i < 50 ? "t" + i : "s" + (i + 1);
    }
    graph.addNode(Protos.node("Relu", "x", "y"));
    byte[] bytes = Protos.model(graph).build().toByteArray();
    assertTimeout(SOON, () -> use(bytes));
  }
}
