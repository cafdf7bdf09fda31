package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import io.fovea.onnx.DataType;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * To small integers and back. While training, integers are kept as real numbers and rounding passes
 * the gradient on as if it were not there (straight-through: <a
 * href="https://arxiv.org/abs/1308.3432">Bengio 2013</a>).
 */
final class Quantization {
  private Quantization() {}

  static void register() {
    add("QuantizeLinear", 10, Quantization::quantize);
    add("DequantizeLinear", 10, Quantization::dequantize);
  }

  /** A scale or zero point as it broadcasts: along an axis, or in blocks of it. */
  private static Tensor spread(Tensor values, Tensor x, long axis, long block) {
    if (values.dim() == 0 || values.numel() == 1 && values.dim() <= 1) {
      return values.reshape();
    }
    int at = (int) (axis < 0 ? axis + x.dim() : axis);
    if (block > 0) {
      Tensor each =
          torch.repeat_interleave(values, block, new LongOptional(at), new LongOptional());
      return each.narrow(at, 0, x.size(at));
    }
    return values.reshape(Torch.along(at, values.numel(), x.dim()));
  }

  private static Kernel quantize(Operation op) {
    long axis = op.i("axis", 1);
    long block = op.i("block_size", 0);
    DataType said = DataType.of((int) op.i("output_dtype", 0));
    return one(
        in -> {
          Tensor x = in.x();
          Tensor scale = spread(in.get(1), x, axis, block).to(x.scalar_type());
          ScalarType type =
              in.has(2)
                  ? in.get(2).scalar_type().intern()
                  : said == DataType.UNDEFINED ? ScalarType.Byte : Torch.type(said);
          Tensor exact = x.div(scale);
          Tensor rounded =
              in.training() ? exact.add(exact.round().sub(exact).detach()) : exact.round();
          if (in.has(2)) {
            rounded = rounded.add(spread(in.get(2), x, axis, block).to(x.scalar_type()));
          }
          Tensor y = saturated(op, rounded, type);
          return in.training() ? y : y.to(type);
        });
  }

  private static Tensor saturated(Operation op, Tensor x, ScalarType type) {
    long[] range =
        switch (type) {
          case Byte -> new long[] {0, 255};
          case Char -> new long[] {-128, 127};
          case UInt16 -> new long[] {0, 65_535};
          case Short -> new long[] {-32_768, 32_767};
          default -> throw op.refuse("integers of type " + type + " are not quantized to");
        };
    return torch.clamp(
        x, new ScalarOptional(new Scalar(range[0])), new ScalarOptional(new Scalar(range[1])));
  }

  private static Kernel dequantize(Operation op) {
    long axis = op.i("axis", 1);
    long block = op.i("block_size", 0);
    return one(
        in -> {
          ScalarType type = in.get(1).scalar_type().intern();
          Tensor x = in.x().to(type);
          if (in.has(2)) {
            x = x.sub(spread(in.get(2), in.x(), axis, block).to(type));
          }
          return x.mul(spread(in.get(1), in.x(), axis, block));
        });
  }
}
