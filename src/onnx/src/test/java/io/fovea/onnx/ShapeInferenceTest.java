package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is inferred is right, or unknown; an error is an error of the graph. */
class ShapeInferenceTest {
  @ParameterizedTest
  @MethodSource("io.fovea.onnx.SharedModels#all")
  void agreesWithWhatRealFilesDeclare(Path file) {
    Model model = Model.read(file);
    Map<String, TensorType> inferred = ShapeInference.infer(model);
    List<ValueInfo> declared = new ArrayList<>(model.graph().outputs());
    model.graph().proto().getValueInfoList().forEach(v -> declared.add(new ValueInfo(v)));
    for (ValueInfo value : declared) {
      TensorType ours = inferred.get(value.name());
      if (ours != null && ours.shape() != null && value.type().shape() != null) {
        if (ours.elements() != DataType.UNDEFINED) {
          assertEquals(value.type().elements(), ours.elements(), value.name());
        }
        assertEquals(numbers(value.type(), ours), numbers(ours, value.type()), value.name());
      }
    }
  }

  /** The shape, with sizes that the other does not give as numbers left open. */
  private static List<String> numbers(TensorType type, TensorType other) {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < type.shape().size(); i++) {
      boolean open = i < other.shape().size() && !other.shape().get(i).isKnown();
      text.add(open || !type.shape().get(i).isKnown() ? "?" : type.shape().get(i).toString());
    }
    return text;
  }

  // Windows

  @Test
  void aStridedConvolutionAndItsShortcutGiveEqualSizes() {
    GraphBuilder g = new GraphBuilder("block", 17);
    Value x =
        g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(8), Dim.of("height"), Dim.of("width"));
    Attribute stride = Attribute.ints("strides", 2, 2);
    Attribute pads = Attribute.ints("pads", 1, 1, 1, 1);
    Value three = g.initializer(Tensor.of("w3", new long[] {8, 8, 3, 3}, new float[576]));
    Value one = g.initializer(Tensor.of("w1", new long[] {8, 8, 1, 1}, new float[64]));
    Value body = g.node("Conv", "body", List.of(x, three), stride, pads);
    Value shortcut = g.node("Conv", "shortcut", List.of(x, one), stride);
    Value pooled =
        g.node("MaxPool", "pool", List.of(x), stride, pads, Attribute.ints("kernel_shape", 3, 3));
    assertEquals(body.type(), shortcut.type());
    assertEquals(body.type(), pooled.type());
    assertEquals(
        "sum: float [n, 8, (height+1)//2, (width+1)//2]",
        g.node("Add", "sum", List.of(body, shortcut)).toString());
    Value off = g.node("Conv", "off", List.of(x, three), stride);
    assertNotEquals(body.type(), off.type());
    assertThrows(OnnxException.class, () -> g.node("Add", "bad", List.of(body, off)));
  }

  @ParameterizedTest
  @CsvSource({
    "8, 3, 2, 0 0, 0, 3",
    "8, 3, 2, 0 0, 1, 4",
    "8, 3, 2, 1 1, 0, 4",
    "2, 3, 2, 0 0, 1, 1", // one window, cut off at the edge
    "2, 1, 2, 0 0, 1, 1", // ceil would start a window after the picture
    "4, 1, 3, 0 2, 1, 2",
    "5, 2, 2, 0 0, 1, 3"
  })
  void poolsCountTheirWindows(int size, int kernel, int stride, String pads, int ceil, long count) {
    long[] p = Arrays.stream(pads.split(" ")).mapToLong(Long::parseLong).toArray();
    NodeProto.Builder pool = Protos.node("MaxPool", "x", "y");
    pool.addAttribute(Attribute.ints("kernel_shape", kernel).proto());
    pool.addAttribute(Attribute.ints("strides", stride).proto());
    pool.addAttribute(Attribute.ints("pads", p).proto());
    pool.addAttribute(Attribute.of("ceil_mode", ceil).proto());
    assertEquals("[1, 1, " + count + "]", shape(List.of(1, 1, size), pool));
  }

  @Test
  void transposedConvolutionsGrow() {
    assertEquals("[1, 4, 9]", transposed());
    assertEquals("[1, 4, 8]", transposed(Attribute.of("auto_pad", "SAME_UPPER")));
    assertEquals("[1, 4, 9]", transposed(Attribute.of("auto_pad", "VALID")));
    assertEquals(
        "[1, 4, 8]", transposed(Attribute.ints("pads", 1, 1), Attribute.ints("output_padding", 1)));
    assertEquals("[1, 4, 10]", transposed(Attribute.ints("output_shape", 10)));
  }

  private static String transposed(Attribute... attributes) {
    NodeProto.Builder node = Protos.node("ConvTranspose", "x w", "y");
    node.addAttribute(Attribute.ints("strides", 2).proto());
    List.of(attributes).forEach(a -> node.addAttribute(a.proto()));
    GraphProto.Builder graph = Protos.graph(node);
    graph.setInput(0, Protos.value("x", 1, 2, 4));
    graph.addInitializer(Tensor.of("w", new long[] {2, 4, 3}, new float[24]).proto());
    return infer(graph).get("y").shape().toString();
  }

  @Test
  void aKernelThatIsNotKnownGivesSizesThatAreNotKnown() {
    GraphProto.Builder graph = Protos.graph(Protos.node("Conv", "x w", "y"));
    graph.setInput(0, Protos.value("x", 1, 2, 4));
    List<Dim> open = List.of(Dim.of(8), Dim.of(2), Dim.of("k"));
    graph.addInput(ValueInfo.of("w", new TensorType(DataType.FLOAT, open)).proto());
    assertEquals("[1, 8, ?]", infer(graph).get("y").shape().toString());
  }

  // Values from operators that are not listed

  @Test
  void whatAnUnlistedOperatorGivesIsUnknownAndNoError() {
    GraphProto.Builder graph =
        Protos.graph(
            Protos.node("Mystery", "x", "m"),
            Protos.node("Add", "m x", "a"),
            Protos.node("Conv", "x m", "c"),
            Protos.node("Gemm", "m x", "d"),
            Protos.node("Concat", "x m", "y"));
    assertEquals("undefined of unknown shape", infer(graph).get("m").toString());
  }

  @Test
  void optionalInputsAndOutputsLeftOutAreNoValues() {
    GraphProto.Builder graph =
        Protos.graph(Protos.node("Mystery", "x", "a "), Protos.node("Clip", "x  x", "y"));
    assertEquals(false, infer(graph).containsKey(""));
  }

  @Test
  void aSizeOfMinusOneInAnInputIsUnknown() {
    GraphProto.Builder graph = Protos.graph(Protos.node("Relu", "x", "y"));
    graph.setInput(0, Protos.value("x", -1, 3));
    assertEquals("[?, 3]", infer(graph).get("y").shape().toString());
  }

  @Test
  void operatorsBeforeOpsetSevenAreLeftAlone() {
    NodeProto.Builder add = Protos.node("Add", "x b", "y");
    add.addAttribute(Attribute.of("broadcast", 1).proto())
        .addAttribute(Attribute.of("axis", 1).proto());
    GraphProto.Builder graph = Protos.graph(add);
    graph.setInput(0, Protos.value("x", 1, 3, 4, 4)).addInput(Protos.value("b", 3));
    var model = Protos.model(graph);
    model.setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(6));
    assertEquals(
        "undefined of unknown shape",
        ShapeInference.infer(Protos.parse(model)).get("y").toString());
    assertEquals(1, Protos.parse(model.clearOpsetImport().setIrVersion(2)).opset());
  }

  // Shape arithmetic

  @ParameterizedTest
  @CsvSource({
    "2 3 4, 0 -1, '[2, 12]'",
    "2 3 4, -1, '[24]'",
    "h 3 4, 0 -1, '[h, 12]'",
    "h 3 4, -1 12, '[h, 12]'",
    "h 3 4, -1 6, '[2*h, 6]'",
    "h 3 4, -1 5, '[?, 5]'",
    "h 64 w, 0 32 -1, '[h, 32, 2*w]'",
    "h w 4, 0 0 2 2, '[h, w, 2, 2]'",
    "h w 4, -1 4, '[h*w, 4]'",
    "? 12, 0 3 -1, '[?, 3, 4]'",
    "? ? 6, 0 0 -1, '[?, ?, 6]'"
  })
  void reshapesNumbersAndSymbols(String from, String to, String expected) {
    long[] sizes = Arrays.stream(to.split(" ")).mapToLong(Long::parseLong).toArray();
    GraphProto.Builder graph = Protos.graph(Protos.node("Reshape", "x s", "y"));
    List<Dim> shape =
        Arrays.stream(from.split(" "))
            .map(d -> d.matches("\\d+") ? Dim.of(Long.parseLong(d)) : Dim.of(d))
            .toList();
    graph.setInput(0, ValueInfo.of("x", new TensorType(DataType.FLOAT, shape)).proto());
    graph.addInitializer(Tensor.of("s", sizes).proto());
    assertEquals(expected, infer(graph).get("y").shape().toString());
  }

  @Test
  void zerosMayMoveInAReshape() {
    NodeProto.Builder reshape = Protos.node("Reshape", "x s", "y");
    reshape.addAttribute(Attribute.of("allowzero", 1).proto());
    GraphProto.Builder graph = Protos.graph(reshape);
    graph.setInput(0, Protos.value("x", 0, 3));
    graph.addInitializer(Tensor.of("s", 0, 5).proto());
    assertEquals("[0, 5]", infer(graph).get("y").shape().toString());
  }

  @Test
  void sizesAreFollowedThroughVectorsOnly() {
    GraphProto.Builder graph =
        Protos.graph(
            Protos.node("Shape", "x", "s"),
            Protos.node("Unsqueeze", "s zero", "matrix"), // [[2, 3]]
            Protos.node("Gather", "matrix index", "row"), // [2, 3], not 2
            Protos.node("Reshape", "x row", "y"));
    graph.setInput(0, Protos.value("x", 2, 3));
    graph.addInitializer(Tensor.of("zero", 0).proto());
    graph.addInitializer(Protos.tensor("index", DataType.INT64).addInt64Data(0));
    List<Dim> shape = infer(graph).get("y").shape();
    assertTrue(shape == null || shape.equals(List.of(Dim.of(2), Dim.of(3))), "inferred " + shape);
  }

  @Test
  void aCastToTruthMakesOnesOfSizes() {
    GraphProto.Builder graph =
        Protos.graph(
            Protos.node("Shape", "x", "s"),
            Protos.node("Cast", "s", "truth").addAttribute(Attribute.of("to", 9).proto()),
            Protos.node("Cast", "truth", "ones").addAttribute(Attribute.of("to", 7).proto()),
            Protos.node("Reshape", "z ones", "y"));
    graph.setInput(0, Protos.value("x", 2, 3)).addInput(Protos.value("z", 1));
    assertEquals("[1, 1]", infer(graph).get("y").shape().toString());
  }

  @Test
  void axesThatAreComputedLeaveTheShapeUnknown() {
    GraphProto.Builder graph =
        Protos.graph(
            Protos.node("Squeeze", "x axes", "a"),
            Protos.node("ReduceSum", "x axes", "b"),
            Protos.node("Pad", "x pads  axes", "y"));
    graph.setInput(0, Protos.value("x", 1, 3, 1)).addInput(Protos.value("axes", 1));
    graph.addInitializer(Tensor.of("pads", 1, 1).proto());
    Map<String, TensorType> types = infer(graph);
    assertEquals(null, types.get("a").shape());
    assertEquals("[?, ?, ?]", types.get("b").shape().toString());
    assertEquals("[?, ?, ?]", types.get("y").shape().toString());
  }

  @Test
  void whatIsPaddedAndCroppedAsTheGraphRunsLeavesTheOtherAxesKnown() {
    GraphBuilder g = new GraphBuilder("padded", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(3), Dim.of("h"), Dim.of("w"));
    Value size = g.node("Shape", "size", List.of(x), Attribute.of("start", 2));
    Value sixteen = g.initializer(Tensor.of("sixteen", 16));
    Value missing = g.node("Sub", "missing", List.of(sixteen, size));
    Value before = g.initializer(Tensor.of("before", 0, 1, 2, 2, 0, 1));
    Attribute axis = Attribute.of("axis", 0);
    Value pads = g.node("Concat", "pads", List.of(before, missing), axis);
    Value padded = g.node("Pad", "padded", List.of(x, pads));
    assertEquals("padded: float [n, 5, 18, 18]", padded.toString());
    Value zeros = g.initializer(Tensor.of("zeros", 0, 0));
    Value axes = g.initializer(Tensor.of("axes", 2, 3));
    Value cropped = g.node("Slice", "cropped", List.of(padded, zeros, size, axes));
    assertEquals("cropped: float [n, 5, ?, ?]", cropped.toString());
    OnnxException e =
        assertThrows(
            OnnxException.class, () -> g.node("Slice", "s", List.of(padded, sixteen, size, axes)));
    assertEquals("Slice 's': starts, ends, axes and steps want one length", e.getMessage());
  }

  @Test
  void padsOfSomeAxes() {
    GraphProto.Builder graph = Protos.graph(Protos.node("Pad", "x pads  axes", "y"));
    graph.setInput(0, Protos.value("x", 1, 3, 5));
    graph.addInitializer(Tensor.of("pads", 1, 2).proto());
    graph.addInitializer(Tensor.of("axes", -1).proto());
    assertEquals("[1, 3, 8]", infer(graph).get("y").shape().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 5, 2, '[3]'",
    "-3, 9223372036854775807, 1, '[3]'",
    "1, 9223372036854775807, 9223372036854775807, '[1]'",
    "-9223372036854775808, -1, 1, '[9]'",
    "7, 3, 1, '[0]'",
    "9, 0, -1, '[9]'",
    "-1, -9223372036854775808, -3, '[4]'",
    "3, 9223372036854775807, -1, '[0]'"
  })
  void slices(long start, long end, long step, String expected) {
    assertEquals(expected, sliced(Dim.of(10), start, end, step));
  }

  @Test
  void slicesOfSymbols() {
    assertEquals("[h-2]", sliced(Dim.of("h"), 1, -1, 1));
    assertEquals("[(h+1)//2]", sliced(Dim.of("h"), 0, Long.MAX_VALUE, 2));
    assertEquals("[?]", sliced(Dim.of("h"), 0, 5, 1));
  }

  private static String sliced(Dim size, long start, long end, long step) {
    GraphProto.Builder graph = Protos.graph(Protos.node("Slice", "x s e a p", "y"));
    graph.setInput(0, ValueInfo.of("x", new TensorType(DataType.FLOAT, List.of(size))).proto());
    graph.addInitializer(Tensor.of("s", start).proto()).addInitializer(Tensor.of("e", end).proto());
    graph.addInitializer(Tensor.of("a", 0).proto()).addInitializer(Tensor.of("p", step).proto());
    return infer(graph).get("y").shape().toString();
  }

  @Test
  void reducesNothingWhereItSaysSo() {
    NodeProto.Builder sum = Protos.node("ReduceSum", "x", "y");
    assertEquals("[1, 1]", shape(List.of(2, 3), sum));
    sum.addAttribute(Attribute.of("noop_with_empty_axes", 1).proto());
    assertEquals("[2, 3]", shape(List.of(2, 3), sum));
  }

  // Values made to hurt

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void extremeWindowsAreErrorsOfTheirNode(long n) {
    for (String attribute : List.of("strides", "dilations", "kernel_shape", "pads", "group")) {
      for (String operator : List.of("Conv", "ConvTranspose", "MaxPool")) {
        Attribute extreme =
            switch (attribute) {
              case "group" -> Attribute.of(attribute, n);
              case "pads" -> Attribute.ints(attribute, n, n, n, n);
              default -> Attribute.ints(attribute, n, n);
            };
        NodeProto.Builder node =
            Protos.node(operator, operator.equals("MaxPool") ? "x" : "x w", "y");
        node.setName("extreme").addAttribute(extreme.proto());
        if (operator.equals("MaxPool") && !attribute.equals("kernel_shape")) {
          node.addAttribute(Attribute.ints("kernel_shape", 3, 3).proto());
        }
        for (Dim size : List.of(Dim.of(8), Dim.of("h"), Dim.of(Long.MAX_VALUE))) {
          GraphProto.Builder graph = Protos.graph(node);
          List<Dim> shape = List.of(Dim.of(1), Dim.of(4), size, size);
          graph.setInput(0, ValueInfo.of("x", new TensorType(DataType.FLOAT, shape)).proto());
          graph.addInitializer(Tensor.of("w", new long[] {4, 4, 3, 3}, new float[144]).proto());
          soundOrNamed(graph);
        }
      }
    }
  }

  @Test
  void extremeSizesAreErrorsOfTheirNode() {
    for (String operator :
        List.of(
            "Flatten x",
            "Concat x x",
            "Reshape x v",
            "Pad x v",
            "Slice x v v",
            "Gather x v",
            "Squeeze x v",
            "Unsqueeze x v",
            "ReduceSum x v",
            "Transpose x",
            "Softmax x",
            "Shape x",
            "Cast x",
            "MatMul x x",
            "Gemm x x",
            "Add x v",
            "BatchNormalization x v v v v",
            "LayerNormalization x v",
            "Constant",
            "Sum",
            "Concat",
            "Conv x",
            "MaxPool",
            "GlobalAveragePool x",
            "Dropout",
            "InstanceNormalization x")) {
      String[] words = operator.split(" ", 2);
      for (long n : new long[] {0, -1, 5, Long.MIN_VALUE, Long.MAX_VALUE}) {
        for (String attribute : List.of("", "axis", "axes", "perm", "to", "start", "value_ints")) {
          boolean list = List.of("axes", "perm", "value_ints").contains(attribute);
          NodeProto.Builder node = Protos.node(words[0], words.length < 2 ? "" : words[1], "y");
          node.setName("extreme");
          if (!attribute.isEmpty()) {
            node.addAttribute(
                (list ? Attribute.ints(attribute, n, n) : Attribute.of(attribute, n)).proto());
          }
          for (long[] shape : new long[][] {{}, {3}, {n, n}, {4, n, n}, {1, n, 3, n}}) {
            GraphProto.Builder graph = Protos.graph(node);
            TensorType type = TensorType.of(DataType.FLOAT, shape);
            graph.setInput(0, ValueInfo.of("x", type).proto());
            graph.addInitializer(Tensor.of("v", n, n).proto());
            soundOrNamed(graph);
          }
        }
      }
    }
  }

  private static void soundOrNamed(GraphProto.Builder graph) {
    try {
      infer(graph);
    } catch (OnnxException e) {
      assertEquals("extreme", e.node(), e.getMessage());
    }
  }

  @Test
  void anAttributeOfAnotherTypeIsAnError() {
    NodeProto.Builder softmax = Protos.node("Softmax", "x", "y");
    softmax.addAttribute(Attribute.of("axis", 1f).proto());
    GraphProto.Builder graph = Protos.graph(softmax);
    graph.setInput(0, Protos.value("x", 1, 3));
    OnnxException e = assertThrows(OnnxException.class, () -> infer(graph));
    assertEquals("Softmax 'y': attribute 'axis' wants INT, has FLOAT", e.getMessage());
  }

  private static String shape(List<Integer> input, NodeProto.Builder node) {
    GraphProto.Builder graph = Protos.graph(node);
    long[] shape = input.stream().mapToLong(Integer::longValue).toArray();
    graph.setInput(0, Protos.value("x", shape));
    return infer(graph).get("y").shape().toString();
  }

  private static Map<String, TensorType> infer(GraphProto.Builder graph) {
    return ShapeInference.infer(Protos.parse(graph));
  }
}
