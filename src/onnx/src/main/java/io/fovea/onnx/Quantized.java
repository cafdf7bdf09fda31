package io.fovea.onnx;

import java.util.List;

/** Types of operators between floats and the small integers that stand for them. */
final class Quantized {
  private Quantized() {}

  static List<TensorType> quantize(Call c) {
    DataType said = DataType.of(Math.toIntExact(c.node().attribute("output_dtype", 0)));
    DataType zero = c.has(2) ? c.type(2).elements() : DataType.UINT8;
    return List.of(
        new TensorType(said == DataType.UNDEFINED || c.has(2) ? zero : said, c.shape(0)));
  }

  static List<TensorType> dequantize(Call c) {
    DataType said = DataType.of(Math.toIntExact(c.node().attribute("output_dtype", 0)));
    return List.of(
        new TensorType(said == DataType.UNDEFINED ? c.type(1).elements() : said, c.shape(0)));
  }

  static List<TensorType> dynamic(Call c) {
    return List.of(
        new TensorType(DataType.UINT8, c.shape(0)),
        TensorType.of(DataType.FLOAT),
        TensorType.of(DataType.UINT8));
  }

  static List<TensorType> matMulInteger(Call c) {
    return List.of(new TensorType(DataType.INT32, Rules.product(c, c.shape(0), c.shape(1))));
  }

  static List<TensorType> matMul(Call c) {
    return List.of(new TensorType(c.type(7).elements(), Rules.product(c, c.shape(0), c.shape(3))));
  }
}
