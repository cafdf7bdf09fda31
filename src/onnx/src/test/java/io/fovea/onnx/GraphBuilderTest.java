package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mistake is reported where it is made, in words that name the node. */
class GraphBuilderTest {
  private GraphBuilder g;
  private Value x; // [batch, 3, 8, 8]

  @BeforeEach
  void start() {
    g = new GraphBuilder("test", 17);
    x = g.input("x", DataType.FLOAT, Dim.of("batch"), Dim.of(3), Dim.of(8), Dim.of(8));
  }

  private Value weight(String name, long... dims) {
    int size = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    return g.initializer(Tensor.of(name, dims, new float[size]));
  }

  private Value node(String operator, String name, Attribute... attributes) {
    return g.node(operator, name, List.of(x), attributes);
  }

  private static void says(String message, Executable mistake) {
    assertEquals(message, assertThrows(OnnxException.class, mistake).getMessage());
  }

  @Test
  void buildsASoundModel() {
    Value w = weight("w", 4, 3, 3, 3);
    Value y = g.node("Conv", "conv", List.of(x, w), Attribute.ints("pads", 1, 1, 1, 1));
    g.output(y);
    assertEquals(4, y.channels());
    assertEquals("conv: float [batch, 4, 8, 8]", y.toString());
    Model model = g.build();
    assertEquals(17, model.opset());
    assertEquals(y.type(), Model.parse(model.toBytes()).graph().outputs().get(0).type());
  }

  @Test
  void leavesAnOptionalInputOut() {
    Value six = g.initializer(Tensor.of("six", new long[0], new float[] {6}));
    g.output(g.node("Clip", "clip", List.of(x, Value.NONE, six)));
    Node clip = g.build().graph().nodes().get(0);
    assertEquals(List.of("x", "", "six"), clip.inputs());
    says("Relu 'r': input 0 is left out", () -> g.node("Relu", "r", List.of(Value.NONE)));
    says(
        "Concat 'c': input 1 is left out",
        () -> g.node("Concat", "c", List.of(x, Value.NONE), Attribute.of("axis", 1)));
  }

  @Test
  void declaresAShapeThatInferenceCannotSee() {
    Value pads = g.input("pads", DataType.INT64, Dim.of(8));
    Value y = g.node("Pad", "y", List.of(x, pads));
    says("output 'y' is [?, ?, ?, ?], not [batch]", () -> g.output(y, Dim.of("batch")));
    g.output(y, Dim.of("batch"), Dim.of(3), Dim.of("height"), Dim.of("width"));
    assertEquals(
        "y: float [batch, 3, height, width]", g.build().graph().outputs().get(0).toString());
    says(
        "output 'x' is [batch, 3, 8, 8], not [batch, 4, 8, 8]",
        () -> g.output(x, Dim.of("batch"), Dim.of(4), Dim.of(8), Dim.of(8)));
  }

  @Test
  void aWrongNumberOfChannels() {
    Value w = weight("w", 8, 64, 3, 3);
    OnnxException e =
        assertThrows(OnnxException.class, () -> g.node("Conv", "layer1.0.conv1", List.of(x, w)));
    assertEquals("Conv 'layer1.0.conv1': input has 3 channels, weight wants 64", e.getMessage());
    assertEquals("Conv", e.operator());
    assertEquals("layer1.0.conv1", e.node());
    Value five = weight("five", 5);
    says(
        "BatchNormalization 'bn': input has 3 channels, input 1 has 5",
        () -> g.node("BatchNormalization", "bn", List.of(x, five, five, five, five)));
  }

  @Test
  void weightsThatDoNotFitTheWindow() {
    Value w = weight("w", 4, 3, 3, 3);
    List<Value> inputs = List.of(x, w);
    says(
        "Conv 'c': kernel_shape [5, 5], but the weight has [3, 3]",
        () -> g.node("Conv", "c", inputs, Attribute.ints("kernel_shape", 5, 5)));
    says(
        "Conv 'c': strides wants 2 values, has 1",
        () -> g.node("Conv", "c", inputs, Attribute.ints("strides", 2)));
    says(
        "Conv 'c': a window of 3 does not fit into size 8 padded by -8",
        () -> g.node("Conv", "c", inputs, Attribute.ints("pads", -4, -4, -4, -4)));
    says(
        "Conv 'c': bias has [3] values for 4 filters",
        () -> g.node("Conv", "c", List.of(x, w, weight("b", 3))));
    says(
        "Conv 'c': 4 filters do not divide into 3 groups",
        () -> g.node("Conv", "c", List.of(x, weight("g", 4, 1, 3, 3)), Attribute.of("group", 3)));
  }

  @Test
  void aWrongNumberOfInputs() {
    says("Add 'a': wants 2 inputs, has 1", () -> node("Add", "a"));
    says("Conv 'c': wants 2 to 3 inputs, has 1", () -> node("Conv", "c"));
    says("Relu 'r': wants 1 inputs, has 2", () -> g.node("Relu", "r", List.of(x, x)));
  }

  @Test
  void anOperatorThatDoesNotExist() {
    says(
        "Konv 'k': no such operator among those that graphs are built from",
        () -> node("Konv", "k"));
  }

  @Test
  void anAttributeThatDoesNotExist() {
    says(
        "LeakyRelu 'l': has no attribute 'slope' (it has [alpha])",
        () -> node("LeakyRelu", "l", Attribute.of("slope", 0.1f)));
  }

  @Test
  void anAttributeOfAnotherType() {
    says(
        "LeakyRelu 'l': attribute 'alpha' wants FLOAT, has INT",
        () -> node("LeakyRelu", "l", Attribute.of("alpha", 1)));
    says(
        "Softmax 's': axis 7 is outside of rank 4",
        () -> node("Softmax", "s", Attribute.of("axis", 7)));
  }

  @Test
  void elementsOfAnotherType() {
    Value i = g.initializer(Tensor.of("i", 1, 2));
    says("Add 'a': input 0 is float, input 1 is int64", () -> g.node("Add", "a", List.of(x, i)));
    says(
        "Sigmoid 's': input 0 wants real numbers, has int64",
        () -> g.node("Sigmoid", "s", List.of(i)));
  }

  @Test
  void shapesThatDoNotBroadcast() {
    Value w = weight("w", 5, 1, 1);
    says(
        "Add 'a': shapes [batch, 3, 8, 8] and [5, 1, 1] do not broadcast: 3 against 5",
        () -> g.node("Add", "a", List.of(x, w)));
  }

  @Test
  void matricesThatDoNotMultiply() {
    Value flat = node("Flatten", "flat");
    Value w = weight("w", 10, 100);
    says(
        "Gemm 'fc': input has 192 features, weight wants 100",
        () -> g.node("Gemm", "fc", List.of(flat, w), Attribute.of("transB", 1)));
    says(
        "MatMul 'm': shapes [batch, 192] and [10, 100] do not multiply",
        () -> g.node("MatMul", "m", List.of(flat, w)));
  }

  @Test
  void layoutsThatDoNotFit() {
    Value sizes = g.initializer(Tensor.of("sizes", 5, 5));
    Value known = weight("known", 2, 3);
    says(
        "Reshape 'r': [2, 3] does not reshape to [5, 5]",
        () -> g.node("Reshape", "r", List.of(known, sizes)));
    says(
        "Concat 'c': input 1 is [2, 3], input 0 is [batch, 3, 8, 8]",
        () -> g.node("Concat", "c", List.of(x, known), Attribute.of("axis", 1)));
    says(
        "Transpose 't': perm [0, 1] does not fit input [batch, 3, 8, 8]",
        () -> node("Transpose", "t", Attribute.ints("perm", 0, 1)));
  }

  @Test
  void anOpsetThatIsTooOld() {
    says("Gelu 'gelu': needs opset 20, the graph has 17", () -> node("Gelu", "gelu"));
    says(
        "ReduceMean 'm': axes are an attribute before opset 18, then an input",
        () -> g.node("ReduceMean", "m", List.of(x, g.initializer(Tensor.of("axes", 2, 3)))));
    assertEquals(
        "m: float [batch, 3]",
        node("ReduceMean", "m", Attribute.ints("axes", 2, 3), Attribute.of("keepdims", 0))
            .toString());
  }

  @Test
  void anOpsetThatIsTooNew() {
    g = new GraphBuilder("test", 18);
    x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(3));
    says(
        "ReduceMean 'm': axes are an attribute before opset 18, then an input",
        () -> node("ReduceMean", "m", Attribute.ints("axes", 1)));
    says("graphs are built in opset 17 to 25, not 26", () -> new GraphBuilder("new", 26));
    says("graphs are built in opset 17 to 25, not 16", () -> new GraphBuilder("old", 16));
  }

  @Test
  void aNameThatIsTaken() {
    String message = "the name 'x' is empty or already taken in this graph";
    says(message, () -> node("Flatten", "x"));
    says(message, () -> weight("x", 1));
    says(message, () -> g.input("x", DataType.FLOAT));
    says("the name '' is empty or already taken in this graph", () -> node("Relu", ""));
    assertEquals(x.type(), node("Relu", "after").type(), "a refused node changes nothing");
  }

  @Test
  void aRefusedNodeLeavesItsNameFree() {
    assertThrows(OnnxException.class, () -> node("Softmax", "s", Attribute.of("axis", 7)));
    assertEquals("s", node("Softmax", "s").name());
  }

  @Test
  void aValueOfAnotherGraph() {
    GraphBuilder other = new GraphBuilder("other", 17);
    Value stranger = other.input("x", DataType.FLOAT, Dim.of(1));
    says("Relu 'r': input 'x' is not of this graph", () -> g.node("Relu", "r", List.of(stranger)));
    says("output 'x' is not of this graph", () -> g.output(stranger));
  }

  @Test
  void channelsThatAreNotKnown() {
    Value open = g.input("open", DataType.FLOAT, Dim.of(1), Dim.of("channels"));
    says("value 'open' of shape [1, channels] has no known channels", open::channels);
  }

  @ParameterizedTest
  @CsvSource({"17, 8", "18, 8", "19, 9", "20, 9", "21, 10", "22, 10", "23, 11", "24, 12", "25, 13"})
  void writesTheOldestIrVersionThatTheOpsetNeeds(int opset, long ir) {
    GraphBuilder g = new GraphBuilder("test", opset);
    g.output(g.node("Relu", "y", List.of(g.input("x", DataType.FLOAT, Dim.of(1)))));
    Model model = g.build();
    assertEquals(ir, model.proto().getIrVersion());
    assertEquals(opset, model.opset());
  }

  @Test
  void everyOperatorSaysHowItIsMisused() {
    for (String operator : List.of("Relu", "Conv", "MaxPool", "Gemm", "Concat", "Pad")) {
      OnnxException e = assertThrows(OnnxException.class, () -> g.node(operator, "n", List.of()));
      assertEquals(operator, e.operator());
    }
  }
}
