package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.StringStringEntryProto;
import io.fovea.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read and written again is the same file. */
class RoundTripTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("io.fovea.onnx.SharedModels#all")
  void keepsEveryByteOfFilesOfOtherWriters(Path original) throws IOException {
    Path copy = folder.resolve("copy.onnx");
    Model.read(original).write(copy);
    assertEquals(-1, Files.mismatch(original, copy));
  }

  @Test
  void keepsUnknownFieldsAtEveryLevel() {
    var tensor = strange(Protos.tensor("w", DataType.FLOAT, 1).addFloatData(1));
    var attribute = strange(Protos.attribute("alpha", AttributeType.FLOAT).setF(1));
    var node = strange(Protos.node("LeakyRelu", "x", "y").addAttribute(attribute));
    var graph =
        strange(
            GraphProto.newBuilder()
                .addNode(node)
                .addInitializer(tensor)
                .addInput(strange(Protos.value("x").toBuilder()))
                .addOutput(Protos.value("y")));
    byte[] bytes = strange(Protos.model(graph)).build().toByteArray();
    assertEquals(6, count(new String(bytes, StandardCharsets.ISO_8859_1)));
    assertArrayEquals(bytes, Model.parse(bytes).toBytes());
    assertArrayEquals(bytes, Model.parse(bytes).withGraph(Model.parse(bytes).graph()).toBytes());
  }

  private static int count(String bytes) {
    return bytes.split("from-the-future", -1).length - 1;
  }

  private static <B extends Message.Builder> B strange(B message) {
    UnknownFieldSet.Field field =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFromUtf8("from-the-future"))
            .build();
    message.setUnknownFields(UnknownFieldSet.newBuilder().addField(777, field).build());
    return message;
  }

  @Test
  void keepsValuesOfEnumsThatAreNotYetKnown() {
    TensorProto.Builder odd =
        Protos.tensor("w", DataType.FLOAT, 1).addFloatData(1).setDataLocationValue(9);
    byte[] bytes =
        Protos.model(Protos.graph(Protos.node("Relu", "x", "y")).addInitializer(odd))
            .build()
            .toByteArray();
    assertArrayEquals(bytes, Model.parse(bytes).toBytes());
  }

  @Test
  void changesOneMetadataPairAndNothingElse() {
    Model model =
        Protos.parse(
            Protos.model(Protos.graph(Protos.node("Relu", "x", "y")))
                .addMetadataProps(pair("a", "1"))
                .addMetadataProps(pair("b", "2"))
                .addMetadataProps(pair("c", "3")));
    Model changed = model.withMetadata("b", "two").withMetadata("d", "4");
    assertEquals(List.of("a", "b", "c", "d"), List.copyOf(changed.metadata().keySet()));
    assertEquals(Map.of("a", "1", "b", "two", "c", "3", "d", "4"), changed.metadata());
    assertEquals(
        model.proto().toBuilder().clearMetadataProps().build(),
        changed.proto().toBuilder().clearMetadataProps().build());
  }

  private static StringStringEntryProto pair(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  @Test
  void changesTheNamedInitializersAndNothingElse() {
    Model model =
        Protos.parse(
            Protos.graph(Protos.node("Sum", "x a b", "y"))
                .addInitializer(
                    Protos.tensor("a", DataType.FLOAT, 2).addFloatData(1).addFloatData(2))
                .addInitializer(Protos.tensor("b", DataType.FLOAT, 1).addFloatData(3)));
    Tensor next = Tensor.of("whatever", new long[] {2}, new float[] {5, 6});
    Graph graph = model.graph().withInitializers(Map.of("a", next));
    assertArrayEquals(new float[] {5, 6}, graph.initializers().get("a").floats());
    assertEquals(
        model.proto().getGraph().toBuilder().removeInitializer(0).build(),
        graph.proto().toBuilder().removeInitializer(0).build());
    assertEquals(model.proto(), model.withGraph(model.graph()).proto());
  }

  @Test
  void refusesInitializersThatDoNotFit() {
    Graph graph =
        Protos.parse(
                Protos.graph(Protos.node("Add", "x a", "y"))
                    .addInitializer(Protos.tensor("a", DataType.FLOAT, 1).addFloatData(1)))
            .graph();
    Tensor two = Tensor.of("a", new long[] {2}, new float[2]);
    OnnxException e =
        assertThrows(OnnxException.class, () -> graph.withInitializers(Map.of("a", two)));
    assertEquals("initializer 'a': expected a: float [1], met a: float [2]", e.getMessage());
    e = assertThrows(OnnxException.class, () -> graph.withInitializers(Map.of("z", two)));
    assertEquals("the graph has no initializer [z]", e.getMessage());
  }
}
