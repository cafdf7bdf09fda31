package io.fovea.train;

import static io.fovea.onnx.Attribute.ints;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operator's gradient against finite differences, in double precision. */
class GradientTest {
  private static final double STEP = 1e-6;
  private static final double BOUND = 1e-5;

  /**
   * A case.
   *
   * @param shapes of the real inputs, all of which are checked
   * @param fixed what follows them: axes, sizes, indices
   * @param low least value of the inputs, which lie within 1.5 above it
   */
  record Case(
      String operator, int opset, long[][] shapes, List<Tensor> fixed, double low, Attribute... a) {
    @Override
    public String toString() {
      return operator + "-" + opset + Arrays.toString(a);
    }
  }

  private static Case of(String operator, int opset, double low, Attribute... a) {
    return new Case(operator, opset, new long[][] {{2, 3, 4}}, List.of(), low, a);
  }

  private static Case of(
      String operator, int opset, long[][] shapes, List<Tensor> fixed, Attribute... a) {
    return new Case(operator, opset, shapes, fixed, -0.8, a);
  }

  private static Tensor longs(long... values) {
    return Tensor.of("", values);
  }

  static Stream<Case> cases() {
    long[][] two = {{2, 3, 4}, {3, 1}};
    long[][] one = {{2, 3, 4}};
    long[][] picture = {{2, 4, 5, 4}};
    List<Case> all = new ArrayList<>();
    for (String name :
        ("Relu LeakyRelu Elu Selu Sigmoid Tanh Softplus Softsign HardSwish Erf Exp Sin Cos Abs Neg"
                + " HardSigmoid Identity Celu Asinh Atan")
            .split(" ")) {
      all.add(of(name, 14, -0.83));
    }
    all.add(of("ThresholdedRelu", 10, -0.83, Attribute.of("alpha", 0.3f)));
    all.add(of("Mish", 18, -0.83));
    all.add(of("Gelu", 20, -0.83));
    all.add(of("Gelu", 20, -0.83, Attribute.of("approximate", "tanh")));
    all.add(of("Swish", 24, -0.83, Attribute.of("alpha", 1.3f)));
    for (String name : "Log Sqrt Reciprocal".split(" ")) {
      all.add(of(name, 13, 0.5));
    }
    for (String name : "Floor Ceil Round Sign".split(" ")) {
      all.add(of(name, 13, 0.11));
    }
    for (String name : "Add Sub Mul Min Max Sum Mean PRelu".split(" ")) {
      all.add(of(name, 16, two, List.of()));
    }
    for (String name : "Div Pow".split(" ")) {
      all.add(new Case(name, 14, two, List.of(), 0.5));
    }
    all.add(of("Clip", 13, one, List.of(scalar(-0.3f), scalar(0.4f))));
    all.add(of("MatMul", 13, new long[][] {{2, 3, 4}, {4, 5}}, List.of()));
    all.add(
        of("Gemm", 13, new long[][] {{3, 4}, {5, 4}, {5}}, List.of(), Attribute.of("transB", 1)));
    all.add(
        of(
            "Gemm",
            13,
            new long[][] {{4, 3}, {4, 5}, {3, 1}},
            List.of(),
            Attribute.of("transA", 1),
            Attribute.of("alpha", 0.5f),
            Attribute.of("beta", 2f)));
    all.add(
        of(
            "Einsum",
            12,
            new long[][] {{2, 3, 4}, {2, 4, 5}},
            List.of(),
            Attribute.of("equation", "bij, bjk -> bik")));
    all.add(
        of(
            "Conv",
            11,
            new long[][] {{2, 4, 5, 5}, {6, 2, 3, 3}, {6}},
            List.of(),
            Attribute.of("group", 2),
            ints("pads", 1, 0, 2, 1),
            ints("strides", 2, 1)));
    all.add(
        of(
            "Conv",
            11,
            new long[][] {{2, 3, 6}, {4, 3, 3}},
            List.of(),
            Attribute.of("auto_pad", "SAME_LOWER")));
    all.add(
        of(
            "ConvTranspose",
            11,
            new long[][] {{2, 4, 3, 3}, {4, 2, 3, 3}, {4}},
            List.of(),
            Attribute.of("group", 2),
            ints("strides", 2, 2),
            ints("pads", 1, 0, 0, 1)));
    all.add(of("InstanceNormalization", 6, new long[][] {{2, 3, 4, 4}, {3}, {3}}, List.of()));
    all.add(of("LayerNormalization", 17, new long[][] {{2, 3, 4}, {4}, {4}}, List.of()));
    all.add(
        of(
            "GroupNormalization",
            21,
            new long[][] {{2, 4, 3, 3}, {4}, {4}},
            List.of(),
            Attribute.of("num_groups", 2)));
    all.add(
        of(
            "GroupNormalization",
            18,
            new long[][] {{2, 4, 3, 3}, {2}, {2}},
            List.of(),
            Attribute.of("num_groups", 2)));
    all.add(of("RMSNormalization", 23, new long[][] {{2, 3, 4}, {4}}, List.of()));
    for (String name : "Softmax LogSoftmax".split(" ")) {
      all.add(of(name, 13, one, List.of(), Attribute.of("axis", 1)));
      all.add(of(name, 11, one, List.of(), Attribute.of("axis", 1)));
    }
    for (String name :
        "ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare".split(" ")) {
      all.add(of(name, 13, one, List.of(), ints("axes", 1, -1)));
      all.add(of(name, 18, one, List.of(longs(1)), Attribute.of("keepdims", 0)));
    }
    for (String name : "ReduceProd ReduceLogSum ReduceLogSumExp".split(" ")) {
      all.add(new Case(name, 18, one, List.of(longs(0, 2)), 0.5));
    }
    all.add(of("ReduceSum", 13, one, List.of(longs(0))));
    all.add(of("LpNormalization", 1, one, List.of(), Attribute.of("axis", 1)));
    all.add(
        of(
            "CumSum",
            14,
            one,
            List.of(longs(1)),
            Attribute.of("exclusive", 1),
            Attribute.of("reverse", 1)));
    all.add(of("Concat", 13, new long[][] {{2, 3}, {2, 4}}, List.of(), Attribute.of("axis", 1)));
    all.add(of("Split", 13, one, List.of(longs(1, 2)), Attribute.of("axis", 1)));
    all.add(
        of(
            "Slice",
            13,
            one,
            List.of(longs(-1, 3), longs(0, Long.MIN_VALUE), longs(1, 2), longs(-1, -2))));
    for (String mode : "constant reflect edge wrap".split(" ")) {
      all.add(of("Pad", 19, one, List.of(longs(0, 1, 2, 1, 0, 1)), Attribute.of("mode", mode)));
    }
    all.add(of("Gather", 13, one, List.of(longs(2, 0, -1)), Attribute.of("axis", 1)));
    all.add(
        of("GatherElements", 13, new long[][] {{4, 3}}, List.of(matrix(2, 3, 3, 0, 1, 2, -1, 0))));
    all.add(of("GatherND", 13, new long[][] {{4, 3}}, List.of(matrix(2, 2, 3, 0, 1, -1))));
    all.add(of("Transpose", 13, one, List.of(), ints("perm", 2, 0, 1)));
    all.add(of("Reshape", 14, one, List.of(longs(0, -1))));
    all.add(of("Flatten", 13, one, List.of()));
    all.add(of("Unsqueeze", 13, one, List.of(longs(1, -1))));
    all.add(of("Squeeze", 13, new long[][] {{2, 1, 3}}, List.of(longs(1))));
    all.add(of("Expand", 13, new long[][] {{3, 1}}, List.of(longs(2, 1, 4))));
    all.add(of("Tile", 13, one, List.of(longs(1, 2, 2))));
    all.add(of("TopK", 11, one, List.of(longs(2))));
    all.add(of("Trilu", 14, one, List.of()));
    all.add(
        of("MaxPool", 12, picture, List.of(), ints("kernel_shape", 3, 2), ints("strides", 2, 1)));
    all.add(
        of(
            "AveragePool",
            11,
            picture,
            List.of(),
            ints("kernel_shape", 2, 3),
            ints("pads", 1, 0, 0, 2)));
    all.add(of("GlobalAveragePool", 1, picture, List.of()));
    all.add(of("GlobalMaxPool", 1, picture, List.of()));
    all.add(of("LRN", 13, picture, List.of(), Attribute.of("size", 3)));
    all.add(
        of(
            "DepthToSpace",
            13,
            picture,
            List.of(),
            Attribute.of("blocksize", 2),
            Attribute.of("mode", "CRD")));
    all.add(
        of(
            "SpaceToDepth",
            13,
            new long[][] {{2, 2, 4, 4}},
            List.of(),
            Attribute.of("blocksize", 2)));
    all.add(of("GridSample", 16, new long[][] {{1, 2, 4, 4}, {1, 3, 3, 2}}, List.of()));
    return all.stream();
  }

  private static Tensor scalar(double value) {
    return Nodes.doubles(new double[] {value});
  }

  private static Tensor matrix(int rows, long... values) {
    Tensor flat = longs(values);
    return Tensor.of("", flat.type(), new long[] {rows, values.length / rows}, flat.bytes());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsFiniteDifferences(Case c) {
    Random random = new Random(11);
    List<double[]> values = new ArrayList<>();
    for (long[] shape : c.shapes) {
      int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      values.add(random.doubles(size, c.low, c.low + 1.5).toArray());
    }
    List<Tensor> inputs = new ArrayList<>(tensors(c, values));
    inputs.addAll(c.fixed);
    int outputs = c.operator.equals("TopK") || c.operator.equals("Split") ? 2 : 1;
    Model model = Nodes.model(c.operator, c.opset, inputs, c.fixed.size(), outputs, c.a);
    try (TorchGraph graph = new TorchGraph(model, Selection.all())) {
      List<double[]> gradients = new ArrayList<>();
      try (PointerScope scope = new PointerScope()) {
        var in = torchInputs(scope, c, values);
        for (var x : in) {
          x.set_requires_grad(true);
        }
        sum(graph, in).backward();
        for (int k = 0; k < in.length; k++) {
          var g = in[k].mutable_grad();
          gradients.add(
              g.defined() ? Torch.copy("", g).doubles() : new double[values.get(k).length]);
        }
      }
      for (int k = 0; k < values.size(); k++) {
        for (int i = 0; i < values.get(k).length; i++) {
          double up = at(graph, c, values, k, i, STEP);
          double down = at(graph, c, values, k, i, -STEP);
          assertEquals(
              (up - down) / (2 * STEP), gradients.get(k)[i], BOUND, c + " input " + k + ", " + i);
        }
      }
      assertTrue(gradients.stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
    }
  }

  private static List<Tensor> tensors(Case c, List<double[]> values) {
    List<Tensor> all = new ArrayList<>();
    for (int k = 0; k < values.size(); k++) {
      all.add(Nodes.doubles(values.get(k), c.shapes[k]));
    }
    return all;
  }

  private static org.bytedeco.pytorch.Tensor[] torchInputs(
      PointerScope scope, Case c, List<double[]> values) {
    var all =
        tensors(c, values).stream().map(Torch::copy).toArray(org.bytedeco.pytorch.Tensor[]::new);
    for (var x : all) {
      scope.attach(x);
    }
    return all;
  }

  private static double at(
      TorchGraph graph, Case c, List<double[]> values, int k, int i, double by) {
    double before = values.get(k)[i];
    values.get(k)[i] = before + by;
    try (PointerScope scope = new PointerScope()) {
      return sum(graph, torchInputs(scope, c, values)).item_double();
    } finally {
      values.get(k)[i] = before;
    }
  }

  /** Outputs weighed unevenly, so that no two elements are alike. */
  private static org.bytedeco.pytorch.Tensor sum(
      TorchGraph graph, org.bytedeco.pytorch.Tensor[] in) {
    org.bytedeco.pytorch.Tensor sum = torch.zeros(1).to(torch.ScalarType.Double).sum();
    for (var y : graph.run(in, false)) {
      if (y.is_floating_point()) {
        var flat = y.reshape(-1);
        var weight =
            torch.arange(new Scalar(flat.numel())).add(new Scalar(1)).mul(new Scalar(0.7)).sin();
        sum = sum.add(flat.mul(weight).sum());
      }
    }
    return sum;
  }
}
