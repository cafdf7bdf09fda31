package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators in many nodes, as exporters write them, are run as one with the same numbers. */
class FusionTest {
  private static final double TOLERANCE = 1e-5; // epsilon and GELU's constants are floats
  private static final String[] CONSTANTS = {"two", "epsilon", "axes", "root2", "one", "half"};

  /** A convolution to {@code conv}, and the constants. */
  private static Net numbers(int opset) {
    return new Net(opset)
        .weight("kernel", 3, 3, 1, 1)
        .with("Conv", "conv", "x kernel")
        .number("two", 2)
        .number("epsilon", 1e-3)
        .number("root2", (float) Math.sqrt(2))
        .number("one", 1)
        .number("half", 0.5);
  }

  /** Layer normalization in nine nodes from {@code from} to {@code y}. */
  private static Net normalized(Net net, String from, Attribute... axes) {
    String also = axes.length == 0 ? " axes" : "";
    return net.with("ReduceMean", "mean", from + also, axes)
        .with("Sub", "d", from + " mean")
        .with("Pow", "square", "d two")
        .with("ReduceMean", "variance", "square" + also, axes)
        .with("Add", "shifted", "variance epsilon")
        .with("Sqrt", "deviation", "shifted")
        .with("Div", "normal", "d deviation")
        .with("Mul", "scaled", "normal weight")
        .with("Add", "y", "scaled bias")
        .output("y");
  }

  private static void checkFused(Net net, String operator, long count) {
    List<String> operators = net.fused(CONSTANTS);
    assertTrue(operators.contains(operator), operators.toString());
    assertEquals(count, operators.size(), operators.toString());
    net.checkAgainstAllKept(TOLERANCE);
  }

  @Test
  void layerNormalizationOverOneAxis() {
    Net net = numbers(13).weight("weight", 4).weight("bias", 4);
    checkFused(normalized(net, "conv", Attribute.ints("axes", -1)), "LayerNormalization", 2);
    try (TorchGraph graph = new TorchGraph(net.model(false), Selection.all())) {
      assertEquals(List.of("kernel", "weight", "bias"), graph.roles().parameters());
    }
  }

  @Test
  void layerNormalizationOverThreeAxesThatAreAnInput() {
    Net net = numbers(18).weight("weight", 3, 4, 4).weight("bias", 3, 4, 4);
    net.given(Tensor.of("axes", -2, -1, -3));
    checkFused(normalized(net, "conv"), "LayerNormalization", 2);
  }

  @Test
  void layerNormalizationWithAWeightThatBroadcasts() {
    Net net = numbers(13).weight("weight", 4).weight("bias", 3, 1, 1);
    checkFused(normalized(net, "conv", Attribute.ints("axes", -1)), "LayerNormalization", 2);
  }

  @Test
  void layerNormalizationOverChannelsBetweenTransposes() {
    Net net = numbers(13).weight("weight", 3).weight("bias", 3);
    net.with("Transpose", "t", "conv", Attribute.ints("perm", 0, 2, 3, 1));
    normalized(net, "t", Attribute.ints("axes", -1));
    net.with("Transpose", "z", "y", Attribute.ints("perm", 0, 3, 1, 2)).with("Add", "sum", "x z");
    checkFused(net.output("sum"), "LayerNormalization", 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mean", "d", "square", "variance", "shifted", "deviation", "normal", "scaled"})
  void nothingIsFusedWhereAnInnerValueIsWanted(String inner) {
    Net net = numbers(13).weight("weight", 4).weight("bias", 4);
    normalized(net, "conv", Attribute.ints("axes", -1)).with("Neg", "other", inner).output("other");
    assertFalse(net.fused(CONSTANTS).contains("LayerNormalization"));
    net = numbers(13).weight("weight", 4).weight("bias", 4);
    normalized(net, "conv", Attribute.ints("axes", -1)).output(inner);
    assertFalse(net.fused(CONSTANTS).contains("LayerNormalization"));
  }

  @Test
  void nothingIsFusedThatIsNoLayerNormalization() {
    Net net = numbers(13).weight("weight", 4).weight("bias", 4);
    for (Attribute axes : List.of(Attribute.ints("axes", -2), Attribute.ints("axes", 3))) {
      assertEquals(10, normalized(net, "conv", axes).fused(CONSTANTS).size());
      net = numbers(13).weight("weight", 4).weight("bias", 4);
    }
    normalized(net, "conv", Attribute.ints("axes", -1));
    assertEquals(10, net.fused("epsilon").size()); // the exponent is not known
    assertEquals(10, net.fused("two").size());
  }

  @Test
  void geluInBothOrders() {
    Net net = numbers(13).with("Div", "a", "conv root2").with("Erf", "b", "a");
    net.with("Add", "c", "b one").with("Mul", "d", "conv c").with("Mul", "y", "d half").output("y");
    checkFused(net, "Gelu", 2);
    net = numbers(13).with("Div", "a", "conv root2").with("Erf", "b", "a");
    net.with("Add", "c", "b one").with("Mul", "d", "conv half").with("Mul", "y", "d c").output("y");
    checkFused(net, "Gelu", 2);
    assertEquals(6, net.output("d").fused(CONSTANTS).size());
  }
}
