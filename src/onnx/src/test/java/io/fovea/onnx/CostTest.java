package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Multiply-adds and receptive fields against sums done by hand. */
class CostTest {
  private final GraphBuilder g = new GraphBuilder("net", 17);
  private final Value x =
      g.input("x", DataType.FLOAT, Dim.of("batch"), Dim.of(4), Dim.of("h"), Dim.of("w"));

  private Value weight(String name, long... dims) {
    return g.initializer(Tensor.outline(name, dims));
  }

  private Value conv(String name, Value from, int kernel, int stride, int dilation) {
    long pad = dilation * (kernel / 2);
    return g.node(
        "Conv",
        name,
        List.of(from, weight(name + ".w", 4, 4, kernel, kernel)),
        Attribute.ints("strides", stride, stride),
        Attribute.ints("dilations", dilation, dilation),
        Attribute.ints("pads", pad, pad, pad, pad));
  }

  private Model built(Value output) {
    g.output(output);
    return g.build();
  }

  private static ReceptiveField square(long size) {
    return new ReceptiveField(size, size);
  }

  @Test
  void countsEachOutputTimesItsWeights() {
    Value grouped =
        g.node(
            "Conv",
            "grouped",
            List.of(x, weight("w", 8, 2, 3, 5)),
            Attribute.of("group", 2L),
            Attribute.ints("strides", 2, 2));
    Cost cost = Cost.of(built(grouped), 9, 11); // 4x4 places
    assertEquals(8L * 4 * 4 * 2 * 3 * 5, cost.multiplyAdds());
  }

  @Test
  void countsTransposedConvolutionsByTheirInputs() {
    Value up =
        g.node(
            "ConvTranspose",
            "up",
            List.of(x, weight("w", 4, 6, 2, 2)),
            Attribute.ints("strides", 2, 2));
    assertEquals(5L * 7 * 4 * 6 * 4, Cost.of(built(up), 5, 7).multiplyAdds());
  }

  @Test
  void countsProductsAndNothingElse() {
    Value pooled = g.node("GlobalAveragePool", "pool", List.of(x));
    Value flat = g.node("Flatten", "flat", List.of(pooled));
    Value gemm =
        g.node("Gemm", "gemm", List.of(flat, weight("a", 10, 4)), Attribute.of("transB", 1L));
    Value product = g.node("MatMul", "product", List.of(gemm, weight("b", 10, 3)));
    Value sum =
        g.node(
            "Einsum",
            "sum",
            List.of(product, weight("c", 3, 5)),
            Attribute.of("equation", "ij,jk->ik"));
    Cost cost = Cost.of(built(g.node("Relu", "relu", List.of(sum))), 8, 8);
    assertEquals(40 + 30 + 15, cost.multiplyAdds());
    assertEquals(List.of(0L, 0L, 40L, 30L, 15L, 0L), new ArrayList<>(cost.nodes().values()));
  }

  @Test
  void saysNothingOfSizesThatAreNotKnown() {
    Model model = built(conv("c", x, 3, 1, 1));
    assertEquals(-1, Cost.of(model, Map.of()).multiplyAdds());
    assertEquals(16 * 9 * 12, Cost.of(model, 3, 4).multiplyAdds());
  }

  @Test
  void growsByKernelsStridesAndGaps() {
    Value y = conv("a", x, 7, 2, 1); // 7
    y = conv("b", y, 3, 1, 1); // + 2 * 2
    y = conv("c", y, 3, 2, 2); // + 4 * 2
    y = conv("d", y, 3, 1, 1); // + 2 * 4
    assertEquals(square(27), ReceptiveField.of(built(y), 64, 64));
  }

  @Test
  void takesTheWidestOfBranchesAndStopsAtAGlobalPool() {
    Value wide = conv("wide", conv("a", x, 3, 1, 1), 5, 1, 1);
    Value sum = g.node("Add", "sum", List.of(conv("narrow", x, 1, 1, 1), wide));
    Value gate = g.node("GlobalAveragePool", "gate", List.of(sum));
    Value gated = g.node("Mul", "gated", List.of(sum, gate));
    Value pooled = g.node("GlobalAveragePool", "pool", List.of(gated));
    assertEquals(
        square(7), ReceptiveField.of(built(g.node("Flatten", "f", List.of(pooled))), 32, 32));
  }

  @Test
  void seesAsMuchAsTheLuckiestPlaceWhereSizesGrowAgain() {
    Value down =
        g.node(
            "MaxPool",
            "pool",
            List.of(x),
            Attribute.ints("kernel_shape", 2, 2),
            Attribute.ints("strides", 2, 2));
    Value up =
        g.node(
            "ConvTranspose",
            "up",
            List.of(down, weight("w", 4, 4, 2, 2)),
            Attribute.ints("strides", 2, 2));
    // 3 places of which 2 share a source: 2 sources of 2 pixels
    assertEquals(square(4), ReceptiveField.of(built(conv("c", up, 3, 1, 1)), 16, 16));
  }

  @Test
  void followsPadsSlicesTransposesAndDepthToSpace() {
    Value pads = g.initializer(Tensor.of("pads", 0, 0, 2, 2, 0, 0, 2, 2));
    Value y = g.node("Pad", "pad", List.of(x, pads));
    y = conv("a", y, 3, 1, 1);
    y = g.node("Transpose", "t", List.of(y), Attribute.ints("perm", 0, 2, 3, 1));
    y = g.node("Transpose", "back", List.of(y), Attribute.ints("perm", 0, 3, 1, 2));
    y =
        g.node(
            "Slice",
            "slice",
            List.of(
                y,
                g.initializer(Tensor.of("starts", 1, 1)),
                g.initializer(Tensor.of("ends", Long.MAX_VALUE, Long.MAX_VALUE)),
                g.initializer(Tensor.of("axes", 2, 3)),
                g.initializer(Tensor.of("steps", 2, 2))));
    y = conv("b", y, 3, 1, 1);
    Value out = g.node("DepthToSpace", "d", List.of(y), Attribute.of("blocksize", 2L));
    assertEquals(square(7), ReceptiveField.of(built(out), 32, 32));
  }

  @Test
  void saysNothingWhereANodeMovesThePicture() {
    Value grid = g.input("grid", DataType.FLOAT, Dim.of("batch"), Dim.of(8), Dim.of(8), Dim.of(2));
    Value y = g.node("GridSample", "warp", List.of(conv("a", x, 3, 1, 1), grid));
    assertEquals(square(3), ReceptiveField.of(built(y), 32, 32)); // the map before
    GraphBuilder other = new GraphBuilder("vector", 17);
    other.output(
        other.node("Relu", "r", List.of(other.input("v", DataType.FLOAT, Dim.of(1), Dim.of(4)))));
    assertThrows(OnnxException.class, () -> ReceptiveField.of(other.build(), 8, 8));
    GraphBuilder none = new GraphBuilder("none", 17);
    Value p = none.input("p", DataType.FLOAT, Dim.of(1), Dim.of(4), Dim.of("h"), Dim.of("w"));
    none.output(none.node("GlobalAveragePool", "g", List.of(p)));
    assertNull(ReceptiveField.of(none.build(), 8, 8));
  }
}
