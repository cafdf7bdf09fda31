package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.FunctionProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models with functions of their own. */
class FunctionsTest {
  private static OperatorSetIdProto opset(String domain, long version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }

  private static NodeProto.Builder node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private static AttributeProto refer(String name, String to) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setRefAttrName(to)
        .build();
  }

  private static AttributeProto number(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /**
   * leaky(x) twice and a sum, where twice(x) calls leaky; one slope is given, one is the default.
   */
  private static ModelProto.Builder model() {
    FunctionProto leaky =
        FunctionProto.newBuilder()
            .setName("leaky")
            .setDomain("own")
            .addInput("a")
            .addOutput("b")
            .addAttributeProto(number("slope", 0.5f))
            .addOpsetImport(opset("", 17))
            .addNode(node("LeakyRelu", "inner", "a").addAttribute(refer("alpha", "slope")))
            .addNode(node("Neg", "b", "inner"))
            .build();
    FunctionProto twice =
        FunctionProto.newBuilder()
            .setName("twice")
            .setDomain("own")
            .addInput("a")
            .addOutput("b")
            .addAttribute("slope")
            .addOpsetImport(opset("", 17))
            .addOpsetImport(opset("own", 1))
            .addNode(
                node("leaky", "inner", "a").setDomain("own").addAttribute(refer("slope", "slope")))
            .addNode(node("leaky", "b", "inner").setDomain("own"))
            .build();
    TensorType row = TensorType.of(DataType.FLOAT, 1, 4);
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("main")
            .addInput(ValueInfo.of("x", row).proto())
            .addOutput(ValueInfo.of("y", row).proto())
            .addNode(node("twice", "t", "x").setDomain("own").addAttribute(number("slope", 0.25f)))
            .addNode(node("twice", "inner", "t").setDomain("own").addAttribute(number("slope", 2)))
            .addNode(node("Add", "y", "inner", "t"))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(opset("", 17))
        .addOpsetImport(opset("own", 1))
        .addFunctions(leaky)
        .addFunctions(twice)
        .setGraph(graph);
  }

  @Test
  void runAsOnnxRuntimeRunsThem() {
    Model model = Model.parse(model().build().toByteArray());
    List<Tensor> in = List.of(Tensor.of("x", new long[] {1, 4}, new float[] {-3, -0.5f, 1, 2}));
    try (Runner ours = new Runner.Interpreter(model);
        Runner theirs = new Runner.OnnxRuntime(model)) {
      assertArrayEquals(theirs.run(in).get(0).floats(), ours.run(in).get(0).floats(), 1e-6f);
    }
    Model plain = model.inlined();
    assertEquals(0, plain.proto().getFunctionsCount());
    assertEquals(9, plain.graph().nodes().size());
    Model.parse(plain.toBytes()); // names are one each
  }

  @Test
  void thatCallThemselvesAreRefused() {
    ModelProto.Builder model = model();
    model.getFunctionsBuilder(0).addNode(node("twice", "c", "a").setDomain("own"));
    OnnxException e =
        assertThrows(OnnxException.class, () -> new Model(model.build(), null).inlined());
    assertTrue(String.valueOf(e.getMessage()).contains("functions call each other"), e.toString());
  }

  @Test
  void ofAnotherOpsetAreRefused() {
    ModelProto.Builder model = model();
    model.getFunctionsBuilder(0).setOpsetImport(0, opset("", 13));
    OnnxException e =
        assertThrows(OnnxException.class, () -> new Model(model.build(), null).inlined());
    assertTrue(
        String.valueOf(e.getMessage()).contains("written in opset 13, the model in 17"),
        e.toString());
  }
}
