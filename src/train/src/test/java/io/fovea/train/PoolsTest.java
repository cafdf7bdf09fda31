package io.fovea.train;

import static io.fovea.train.SingleNode.compare;
import static io.fovea.train.SingleNode.uniform;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools and convolutions of random attributes against ONNX Runtime, gradients against slopes. */
class PoolsTest {
  private static long[] some(int count, LongSupplier value) {
    return LongStream.generate(value).limit(count).toArray();
  }

  private static SingleNode window(
      Random r, SingleNode node, int axes, boolean dilates, boolean pool) {
    long[] kernel = some(axes, () -> 1 + r.nextInt(3));
    node.ints("kernel_shape", kernel).ints("strides", some(axes, () -> 1 + r.nextInt(3)));
    long dilation = dilates && r.nextBoolean() ? 2 : 1;
    if (dilation > 1) {
      node.ints("dilations", some(axes, () -> 1 + r.nextInt(2)));
    }
    switch (r.nextInt(dilation > 1 && pool ? 4 : 6)) {
      case 0 -> node.with("auto_pad", "VALID");
      case 4 -> node.with("auto_pad", "SAME_UPPER");
      case 5 -> node.with("auto_pad", "SAME_LOWER");
      default -> {
        long[] pads = new long[2 * axes];
        for (int i = 0; i < pads.length; i++) {
          pads[i] = r.nextInt((int) kernel[i % axes]);
        }
        node.ints("pads", pads);
      }
    }
    return node;
  }

  private static SingleNode pool(Random r, String operator, int opset) {
    int axes = 1 + r.nextInt(3);
    SingleNode node = new SingleNode(operator, opset);
    boolean dilates = opset >= 19 || (operator.equals("MaxPool") && opset >= 10);
    window(r, node, axes, dilates, true);
    if (operator.equals("LpPool")) {
      node.with("p", 1 + r.nextInt(3));
    }
    if (operator.equals("AveragePool")) {
      node.with("count_include_pad", r.nextInt(2));
    }
    if (opset >= (operator.equals("LpPool") ? 18 : 10)) {
      node.with("ceil_mode", r.nextInt(2));
    }
    if (operator.equals("MaxPool") && r.nextBoolean()) {
      node.outputs(2).with("storage_order", r.nextInt(2));
    }
    long[] shape = some(axes + 2, () -> 5 + r.nextInt(3));
    shape[0] = 2;
    shape[1] = 3;
    return node.input(uniform(r, DataType.FLOAT, shape));
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 11, 12, 22})
  void maxPool(int opset) {
    compare(80, r -> pool(r, "MaxPool", opset));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 11, 19, 22})
  void averagePool(int opset) {
    compare(80, r -> pool(r, "AveragePool", opset));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 11, 18, 22})
  void lpPool(int opset) {
    compare(80, r -> pool(r, "LpPool", opset));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"})
  void globalPools(String operator) {
    compare(
        6,
        r -> {
          long[] shape = some(3 + r.nextInt(3), () -> 2 + r.nextInt(4));
          return new SingleNode(operator, 17).input(uniform(r, DataType.FLOAT, shape));
        });
  }

  private static SingleNode maxUnpool(Random r, DataType type) {
    long[] places = new long[2 * 3 * 6]; // one in each window of 2 x 2
    for (int i = 0; i < places.length; i++) {
      places[i] = i / 6 * 24 + (2 * (i / 3 % 2) + r.nextInt(2)) * 6 + 2 * (i % 3) + r.nextInt(2);
    }
    ByteBuffer raw = ByteBuffer.allocate(8 * places.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(places);
    return new SingleNode("MaxUnpool", 11)
        .ints("kernel_shape", 2, 2)
        .ints("strides", 2, 2)
        .input(uniform(r, type, 2, 3, 2, 3))
        .input(Tensor.of("places", DataType.INT64, new long[] {2, 3, 2, 3}, raw));
  }

  @Test
  void maxUnpool() {
    compare(5, r -> maxUnpool(r, DataType.FLOAT));
    maxUnpool(new Random(3), DataType.DOUBLE).checkGradient();
  }

  @Test
  void lrn() {
    compare(
        20,
        r ->
            new SingleNode("LRN", 13)
                .with("size", 1 + 2 * r.nextInt(3))
                .with("alpha", r.nextFloat())
                .with("beta", r.nextFloat())
                .with("bias", 1 + r.nextFloat())
                .input(uniform(r, DataType.FLOAT, 2, 5, 3, 4)));
  }

  private static SingleNode convolution(Random r, String operator, DataType type) {
    int axes = 1 + r.nextInt(3);
    long group = 1 + r.nextInt(2);
    SingleNode node = new SingleNode(operator, 17).with("group", group);
    boolean transposed = operator.equals("ConvTranspose");
    window(r, node, axes, true, false);
    long[] shape =
        LongStream.concat(LongStream.of(2, 4), LongStream.of(some(axes, () -> 5))).toArray();
    long[] weight =
        LongStream.concat(
                transposed ? LongStream.of(4, 3) : LongStream.of(6, 4 / group),
                LongStream.of(node.longs("kernel_shape")))
            .toArray();
    if (transposed && r.nextInt(3) == 0) {
      node.ints("output_padding", some(axes, () -> r.nextInt(2)));
    }
    if (transposed && r.nextInt(3) == 0) {
      node.ints("output_shape", some(axes, () -> 8 + r.nextInt(3)));
    }
    node.input(uniform(r, type, shape)).input(uniform(r, type, weight));
    return r.nextBoolean() ? node : node.input(uniform(r, type, transposed ? 3 * group : 6));
  }

  @Test
  void conv() {
    compare(80, r -> convolution(r, "Conv", DataType.FLOAT));
  }

  @Test
  void convTranspose() {
    compare(150, r -> convolution(r, "ConvTranspose", DataType.FLOAT));
  }

  @Test
  void gradients() {
    for (int seed = 0; seed < 8; seed++) {
      Random r = new Random(seed);
      convolution(r, "Conv", DataType.DOUBLE).checkGradient();
      convolution(r, "ConvTranspose", DataType.DOUBLE).checkGradient();
      for (String operator : new String[] {"MaxPool", "AveragePool", "LpPool"}) {
        SingleNode node = new SingleNode(operator, 22).with("ceil_mode", 1);
        window(r, node, 1 + seed % 3, true, true);
        node.input(uniform(r, DataType.DOUBLE, some(3 + seed % 3, () -> 5))).checkGradient();
      }
    }
    Random r = new Random(1);
    for (String operator : new String[] {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"}) {
      new SingleNode(operator, 17).input(uniform(r, DataType.DOUBLE, 2, 3, 4, 5)).checkGradient();
    }
    new SingleNode("LRN", 13)
        .with("size", 3)
        .with("alpha", 0.5f)
        .input(uniform(r, DataType.DOUBLE, 2, 5, 3, 4))
        .checkGradient();
  }
}
