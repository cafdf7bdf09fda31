package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;
import static io.fovea.train.Operators.unary;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The functions between layers, and dropout. */
final class Activations {
  private Activations() {}

  static void register() {
    add("Relu", 6, op -> inPlace(torch::relu, torch::relu_));
    add("Sigmoid", 6, op -> inPlace(torch::sigmoid, torch::sigmoid_));
    add("Tanh", 6, op -> inPlace(torch::tanh, torch::tanh_));
    unary("Softplus", 1, torch::softplus);
    unary("Softsign", 1, x -> x.div(torch.add(x.abs(), new Scalar(1f))));
    unary("HardSwish", 14, torch::hardswish);
    unary("Mish", 18, torch::mish);
    add("LeakyRelu", 6, op -> leaky(op.f("alpha", 0.01f)));
    add("ThresholdedRelu", 1, op -> scalar(op.f("alpha", 1), Activations::thresholded));
    add("Elu", 6, op -> elu(op.f("alpha", 1), 1));
    add("Selu", 6, op -> elu(op.f("alpha", 1.6732632f), op.f("gamma", 1.0507010f)));
    add("Celu", 12, op -> scalar(op.f("alpha", 1), torch::celu));
    add("Swish", 24, op -> scalar(op.f("alpha", 1), (x, a) -> x.mul(torch.sigmoid(x.mul(a)))));
    add("Gelu", 20, Activations::gelu);
    add("HardSigmoid", 6, Activations::hardSigmoid);
    add("Shrink", 9, Activations::shrink);
    add("Clip", 6, Activations::clip);
    add("PRelu", 7, op -> one(in -> prelu(in.x(), in.get(1))));
    add("Dropout", 7, Activations::dropout);
  }

  /** A function whose slope follows from its result: it overwrites its input where it may. */
  private static Kernel inPlace(UnaryOperator<Tensor> f, Consumer<Tensor> overwriting) {
    return one(
        in -> {
          if (in.free() != 0) {
            return f.apply(in.x());
          }
          overwriting.accept(in.x());
          return in.x(); // libtorch's own answer is a handle that holds nothing
        });
  }

  private interface WithScalar {
    Tensor apply(Tensor x, Scalar s);
  }

  private static Kernel scalar(float value, WithScalar f) {
    return one(in -> f.apply(in.x(), new Scalar(value)));
  }

  private static Tensor thresholded(Tensor x, Scalar alpha) {
    return torch.where(x.gt(alpha), x, torch.zeros_like(x));
  }

  private static Kernel gelu(Operation op) {
    String how = op.s("approximate", "none");
    return one(in -> torch.gelu(in.x(), how));
  }

  /** A negative slope hides an input's sign: its gradient needs the input. */
  private static Kernel leaky(float alpha) {
    UnaryOperator<Tensor> f = x -> torch.leaky_relu(x, new Scalar(alpha));
    return alpha < 0
        ? one(in -> f.apply(in.x()))
        : inPlace(f, x -> torch.leaky_relu_(x, new Scalar(alpha)));
  }

  private static Kernel elu(float alpha, float scale) {
    UnaryOperator<Tensor> f =
        x -> torch.elu(x, new Scalar(alpha), new Scalar(scale), new Scalar(1f));
    return alpha < 0 || scale <= 0
        ? one(in -> f.apply(in.x()))
        : inPlace(f, x -> torch.elu_(x, new Scalar(alpha), new Scalar(scale), new Scalar(1f)));
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

  private static Kernel shrink(Operation op) {
    float bias = op.f("bias", 0);
    float lambd = op.f("lambd", 0.5f);
    return one(
        in -> {
          Tensor x = in.x();
          Tensor low =
              torch.where(x.lt(new Scalar(-lambd)), x.add(new Scalar(bias)), x.mul(zero()));
          return torch.where(x.gt(new Scalar(lambd)), x.sub(new Scalar(bias)), low);
        });
  }

  private static Scalar zero() {
    return new Scalar(0);
  }

  /** Bounds are attributes before opset 11, inputs from then on. */
  private static Kernel clip(Operation op) {
    if (!op.isNumber("min", 1) || !op.isNumber("max", 2)) {
      return one(in -> Torch.signed(in.x(), x -> torch.clamp(x, like(in, 1, x), like(in, 2, x))));
    }
    double min = op.number("min", 1, Double.NEGATIVE_INFINITY);
    double max = op.number("max", 2, Double.POSITIVE_INFINITY);
    if (min == Double.NEGATIVE_INFINITY && max == Double.POSITIVE_INFINITY) {
      return one(Frame::x);
    }
    return one(in -> Torch.signed(in.x(), x -> clamp(x, min, max)));
  }

  private static Tensor clamp(Tensor x, double min, double max) {
    boolean real = x.is_floating_point();
    if (real && Double.isFinite(min) && Double.isFinite(max)) {
      // ReLU6, which PyTorch exports as Clip: the same numbers by a faster function, and its
      // gradient
      return torch.hardtanh(x, new Scalar(min), new Scalar(max));
    }
    return torch.clamp(x, bound(min, real), bound(max, real));
  }

  private static ScalarOptional bound(double value, boolean real) {
    if (Double.isInfinite(value)) {
      return new ScalarOptional();
    }
    return new ScalarOptional(real ? new Scalar(value) : new Scalar((long) value));
  }

  private static TensorOptional like(Frame in, int i, Tensor x) {
    return in.has(i) ? new TensorOptional(in.get(i).to(x.scalar_type())) : new TensorOptional();
  }

  /** The slope broadcasts from the right, as everything does in ONNX; libtorch's is per channel. */
  private static Tensor prelu(Tensor x, Tensor slope) {
    if (slope.numel() == 1) {
      return torch.prelu(x, slope.reshape(1));
    }
    return torch.relu(x).sub(torch.relu(x.neg()).mul(slope));
  }

  /** Active while training: the ratio is an attribute before opset 12, an input from then on. */
  private static Kernel dropout(Operation op) {
    boolean fixed = op.isNumber("ratio", 1);
    double ratio = fixed ? op.number("ratio", 1, 0.5) : Double.NaN;
    boolean saysTraining = op.has(2);
    return in -> {
      Tensor x = in.x();
      double share = fixed ? ratio : in.get(1).item_double();
      boolean active = in.training() || (saysTraining && in.get(2).item_bool());
      if (!active || share == 0) {
        return new Tensor[] {x, torch.ones_like(x).to(ScalarType.Bool)};
      }
      if (op.outputs() == 1) {
        return new Tensor[] {torch.dropout(x, share, true)};
      }
      Tensor kept = torch.rand_like(x).ge(new Scalar(share));
      Tensor y = x.mul(kept).mul(new Scalar(share < 1 ? 1 / (1 - share) : 0));
      return new Tensor[] {y, kept};
    };
  }
}
