package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The commonest operators with random attributes, shapes and opsets against ONNX Runtime, whose
 * answer counts. A failure names its seed. Pools, Resize and sampling have tests of their own.
 */
class DifferentialTest {
  private static final int COUNT = 40;

  private static long[] shape(Random r, int least, int most) {
    return r.longs(least + r.nextInt(most - least + 1), 1, 6).toArray();
  }

  private static Tensor real(Random r, long... shape) {
    return SingleNode.uniform(r, DataType.FLOAT, shape);
  }

  private static Tensor longs(long... values) {
    return Tensor.of("", values);
  }

  private static SingleNode node(Random r, String operator, int... opsets) {
    return new SingleNode(operator, opsets[r.nextInt(opsets.length)]);
  }

  /** A shape that broadcasts with another: some sizes are 1, some first ones are missing. */
  private static long[] partner(Random r, long[] shape) {
    int from = r.nextInt(shape.length + 1);
    return LongStream.range(from, shape.length)
        .map(i -> r.nextInt(3) == 0 ? 1 : shape[(int) i])
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Relu",
        "LeakyRelu",
        "Elu",
        "Selu",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "HardSigmoid",
        "HardSwish",
        "Erf",
        "Exp",
        "Abs",
        "Neg",
        "Sqrt",
        "Reciprocal",
        "Floor",
        "Ceil",
        "Round",
        "Sign",
        "Sin",
        "Cos",
        "Identity"
      })
  void functions(String operator) {
    SingleNode.compare(
        8, r -> node(r, operator, 14, 15, 17, 20, 22).input(real(r, shape(r, 0, 4))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean", "PRelu"})
  void arithmetic(String operator) {
    SingleNode.compare(
        COUNT,
        r -> {
          long[] shape = shape(r, 1, 4);
          return node(r, operator, 9, 13, 14, 17, 21)
              .input(real(r, shape))
              .input(real(r, partner(r, shape)));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceProd",
        "ReduceLogSumExp",
        "ReduceSum"
      })
  void reductions(String operator) {
    SingleNode.compare(
        COUNT,
        r -> {
          long[] shape = shape(r, 1, 4);
          int rank = shape.length;
          SingleNode node = node(r, operator, 11, 13, 17, 18, 20);
          node.input(real(r, shape)).with("keepdims", r.nextInt(2));
          long[] axes =
              LongStream.range(0, rank)
                  .filter(a -> r.nextBoolean())
                  .map(a -> r.nextBoolean() ? a : a - rank)
                  .toArray();
          if (axes.length == 0) {
            return node;
          }
          boolean input = node.opset() >= (operator.equals("ReduceSum") ? 13 : 18);
          return input ? node.input(longs(axes)) : node.ints("axes", axes);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin", "Flatten"})
  void alongAnAxis(String operator) {
    SingleNode.compare(
        COUNT,
        r -> {
          long[] shape = shape(r, 1, 4);
          int axis = r.nextInt(2 * shape.length) - shape.length;
          return node(r, operator, 11, 12, 13, 17, 21).input(real(r, shape)).with("axis", axis);
        });
  }

  @Test
  void products() {
    SingleNode.compare(
        COUNT,
        r -> {
          long k = 1 + r.nextInt(5);
          long[] batch = shape(r, 0, 2);
          long[] a = append(batch, 1 + r.nextInt(4), k);
          long[] b = append(partner(r, batch), k, 1 + r.nextInt(4));
          return node(r, "MatMul", 9, 13).input(real(r, a)).input(real(r, b));
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long m = 1 + r.nextInt(4);
          long k = 1 + r.nextInt(4);
          long n = 1 + r.nextInt(4);
          boolean transA = r.nextBoolean();
          boolean transB = r.nextBoolean();
          return node(r, "Gemm", 11, 13)
              .input(transA ? real(r, k, m) : real(r, m, k))
              .input(transB ? real(r, n, k) : real(r, k, n))
              .input(r.nextInt(3) == 0 ? null : real(r, partner(r, new long[] {m, n})))
              .with("transA", transA ? 1 : 0)
              .with("transB", transB ? 1 : 0)
              .with("alpha", r.nextFloat())
              .with("beta", r.nextFloat());
        });
  }

  private static long[] append(long[] shape, long... more) {
    return LongStream.concat(LongStream.of(shape), LongStream.of(more)).toArray();
  }

  @Test
  void convolutions() {
    SingleNode.compare(
        2 * COUNT,
        r -> {
          int axes = 1 + r.nextInt(2);
          long group = 1 + r.nextInt(2);
          long channels = group * (1 + r.nextInt(3));
          long[] x = append(new long[] {1 + r.nextInt(2), channels}, r.longs(axes, 3, 9).toArray());
          long[] kernel = r.longs(axes, 1, 4).toArray();
          long filters = group * (1 + r.nextInt(3));
          SingleNode node = node(r, "Conv", 11, 22).input(real(r, x));
          node.input(real(r, append(new long[] {filters, channels / group}, kernel)));
          node.input(r.nextBoolean() ? real(r, filters) : null);
          node.with("group", group).ints("strides", r.longs(axes, 1, 3).toArray());
          if (r.nextInt(3) == 0) {
            String[] how = {"SAME_UPPER", "SAME_LOWER", "VALID"};
            return node.with("auto_pad", how[r.nextInt(3)]);
          }
          node.ints("dilations", r.longs(axes, 1, 3).toArray());
          return node.ints("pads", r.longs(2L * axes, 0, 3).toArray());
        });
  }

  @Test
  void normalizations() {
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = append(new long[] {2, 4}, r.longs(1 + r.nextInt(2), 2, 5).toArray());
          SingleNode node = node(r, "BatchNormalization", 9, 14, 15).input(real(r, x));
          for (int i = 0; i < 4; i++) {
            double[] values = r.doubles(4, 0.5, 2).toArray();
            node.input(SingleNode.tensor("x", DataType.FLOAT, new long[] {4}, values));
          }
          return node.with("epsilon", 1e-3f);
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 2, 4);
          int axis = 1 + r.nextInt(x.length - 1);
          long[] inner = LongStream.range(axis, x.length).map(i -> x[(int) i]).toArray();
          return node(r, "LayerNormalization", 17)
              .input(real(r, x))
              .input(real(r, inner))
              .input(real(r, inner))
              .with("axis", r.nextBoolean() ? axis : axis - x.length);
        });
    SingleNode.compare(
        COUNT,
        r ->
            node(r, "InstanceNormalization", 11, 22)
                .input(real(r, 2, 3, 2 + r.nextInt(3), 2 + r.nextInt(3)))
                .input(real(r, 3))
                .input(real(r, 3)));
  }

  @Test
  void moves() {
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 1, 4);
          int rank = x.length;
          int count = 1 + r.nextInt(rank);
          long[] steps = LongStream.generate(() -> r.nextInt(5) - 2).limit(count).toArray();
          return node(r, "Slice", 10, 11, 13)
              .input(real(r, x))
              .input(longs(r.longs(count, -7, 8).toArray()))
              .input(longs(r.longs(count, -7, 8).toArray()))
              .input(longs(LongStream.range(0, count).toArray()))
              .input(longs(LongStream.of(steps).map(s -> s == 0 ? 1 : s).toArray()));
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 1, 4);
          String[] modes = {"constant", "reflect", "edge"};
          String mode = modes[r.nextInt(3)];
          long most = mode.equals("reflect") ? LongStream.of(x).min().orElse(1) : 4;
          long[] pads = r.longs(2L * x.length, 0, most).toArray();
          return node(r, "Pad", 11, 13, 18).input(real(r, x)).input(longs(pads)).with("mode", mode);
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 1, 4);
          int axis = r.nextInt(x.length);
          long[] at = r.longs(1 + r.nextInt(4), -x[axis], x[axis]).toArray();
          return node(r, "Gather", 11, 13).input(real(r, x)).input(longs(at)).with("axis", axis);
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 2, 4);
          return node(r, "Expand", 8, 13).input(real(r, partner(r, x))).input(longs(x));
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 1, 4);
          return node(r, "Tile", 9, 13)
              .input(real(r, x))
              .input(longs(r.longs(x.length, 1, 4).toArray()));
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 2, 4);
          int axis = r.nextInt(x.length);
          long[] y = x.clone();
          y[axis] = 1 + r.nextInt(4);
          return node(r, "Concat", 11, 13)
              .input(real(r, x))
              .input(real(r, y))
              .with("axis", r.nextBoolean() ? axis : axis - x.length);
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 2, 3);
          int axis = r.nextInt(x.length);
          return node(r, "CumSum", 11, 14)
              .input(real(r, x))
              .input(longs(axis))
              .with("exclusive", r.nextInt(2))
              .with("reverse", r.nextInt(2));
        });
    SingleNode.compare(
        COUNT,
        r -> {
          long[] x = shape(r, 1, 3);
          int axis = r.nextInt(x.length);
          return node(r, "TopK", 11, 24)
              .input(real(r, x))
              .input(longs(1 + r.nextInt((int) x[axis])))
              .with("axis", axis)
              .with("largest", r.nextInt(2))
              .outputs(2);
        });
  }
}
