package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operator's gradient against finite differences, in double precision. */
class GradientTest {
  private static final long[] CUBE = {2, 3, 4};
  private static final long[] PICTURE = {2, 4, 5, 4};

  /** A node with real inputs of these shapes, whose values lie in (low - 1, low + 1). */
  private static SingleNode node(String operator, int opset, double low, long[]... shapes) {
    Random random = new Random(operator.hashCode());
    SingleNode node = new SingleNode(operator, opset);
    for (long[] shape : shapes) {
      double[] values = SingleNode.uniform(random, DataType.DOUBLE, shape).doubles();
      for (int i = 0; i < values.length; i++) {
        values[i] += low;
      }
      node.input(SingleNode.tensor("x", DataType.DOUBLE, shape, values));
    }
    return node;
  }

  private static SingleNode node(String operator, int opset, long[]... shapes) {
    return node(operator, opset, 0, shapes);
  }

  private static long[] s(long... sizes) {
    return sizes;
  }

  private static Tensor longs(long... values) {
    return Tensor.of("", values);
  }

  private static Tensor matrix(int rows, long... values) {
    Tensor flat = longs(values);
    return Tensor.of("", flat.type(), s(rows, values.length / rows), flat.bytes());
  }

  static Stream<SingleNode> functions() {
    List<SingleNode> all = new ArrayList<>();
    for (String name :
        ("Relu LeakyRelu Elu Selu Sigmoid Tanh Softplus Softsign HardSwish Erf Exp Sin Cos Tan Abs"
                + " Neg HardSigmoid Identity Celu Asinh Atan Sinh Cosh Asin Acos Atanh Floor Ceil"
                + " Round Sign")
            .split(" ")) {
      all.add(node(name, 14, CUBE));
    }
    for (String name : "Log Sqrt Reciprocal Acosh".split(" ")) {
      all.add(node(name, 13, 2.3, CUBE));
    }
    all.add(node("ThresholdedRelu", 10, CUBE).with("alpha", 0.3f));
    all.add(node("Shrink", 9, CUBE).with("lambd", 0.3f).with("bias", 0.1f));
    all.add(node("Mish", 18, CUBE));
    all.add(node("Gelu", 20, CUBE));
    all.add(node("Gelu", 20, CUBE).with("approximate", "tanh"));
    all.add(node("Swish", 24, CUBE).with("alpha", 1.3f));
    for (String name : "Add Sub Mul Min Max Sum Mean PRelu".split(" ")) {
      all.add(node(name, 16, CUBE, s(3, 1)));
    }
    for (String name : "Div Pow".split(" ")) {
      all.add(node(name, 14, 2, CUBE, s(3, 1)));
    }
    all.add(
        node("Clip", 11, CUBE)
            .input(SingleNode.tensor("constant", DataType.DOUBLE, s(), -0.3))
            .input(SingleNode.tensor("constant", DataType.DOUBLE, s(), 0.4)));
    all.add(node("Clip", 6, CUBE).with("min", -0.3f));
    return all.stream();
  }

  static Stream<SingleNode> layers() {
    return Stream.of(
        node("MatMul", 13, CUBE, s(4, 5)),
        node("Gemm", 13, s(3, 4), s(5, 4), s(5)).with("transB", 1),
        node("Gemm", 13, s(4, 3), s(4, 5), s(3, 1))
            .with("transA", 1)
            .with("alpha", 0.5f)
            .with("beta", 2f),
        node("Einsum", 12, CUBE, s(2, 4, 5)).with("equation", "bij, bjk -> bik"),
        node("Conv", 11, s(2, 4, 5, 5), s(6, 2, 3, 3), s(6))
            .with("group", 2)
            .ints("pads", 1, 0, 2, 1)
            .ints("strides", 2, 1),
        node("Conv", 11, s(2, 3, 6), s(4, 3, 3)).with("auto_pad", "SAME_LOWER"),
        node("ConvTranspose", 11, s(2, 4, 3, 3), s(4, 2, 3, 3), s(4))
            .with("group", 2)
            .ints("strides", 2, 2)
            .ints("pads", 1, 0, 0, 1),
        node("InstanceNormalization", 6, s(2, 3, 4, 4), s(3), s(3)),
        node("LayerNormalization", 17, CUBE, s(4), s(4)),
        node("GroupNormalization", 21, s(2, 4, 3, 3), s(4), s(4)).with("num_groups", 2),
        node("GroupNormalization", 18, s(2, 4, 3, 3), s(2), s(2)).with("num_groups", 2),
        node("RMSNormalization", 23, CUBE, s(4)),
        node("MeanVarianceNormalization", 13, PICTURE),
        node("LpNormalization", 1, CUBE).with("axis", 1),
        node("BatchNormalization", 14, PICTURE, s(4), s(4))
            .input(SingleNode.tensor("constant", DataType.DOUBLE, s(4), 0, 1, -1, 0.5))
            .input(SingleNode.tensor("constant", DataType.DOUBLE, s(4), 1, 2, 0.5, 3)),
        node("Softmax", 13, CUBE).with("axis", 1),
        node("Softmax", 11, CUBE).with("axis", 1),
        node("LogSoftmax", 13, CUBE).with("axis", 1),
        node("LogSoftmax", 11, CUBE).with("axis", 1));
  }

  static Stream<SingleNode> reductions() {
    List<SingleNode> all = new ArrayList<>();
    for (String name : "Mean Max Min L1 L2 SumSquare".split(" ")) {
      all.add(node("Reduce" + name, 13, CUBE).ints("axes", 1, -1));
      all.add(node("Reduce" + name, 18, CUBE).input(longs(1)).with("keepdims", 0));
    }
    for (String name : "Prod LogSum LogSumExp".split(" ")) {
      all.add(node("Reduce" + name, 18, 2, CUBE).input(longs(0, 2)));
    }
    all.add(node("ReduceSum", 13, CUBE).input(longs(0)));
    all.add(node("CumSum", 14, CUBE).input(longs(1)).with("exclusive", 1).with("reverse", 1));
    all.add(node("TopK", 11, CUBE).input(longs(2)).outputs(2));
    return all.stream();
  }

  static Stream<SingleNode> moves() {
    List<SingleNode> all = new ArrayList<>();
    for (String mode : "constant reflect edge wrap".split(" ")) {
      all.add(node("Pad", 19, CUBE).input(longs(0, 1, 2, 1, 0, 1)).with("mode", mode));
    }
    all.add(node("Concat", 13, s(2, 3), s(2, 4)).with("axis", 1));
    all.add(node("Split", 13, CUBE).input(longs(1, 2)).with("axis", 1).outputs(2));
    all.add(
        node("Slice", 13, CUBE)
            .input(longs(-1, 3))
            .input(longs(0, Long.MIN_VALUE))
            .input(longs(1, 2))
            .input(longs(-1, -2)));
    all.add(node("Gather", 13, CUBE).input(longs(2, 0, -1)).with("axis", 1));
    all.add(node("GatherElements", 13, s(4, 3)).input(matrix(2, 3, 0, 1, 2, -1, 0)));
    all.add(node("GatherND", 13, s(4, 3)).input(matrix(2, 3, 0, 1, -1)));
    SingleNode scatter = node("ScatterND", 18, s(4, 3)).input(matrix(2, 3, 0, 1, -1));
    all.add(scatter.input(SingleNode.tensor("u", DataType.DOUBLE, s(2), 0.3, -0.7)));
    all.add(node("Transpose", 13, CUBE).ints("perm", 2, 0, 1));
    all.add(node("Reshape", 14, CUBE).input(longs(0, -1)));
    all.add(node("Flatten", 13, CUBE));
    all.add(node("Unsqueeze", 13, CUBE).input(longs(1, -1)));
    all.add(node("Squeeze", 13, s(2, 1, 3)).input(longs(1)));
    all.add(node("Expand", 13, s(3, 1)).input(longs(2, 1, 4)));
    all.add(node("Tile", 13, CUBE).input(longs(1, 2, 2)));
    all.add(node("Trilu", 14, CUBE));
    all.add(node("Cast", 13, CUBE).with("to", DataType.DOUBLE.code()));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource({"functions", "layers", "reductions", "moves"})
  void equalsFiniteDifferences(SingleNode node) {
    node.checkGradient();
  }
}
