package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;
import static io.fovea.train.Operators.binary;
import static io.fovea.train.Operators.unary;

import io.fovea.onnx.DataType;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Activations, arithmetic and the other operators that treat every element alike. */
final class Elementwise {
  private Elementwise() {}

  static void register() {
    unary("Relu", 6, torch::relu);
    unary("Sigmoid", 6, torch::sigmoid);
    unary("Tanh", 6, torch::tanh);
    unary("Softplus", 1, torch::softplus);
    unary("Softsign", 1, x -> x.div(torch.add(x.abs(), new Scalar(1f))));
    unary("HardSwish", 14, torch::hardswish);
    unary("Mish", 18, torch::mish);
    unary("Erf", 9, torch::erf);
    unary("Exp", 6, torch::exp);
    unary("Log", 6, torch::log);
    unary("Sqrt", 6, torch::sqrt);
    unary("Reciprocal", 6, torch::reciprocal);
    unary("Abs", 6, torch::abs);
    unary("Neg", 6, torch::neg);
    unary("Identity", 1, x -> x);
    add("LeakyRelu", 6, op -> scalar(op.f("alpha", 0.01f), torch::leaky_relu));
    add("Elu", 6, op -> elu(op.f("alpha", 1), 1));
    add("Selu", 6, op -> elu(op.f("alpha", 1.6732632f), op.f("gamma", 1.0507010f)));
    add("Celu", 12, op -> scalar(op.f("alpha", 1), torch::celu));
    add("Gelu", 20, op -> one(in -> torch.gelu(in.x(), op.s("approximate", "none"))));
    add("HardSigmoid", 6, Elementwise::hardSigmoid);
    add("Clip", 6, Elementwise::clip);
    add("Softmax", 13, op -> one(in -> torch.softmax(in.x(), op.i("axis", -1))));
    add("LogSoftmax", 13, op -> one(in -> torch.log_softmax(in.x(), op.i("axis", -1))));
    add("Dropout", 7, Elementwise::dropout);
    add("Cast", 6, Elementwise::cast);

    binary("Add", 7, (a, b) -> a.add(b));
    binary("Sub", 7, (a, b) -> a.sub(b));
    binary("Mul", 7, (a, b) -> a.mul(b));
    binary("Div", 7, Elementwise::divide);
    binary("Pow", 7, (a, b) -> a.pow(b));
    binary("MatMul", 1, torch::matmul);
    add("PRelu", 7, op -> one(in -> prelu(in.x(), in.get(1))));
    fold("Sum", 8, (a, b) -> a.add(b));
    fold("Min", 8, torch::minimum);
    fold("Max", 8, torch::maximum);
  }

  private interface WithScalar {
    Tensor apply(Tensor x, Scalar s);
  }

  private static Kernel scalar(float value, WithScalar f) {
    return one(in -> f.apply(in.x(), new Scalar(value)));
  }

  private static Kernel elu(float alpha, float scale) {
    return one(in -> torch.elu(in.x(), new Scalar(alpha), new Scalar(scale), new Scalar(1f)));
  }

  private static Kernel hardSigmoid(Operation op) {
    float alpha = op.f("alpha", 0.2f);
    float beta = op.f("beta", 0.5f);
    return one(
        in ->
            in.x()
                .mul(new Scalar(alpha))
                .add(new Scalar(beta))
                .clamp(new ScalarOptional(new Scalar(0f)), new ScalarOptional(new Scalar(1f))));
  }

  private static Kernel clip(Operation op) {
    double min = op.number("min", 1, Double.NEGATIVE_INFINITY);
    double max = op.number("max", 2, Double.POSITIVE_INFINITY);
    return one(
        in ->
            in.x().clamp(new ScalarOptional(new Scalar(min)), new ScalarOptional(new Scalar(max))));
  }

  /** Active while training: the ratio is an attribute before opset 12, an input from then on. */
  private static Kernel dropout(Operation op) {
    double ratio = op.number("ratio", 1, 0.5);
    if (op.outputs() > 1) {
      throw op.refuse("its mask output is not trained with");
    }
    return one(in -> in.training() ? torch.dropout(in.x(), ratio, true) : in.x());
  }

  private static Kernel cast(Operation op) {
    ScalarType to =
        switch (DataType.of((int) op.i("to", 0))) {
          case FLOAT -> ScalarType.Float;
          case DOUBLE -> ScalarType.Double;
          case INT64 -> ScalarType.Long;
          case INT32 -> ScalarType.Int;
          case BOOL -> ScalarType.Bool;
          default -> throw op.refuse("cast to " + DataType.of((int) op.i("to", 0)));
        };
    return one(in -> in.x().to(to));
  }

  /** Integers divide towards zero in ONNX; libtorch would give a real number. */
  private static Tensor divide(Tensor a, Tensor b) {
    return a.is_floating_point() ? a.div(b) : torch.div(a, b, Torch.TRUNC);
  }

  /** The slope broadcasts from the right, as everything does in ONNX; libtorch's is per channel. */
  private static Tensor prelu(Tensor x, Tensor slope) {
    if (slope.numel() == 1) {
      return torch.prelu(x, slope.reshape(1));
    }
    return torch.relu(x).sub(torch.relu(x.neg()).mul(slope));
  }

  private static void fold(String name, int since, BinaryOperator<Tensor> f) {
    add(
        name,
        since,
        op ->
            one(
                in -> {
                  Tensor sum = in.x();
                  for (int i = 1; i < in.inputs().length; i++) {
                    sum = f.apply(sum, in.get(i));
                  }
                  return sum;
                }));
  }
}
