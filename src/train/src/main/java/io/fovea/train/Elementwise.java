package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;
import static io.fovea.train.Operators.unary;

import io.fovea.onnx.DataType;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Arithmetic, comparisons and logic, which treat every element alike, and types. */
final class Elementwise {
  private Elementwise() {}

  static void register() {
    real("Exp", torch::exp);
    real("Log", torch::log);
    real("Sqrt", torch::sqrt);
    real("Reciprocal", torch::reciprocal);
    real("Erf", torch::erf);
    real("Sin", torch::sin);
    real("Cos", torch::cos);
    real("Tan", torch::tan);
    real("Asin", torch::asin);
    real("Acos", torch::acos);
    real("Atan", torch::atan);
    real("Sinh", torch::sinh);
    real("Cosh", torch::cosh);
    real("Asinh", torch::asinh);
    real("Acosh", torch::acosh);
    real("Atanh", torch::atanh);
    real("Floor", torch::floor);
    real("Ceil", torch::ceil);
    real("Round", torch::round); // halves to the even number, as ONNX has it
    number("Abs", torch::abs);
    number("Neg", torch::neg);
    number("Sign", torch::sign);
    unary("Identity", 1, x -> x);
    unary("Not", 1, torch::logical_not);
    unary("BitwiseNot", 18, x -> Torch.signed(x, torch::bitwise_not));
    unary("IsNaN", 9, torch::isnan);
    add("IsInf", 10, Elementwise::isInf);

    add("Add", 7, op -> one(Elementwise::sum));
    binary("Sub", 7, (a, b) -> a.sub(b));
    binary("Mul", 7, (a, b) -> a.mul(b));
    binary("Div", 7, Elementwise::divide);
    add("Pow", 7, op -> one(in -> power(in.x(), in.get(1))));
    add("Mod", 10, Elementwise::mod);
    fold("Sum", (a, b) -> a.add(b));
    fold("Min", torch::minimum);
    fold("Max", torch::maximum);
    add("Mean", 8, Elementwise::mean);

    binary("Equal", 7, torch::eq);
    binary("Less", 7, torch::lt);
    binary("LessOrEqual", 12, torch::le);
    binary("Greater", 7, torch::gt);
    binary("GreaterOrEqual", 12, torch::ge);
    binary("And", 7, torch::logical_and);
    binary("Or", 7, torch::logical_or);
    binary("Xor", 7, torch::logical_xor);
    binary("BitwiseAnd", 18, torch::bitwise_and);
    binary("BitwiseOr", 18, torch::bitwise_or);
    binary("BitwiseXor", 18, torch::bitwise_xor);
    add("BitShift", 11, Elementwise::shift);
    add("Where", 9, op -> one(in -> torch.where(in.x(), in.get(1), in.get(2))));

    add("Cast", 6, op -> to(Torch.type(DataType.of((int) op.i("to", 0)))));
    add("CastLike", 15, op -> one(in -> in.x().to(in.get(1).scalar_type())));
  }

  private static void real(String name, UnaryOperator<Tensor> f) {
    unary(name, 1, f);
  }

  private static void number(String name, UnaryOperator<Tensor> f) {
    unary(name, 1, x -> Torch.signed(x, f));
  }

  private static void binary(String name, int since, BinaryOperator<Tensor> f) {
    Operators.binary(name, since, (a, b) -> Torch.signed(a, b, f));
  }

  /**
   * Onto an input that may be overwritten, where the sum has its shape. A transposed one is left,
   * unless both are: its layout would spread to all that follows.
   */
  private static Tensor sum(Frame in) {
    if (in.free() >= 0) {
      Tensor onto = in.get(in.free());
      Tensor other = in.get(1 - in.free());
      if (onto.is_floating_point()
          && (onto.is_contiguous() || (isChannelsLast(onto) && isChannelsLast(other)))
          && covers(Torch.shape(onto), Torch.shape(other))) {
        onto.add_(other);
        return onto;
      }
    }
    return Torch.signed(in.x(), in.get(1), (a, b) -> a.add(b));
  }

  private static boolean isChannelsLast(Tensor tensor) {
    return tensor.dim() == 4 && tensor.is_contiguous(MemoryFormat.ChannelsLast);
  }

  /** Whether a shape is what it broadcasts to with another one. */
  private static boolean covers(long[] shape, long[] other) {
    int more = shape.length - other.length;
    return more >= 0
        && IntStream.range(0, other.length)
            .allMatch(i -> other[i] == 1 || other[i] == shape[i + more]);
  }

  private static Kernel to(ScalarType type) {
    return one(in -> in.x().to(type));
  }

  private static Kernel isInf(Operation op) {
    boolean negative = op.i("detect_negative", 1) != 0;
    boolean positive = op.i("detect_positive", 1) != 0;
    return one(
        in -> {
          Tensor x = in.x();
          Tensor all = torch.isinf(x);
          if (!negative) {
            all = torch.logical_and(all, x.gt(new Scalar(0)));
          }
          return positive ? all : torch.logical_and(all, x.lt(new Scalar(0)));
        });
  }

  /** Integers divide towards zero in ONNX; libtorch would give a real number. */
  private static Tensor divide(Tensor a, Tensor b) {
    return a.is_floating_point() ? a.div(b) : torch.div(a, b, Torch.TRUNC);
  }

  /** The result has the base's type. */
  private static Tensor power(Tensor base, Tensor exponent) {
    ScalarType type = base.scalar_type().intern();
    Tensor b = Torch.isWide(type) ? base.to(ScalarType.Long) : base;
    Tensor e =
        Torch.isWide(exponent.scalar_type().intern()) ? exponent.to(ScalarType.Long) : exponent;
    return b.pow(e).to(type);
  }

  /** With {@code fmod}, the remainder has the dividend's sign, else the divisor's. */
  private static Kernel mod(Operation op) {
    BinaryOperator<Tensor> f = op.i("fmod", 0) != 0 ? torch::fmod : torch::remainder;
    return one(in -> Torch.signed(in.x(), in.get(1), f));
  }

  private static Kernel mean(Operation op) {
    return one(
        in -> {
          Tensor sum = in.x();
          for (int i = 1; i < in.inputs().length; i++) {
            sum = sum.add(in.get(i));
          }
          return sum.div(new Scalar((double) in.inputs().length));
        });
  }

  private static Kernel shift(Operation op) {
    boolean left = op.s("direction", "LEFT").equals("LEFT");
    return one(
        in -> {
          ScalarType type = in.x().scalar_type().intern();
          Tensor a = in.x().to(ScalarType.Long);
          Tensor b = in.get(1).to(ScalarType.Long);
          Tensor y = left ? a.__lshift__(b) : a.__rshift__(b);
          return y.to(type);
        });
  }

  private static void fold(String name, BinaryOperator<Tensor> f) {
    add(
        name,
        8,
        op ->
            one(
                in -> {
                  Tensor sum = in.x();
                  for (int i = 1; i < in.inputs().length; i++) {
                    sum = Torch.signed(sum, in.get(i), f);
                  }
                  return sum;
                }));
  }
}
