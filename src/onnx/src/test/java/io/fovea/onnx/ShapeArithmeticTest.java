package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes that a graph computes are followed from the shape that they are read from to its use. */
class ShapeArithmeticTest {
  /** A graph in short: {@code "Shape x s; Slice s 0: 2: hw"}, int64 constants as {@code 1,2:}. */
  private static GraphProto.Builder graph(String text) {
    GraphProto.Builder graph = Protos.graph();
    List<Dim> shape = List.of(Dim.of("n"), Dim.of(8), Dim.of("h"), Dim.of("w"));
    graph.setInput(0, ValueInfo.of("x", new TensorType(DataType.FLOAT, shape)).proto());
    for (String line : text.split(";")) {
      String[] words = line.strip().split(" ");
      NodeProto.Builder node = NodeProto.newBuilder().setOpType(words[0]);
      for (String word : Arrays.copyOfRange(words, 1, words.length)) {
        if (word.contains("=")) {
          String[] sides = word.split("=");
          node.addAttribute(
              (sides[1].matches("[-\\d,]+,[-\\d,]+")
                      ? Attribute.ints(sides[0], longs(sides[1]))
                      : sides[1].matches("-?\\d+")
                          ? Attribute.of(sides[0], Long.parseLong(sides[1]))
                          : Attribute.of(sides[0], sides[1]))
                  .proto());
        } else {
          node.addInput(word.equals("_") ? "" : constant(graph, word));
        }
      }
      int last = node.getInputCount() - 1;
      List<String> inputs = List.copyOf(node.getInputList().subList(0, last));
      String outputs = node.getInput(last);
      node.clearInput().addAllInput(inputs).addAllOutput(List.of(outputs.split("/")));
      graph.addNode(node);
    }
    return graph;
  }

  private static long[] longs(String text) {
    return Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  private static String constant(GraphProto.Builder graph, String word) {
    boolean made = graph.getInitializerList().stream().anyMatch(i -> i.getName().equals(word));
    if (made) {
      return word;
    }
    if (word.matches("[-\\d,]+:")) {
      long[] values = longs(word.substring(0, word.length() - 1));
      graph.addInitializer(Tensor.of(word, values).proto());
    } else if (word.matches("[-\\d,.]+f")) {
      String[] parts = word.substring(0, word.length() - 1).split(",");
      float[] values = new float[parts.length];
      for (int i = 0; i < parts.length; i++) {
        values[i] = Float.parseFloat(parts[i]);
      }
      graph.addInitializer(Tensor.of(word, new long[] {values.length}, values).proto());
    }
    return word;
  }

  private static TensorType infer(GraphProto.Builder graph, String value) {
    return ShapeInference.infer(Protos.parse(graph)).get(value);
  }

  private static String shape(String text) {
    List<Dim> shape = infer(graph(text), "y").shape();
    return shape == null ? "null" : shape.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Shape x s; Reshape x s y | [n, 8, h, w]",
        "Shape x s; Slice s 2: 4: hw; Concat 1,-1: hw t axis=0; Reshape x t y | [1, 8*n, h, w]",
        "Shape start=2 x s; Slice s 0: 9223372036854775807: t; ConstantOfShape t y | [h, w]",
        "Shape x s; Slice s -1: -9223372036854775808: 0: -1: r; ConstantOfShape r y | [w, h, 8, n]",
        // a picture twice as large, by floats, as older exporters write it
        "Shape x s; Gather s 2: h; Cast to=1 h f; Mul f 2.0f g; Floor g k; Cast to=7 k t;"
            + " Concat 1,3: t t o axis=0; ConstantOfShape o y | [1, 3, 2*h, 2*h]",
        "Shape x s; Gather s 2: h; Cast to=1 h f; Mul f 0.5f g; Floor g k; Cast to=7 k t;"
            + " ConstantOfShape t y | [h//2]",
        "Shape x s; Gather s 2: h; Cast to=1 h f; Div f 4.0f g; Ceil g k; Cast to=7 k t;"
            + " ConstantOfShape t y | [(h+3)//4]",
        // to a multiple of 32, and pads put in ONNX's order by a matrix
        "Shape x s; Slice s 2: 4: hw; Mod hw 32: m; Sub 32: m a; Mod a 32: p;"
            + " Concat 0,0,0,0,0,0: p q axis=0; Pad x q y"
            + " | [n, 8, 32*((h+31)//32), 32*((w+31)//32)]",
        "Concat 1,2,3,4: 0,0,0,0: p axis=0; Reshape p -1,2: m; Slice m -1: -99999999999: 0: -1: r;"
            + " Transpose perm=1,0 r t; Reshape t -1: q; Pad x q y | [n, 8, h+7, w+3]",
        "Size x s; Unsqueeze s 0: t; ConstantOfShape t y | [8*h*n*w]",
        "Shape x s; ReduceProd s k; ConstantOfShape k y | [8*h*n*w]",
        "Shape x s; Div s 2: t; ConstantOfShape t y | [n//2, 4, h//2, w//2]",
        "Shape x s; Sub s 9: m; Div m 2: t; ConstantOfShape t y | [?, 0, ?, ?]",
        "Shape x s; Equal s -1: e; Where e 1: s t; ConstantOfShape t y | [n, 8, h, w]",
        "Shape x s; Max s 1: t; ConstantOfShape t y | [n, 8, h, w]",
        "Shape x s; Split s a/b/c/d; Mul c d k; Concat a b k t axis=0; Reshape x t y | [n, 8, h*w]",
        "Shape x s; Gather s 0: n; Concat n -1: t axis=0; Reshape x t y | [n, 8*h*w]",
        "Shape x s; Gather s 2: h; Gather s 3: w; Mul h w k; Concat 0: k 8: t axis=0;"
            + " Reshape x t y | [n, h*w, 8]",
        "Shape x s; Tile s 2: t; Slice t 3: 6: u; ConstantOfShape u y | [w, n, 8]",
        "Range 2: 9: 3: r; ConstantOfShape r y | [2, 5, 8]"
      })
  void sizesAreFollowed(String text, String expected) {
    assertEquals(expected, shape(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Resize x _ 1,1,2,2f y | [n, 8, 2*h, 2*w]",
        "Resize x _ 1,1,1.5,0.25f y | [n, 8, h+h//2, w//4]",
        "Resize x _ 1,1,0.3,0.3f y | [n, 8, ?, ?]",
        "Resize x _ _ 1,8,64,32: y | [1, 8, 64, 32]",
        "Resize axes=2,3 x _ _ 64,32: y | [n, 8, 64, 32]",
        "Upsample x 1,1,2,2f y | [n, 8, 2*h, 2*w]",
        "Expand x 3,1,1,1,1: y | [3, n, 8, h, w]",
        "Tile x 1,2,3,1: y | [n, 16, 3*h, w]",
        "Split axis=1 split=3,5 x a/y | [n, 5, h, w]",
        "Split axis=1 x 3,5: a/y | [n, 5, h, w]",
        "Split axis=1 x a/b/c/y | [n, 2, h, w]",
        "Split axis=1 num_outputs=3 x a/b/y | [n, 2, h, w]",
        "Pad pads=0,0,1,2,0,0,3,4 x y | [n, 8, h+4, w+6]",
        "Slice starts=1,2 ends=9,-1 axes=1,2 x y | [n, 7, h-3, w]",
        "Slice x 0: -1: 3: 2: y | [n, 8, h, w//2]",
        "Unsqueeze axes=0,-1 x y | [1, n, 8, h, w, 1]",
        "DepthToSpace blocksize=2 x y | [n, 2, 2*h, 2*w]",
        "SpaceToDepth blocksize=2 x y | [n, 32, h//2, w//2]",
        "Einsum equation=nchw,nchw->nc x x y | [n, 8]",
        "Einsum equation=bchw,bcxw->bhx x x y | [n, h, h]",
        "Einsum equation=...hw->...wh x y | [n, 8, w, h]",
        "ArgMax axis=1 x y | [n, 1, h, w]",
        "ArgMin axis=-1 keepdims=0 x y | [n, 8, h]",
        "TopK axis=1 x 3: y/i | [n, 3, h, w]",
        "TopK axis=1 x 3: v/y | [n, 3, h, w]",
        "NonZero x y | [4, ?]",
        "Shape x s; OneHot s 10: 0,1f y | [4, 10]",
        "GatherElements axis=1 x x y | [n, 8, h, w]",
        "Reshape 0,1,2,3: 2,2: i; GatherND x i y | [2, h, w]",
        "ScatterND x 0: x y | [n, 8, h, w]",
        "CumSum x 1: y | [n, 8, h, w]",
        "Greater x x y | [n, 8, h, w]",
        "LpPool kernel_shape=2,2 strides=2,2 x y | [n, 8, h//2, w//2]",
        "LRN size=3 x y | [n, 8, h, w]",
        "AffineGrid x 2,3,4,5: y | [2, 4, 5, 2]",
        "AffineGrid x 2,3,4,5: g; GridSample x g y | [2, 8, 4, 5]",
        "QuantizeLinear x 1.0f y | [n, 8, h, w]",
        "ConstantOfShape 5,4: r; RoiAlign output_height=7 x r 0: y | [5, 8, 7, 1]",
        "Reshape x 2,-1: m; ReduceL1 axes=0,1 keepdims=0 m y | []"
      })
  void operatorsInTheFormsOfOldAndNewOpsets(String text, String expected) {
    assertEquals(expected, shape(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "QuantizeLinear x 1.0f y | uint8",
        "QuantizeLinear output_dtype=3 x 1.0f y | int8",
        "DequantizeLinear x 1.0f y | float",
        "ArgMax x y | int64",
        "Less x x y | bool",
        "Shape x s; CastLike s x y | float",
        "Shape x s; Where s s x y | int64",
        "ConstantOfShape 3: y | float",
        "Range 0: 3: 1: y | int64"
      })
  void elementsOfWhatIsMade(String text, String expected) {
    assertEquals(expected, infer(graph(text), "y").elements().toString());
  }

  @Test
  void constantsOfEveryForm() {
    for (AttributeProto.Builder value :
        List.of(
            Attribute.of("value", Tensor.of("", 2, 3)).proto().toBuilder(),
            Attribute.ints("value_ints", 2, 3).proto().toBuilder())) {
      GraphProto.Builder graph = graph("Identity x z");
      graph.addNode(Protos.node("Constant", "", "c").addAttribute(value));
      graph.addNode(Protos.node("ConstantOfShape", "c", "y"));
      assertEquals("[2, 3]", infer(graph, "y").shape().toString());
    }
    AttributeProto.Builder strings = Protos.attribute("value_strings", AttributeType.STRINGS);
    strings.addStrings(com.google.protobuf.ByteString.copyFromUtf8("a"));
    GraphProto.Builder graph = graph("Identity x z");
    graph.addNode(Protos.node("Constant", "", "y").addAttribute(strings));
    assertEquals("string [1]", infer(graph, "y").toString());
  }

  // Branches

  private static String branches(GraphProto.Builder yes, GraphProto.Builder no, Integer condition) {
    GraphProto.Builder graph = graph("Identity x z");
    graph.addInput(ValueInfo.of("flag", TensorType.of(DataType.BOOL)).proto());
    if (condition != null) {
      graph.addInitializer(Protos.tensor("flag", DataType.BOOL).addInt32Data(condition));
    }
    graph.addNode(
        Protos.node("If", "flag", "y")
            .addAttribute(Protos.attribute("then_branch", AttributeType.GRAPH).setG(yes))
            .addAttribute(Protos.attribute("else_branch", AttributeType.GRAPH).setG(no)));
    return infer(graph, "y").toString();
  }

  private static GraphProto.Builder branch(NodeProto.Builder node) {
    return GraphProto.newBuilder().addNode(node).addOutput(Protos.value(node.getOutput(0)));
  }

  @Test
  void branchesThatAgreeGiveTheirTypeAndOneThatIsTakenItsOwn() {
    GraphProto.Builder same = branch(Protos.node("Relu", "x", "t"));
    GraphProto.Builder pooled = branch(Protos.node("GlobalAveragePool", "x", "t"));
    GraphProto.Builder flat = branch(Protos.node("Flatten", "x", "t"));
    assertEquals("float [n, 8, h, w]", branches(same, same, null));
    assertEquals("float [n, 8, ?, ?]", branches(same, pooled, null));
    assertEquals("float of unknown shape", branches(same, flat, null));
    assertEquals("float [n, 8, 1, 1]", branches(same, pooled, 0));
    assertEquals("float [n, 8, h, w]", branches(same, pooled, 1));
  }

  @Test
  void aBranchThatCannotRunIsNotTheOneThatIsTaken() {
    NodeProto.Builder node = Protos.node("Squeeze", "x", "t"); // axis 1 is 8
    node.addAttribute(Attribute.ints("axes", 1).proto());
    GraphProto.Builder squeezed = branch(node);
    GraphProto.Builder same = branch(Protos.node("Identity", "x", "t"));
    assertEquals("float [n, 8, h, w]", branches(squeezed, same, null));
    assertThrows(OnnxException.class, () -> branches(squeezed, squeezed, null));
    assertThrows(OnnxException.class, () -> branches(squeezed, same, 1));
  }

  // Values made to hurt

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Range 0: 9223372036854775807: 1: y | [9223372036854775807]",
        "Range -9223372036854775807: 9223372036854775807: 1: y | sizes overflow",
        "Range 0: 9: 0: y | a step of 0",
        "Range 0: -9: 1: y | [0]",
        "Range 0: -9223372036854775808: -1: y | sizes overflow",
        "ConstantOfShape 9223372036854775807,9223372036854775807: y"
            + " | [9223372036854775807, 9223372036854775807]",
        "ConstantOfShape 9223372036854775807,2: a; Flatten a axis=0 y | sizes overflow",
        "ConstantOfShape -3: y | gives a negative size",
        "Expand x 9223372036854775807,1,1,1,1: y | [9223372036854775807, n, 8, h, w]",
        "Tile x 1,9223372036854775807,1,1: y | sizes overflow",
        "Tile x 1,-1,1,1: y | gives a negative size",
        "Tile x 1,1: y | 2 repeats for input [n, 8, h, w]",
        "Resize x _ _ 1,8,-64,32: y | gives a negative size",
        "Resize x _ _ 1,8: y | wants 4 sizes, has 2",
        "Shape x s; Mul s 9223372036854775807: t; ConstantOfShape t y"
            + " | [9223372036854775807*n, ?, 9223372036854775807*h, 9223372036854775807*w]",
        "Shape x s; Div s 0: t; ConstantOfShape t y | [?, ?, ?, ?]",
        "Shape x s; Mod s 0: t; ConstantOfShape t y | [?, ?, ?, ?]",
        "TopK axis=1 x 9: y/i | 9 of 8 elements are asked for",
        "TopK axis=1 x -1: y/i | gives a negative size",
        "Split axis=1 x 3,6: a/y | split [3, 6] does not add up to 8",
        "Split axis=1 split=3,2,3 x a/y | split has 3 sizes for 2 outputs",
        "DepthToSpace blocksize=0 x y | blocksize wants 1 or more, has 0",
        "DepthToSpace blocksize=9223372036854775807 x y | sizes overflow",
        "DepthToSpace blocksize=3 x y | 8 channels do not divide into blocks of 9",
        "SpaceToDepth blocksize=-2 x y | blocksize wants 1 or more, has -2",
        "Einsum equation=ab,bc->ac x x y | 'ab' does not fit input 0",
        "Einsum equation=nchw->nz x y | 'z' of the output is in no input",
        "Einsum equation=a->b->c x y | does not fit 1 inputs",
        "GridSample x 1: y | grid [1] does not fit input",
        "GatherND batch_dims=-9 x 0,1: y | indices of [2] do not fit",
        "OneHot x 10: 0: axis=9 y | axis 9 is outside of rank 5",
        "OneHot x -10: 0: y | gives a negative size",
        "Slice x 0: 4: 3: 0: y | a step of 0",
        "Cast to=99 x y | element type 99 is not one of ONNX's",
        "Cast to=4294967297 x y | sizes overflow",
        "AffineGrid x 1,2: y | sizes [1, 2] are not of pictures",
        "Upsample x 2,2f y | wants 4 scales, has 2"
      })
  void extremeSizesAreKnownUnknownOrAnErrorOfTheirNode(String text, String expected) {
    assertTimeout(
        Duration.ofSeconds(1),
        () -> {
          if (expected.startsWith("[")) {
            assertEquals(expected, shape(text));
          } else {
            OnnxException e = assertThrows(OnnxException.class, () -> shape(text));
            assertEquals(true, e.getMessage().contains(expected), e.getMessage());
          }
        });
  }

  @Test
  void sizesThatGrowAtEveryNodeAreGivenUp() {
    StringBuilder text = new StringBuilder("Shape x s0");
    for (int i = 0; i < 500; i++) {
      text.append("; Add s%d 1: a%d; Mul a%d s%d s%d".formatted(i, i, i, i, i + 1));
    }
    text.append("; ConstantOfShape s500 y");
    assertTimeout(Duration.ofSeconds(5), () -> shape(text.toString()));
  }

  /** Every operator of the table, given too little, too much and the wrong kind. */
  @Test
  void everyOperatorTakesAnythingOrNamesTheNode() {
    List<String> values = List.of("", "x", "v", "b", "f");
    java.util.Random random = new java.util.Random(5);
    for (String operator : Operators.names()) {
      for (int round = 0; round < 300; round++) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName("extreme");
        for (int i = random.nextInt(6); i > 0; i--) {
          node.addInput(values.get(random.nextInt(values.size())));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
          node.addOutput("y" + i);
        }
        for (String name :
            List.of(
                "axis",
                "axes",
                "split",
                "k",
                "blocksize",
                "batch_dims",
                "starts",
                "ends",
                "pads",
                "kernel_shape",
                "keepdims",
                "num_outputs",
                "equation",
                "scales",
                "dtype")) {
          long n = new long[] {0, 1, -1, 3, Long.MAX_VALUE, Long.MIN_VALUE}[random.nextInt(6)];
          switch (random.nextInt(8)) {
            case 0 -> node.addAttribute(Attribute.of(name, n).proto());
            case 1 -> node.addAttribute(Attribute.ints(name, n, n).proto());
            case 2 -> node.addAttribute(Attribute.of(name, ",->..a").proto());
            default -> {}
          }
        }
        GraphProto.Builder graph = Protos.graph(node);
        List<Dim> shape = List.of(Dim.of("n"), Dim.of(random.nextInt(9)), Dim.of("h"), Dim.of(0));
        TensorType type = new TensorType(DataType.FLOAT, shape.subList(0, random.nextInt(5)));
        graph.setInput(0, ValueInfo.of("x", type).proto());
        long n = new long[] {0, 1, 2, -1, 1000, Long.MAX_VALUE, Long.MIN_VALUE}[random.nextInt(7)];
        long[] many = LongStream.generate(() -> n).limit(random.nextInt(5)).toArray();
        graph.addInitializer(Tensor.of("v", many).proto());
        graph.addInitializer(Protos.tensor("b", DataType.BOOL).addInt32Data(1));
        graph.addInitializer(Tensor.of("f", new long[] {2}, new float[] {Float.NaN, n}).proto());
        graph.clearOutput();
        int opset = random.nextInt(7, 26);
        var model = Protos.model(graph);
        model.setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(opset));
        try {
          ShapeInference.infer(Protos.parse(model));
        } catch (OnnxException e) {
          assertEquals("extreme", e.node(), e.getMessage());
        }
      }
    }
  }
}
