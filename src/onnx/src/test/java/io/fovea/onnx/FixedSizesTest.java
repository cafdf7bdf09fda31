package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.onnx.FixedSizes.Axis;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A batch or size that a graph was exported with is found where it stands. */
class FixedSizesTest {
  private static final Set<Axis> BOTH = EnumSet.allOf(Axis.class);

  private GraphBuilder g;
  private Value x; // [1, 3, 32, 32]

  @BeforeEach
  void start() {
    g = new GraphBuilder("test", 17);
    x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(3), Dim.of(32), Dim.of(32));
  }

  private Value sizes(String name, long... values) {
    return g.initializer(Tensor.of(name, values));
  }

  private Value weight(String name, long... dims) {
    int size = (int) java.util.Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    return g.initializer(Tensor.of(name, dims, new float[size]));
  }

  private Value node(String operator, String name, Value... inputs) {
    return g.node(operator, name, List.of(inputs));
  }

  private List<String> places(Value output, Set<Axis> axes) {
    g.output(output);
    return FixedSizes.of(g.build(), axes).places().stream().map(Object::toString).toList();
  }

  @Test
  void aFlattenAndAPoolHoldNothing() {
    Value flat = g.node("Flatten", "flat", List.of(node("GlobalAveragePool", "pool", x)));
    assertEquals(List.of(), places(node("MatMul", "fc", flat, weight("w", 3, 10)), BOTH));
  }

  @Test
  void aReshapeToNumbersHoldsTheBatch() {
    Value flat = node("Reshape", "flat", x, sizes("shape", 1, 3072));
    assertEquals(
        List.of(
            "Reshape 'flat': [batch, 3, 32, 32] does not reshape to [1, 3072] (constant 'shape')"),
        places(flat, Set.of(Axis.BATCH)));
  }

  @Test
  void aReshapeThatMovesTheBatchAsideIsTheOneThatIsNamed() {
    Value flat = node("Reshape", "flat", x, sizes("shape", 1, -1));
    assertEquals(
        List.of(
            "Reshape 'flat': makes [1, 3072*batch] of [batch, 3, 32, 32] (constant 'shape')",
            "MatMul 'fc': shapes [1, 3072*batch] and [3072, 10] do not multiply (constant 'w')"),
        places(node("MatMul", "fc", flat, weight("w", 3072, 10)), Set.of(Axis.BATCH)));
  }

  @Test
  void aTokenForOnePictureHoldsTheBatch() {
    Value tokens = node("Reshape", "tokens", x, sizes("shape", 0, 3, -1));
    Value one = node("Identity", "one", weight("token", 1, 3, 1));
    Value joined = g.node("Concat", "joined", List.of(one, tokens), Attribute.of("axis", 2));
    assertEquals(
        List.of(
            "Concat 'joined': input 1 is [batch, 3, 1024], input 0 is [1, 3, 1] (constant 'token')"),
        places(joined, Set.of(Axis.BATCH)));
  }

  @Test
  void aClassifierOfAllPixelsHoldsTheSize() {
    Value flat = node("Flatten", "flat", x);
    assertEquals(
        List.of(
            "MatMul 'fc': shapes [1, 3*height*width] and [3072, 10] do not multiply"
                + " (constant 'w')"),
        places(node("MatMul", "fc", flat, weight("w", 3072, 10)), Set.of(Axis.SIZE)));
  }

  @Test
  void aResizeToNumbersHoldsTheSizeOfAPictureButNotOfScores() {
    Value small = g.node("MaxPool", "pool", List.of(x), Attribute.ints("kernel_shape", 2, 2));
    Value up = node("Resize", "up", small, Value.NONE, Value.NONE, sizes("sizes", 1, 3, 32, 32));
    Value flat = node("Flatten", "flat", up);
    Value scores = node("MatMul", "fc", flat, weight("w", 3072, 10));
    assertEquals(List.of(), places(scores, Set.of(Axis.SIZE)));
    assertEquals(
        List.of(
            "Resize 'up': makes [1, 3, 32, 32] of [1, 3, height-1, width-1] (constant 'sizes')"),
        places(up, Set.of(Axis.SIZE)));
  }

  @Test
  void aSkipAroundAStrideIsOfEqualSizesWhereTheStrideDivides() {
    Attribute stride = Attribute.ints("strides", 2, 2);
    Attribute two = Attribute.ints("kernel_shape", 2, 2);
    Value small = g.node("MaxPool", "pool", List.of(x), stride, two);
    Value scales = g.initializer(Tensor.of("s", new long[] {4}, new float[] {1, 1, 2, 2}));
    Value up = node("Resize", "up", small, Value.NONE, scales);
    assertEquals(List.of(), places(node("Add", "sum", x, up), BOTH));
  }

  @Test
  void anAdditionOfWhatNeedNotBeEqualHoldsTheSize() {
    Attribute swap = Attribute.ints("perm", 0, 1, 3, 2);
    Value turned = g.node("Transpose", "turned", List.of(x), swap);
    assertEquals(
        List.of(
            "Add 'sum': shapes [1, 3, height, width] and [1, 3, width, height] do not broadcast:"
                + " width against height"),
        places(node("Add", "sum", x, turned), Set.of(Axis.SIZE)));
  }

  @Test
  void namesThatAFileHasAreKept() {
    g = new GraphBuilder("test", 17);
    x = g.input("x", DataType.FLOAT, Dim.of("N"), Dim.of(32), Dim.of(32), Dim.of(3));
    Value z = g.input("z", DataType.FLOAT, Dim.of("N"), Dim.of(3), Dim.of(64), Dim.of(32));
    g.output(node("Relu", "y", x));
    FixedSizes sizes = FixedSizes.of(g.build(), BOTH);
    assertEquals("float [N, height, width, 3]", sizes.inputs().get("x").toString());
    assertEquals("float [N, 3, height_z, width]", sizes.inputs().get("z").toString());
    assertEquals("float [N, height, width, 3]", sizes.type("y").toString());
    assertEquals(List.of(), sizes.places());
    assertEquals(z.name(), "z");
  }

  @Test
  void aModelThatDoesNotFitItselfIsAnError() {
    var graph = Protos.graph(Protos.node("MatMul", "x x", "y"));
    graph.setInput(0, Protos.value("x", 2, 3));
    Model model = Protos.parse(graph);
    assertThrows(OnnxException.class, () -> FixedSizes.of(model, BOTH));
  }
}
