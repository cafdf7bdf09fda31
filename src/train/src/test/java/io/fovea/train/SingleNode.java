package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.TypeProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * A model of one node, through both engines. Inputs are fed, but for integers and those named
 * {@code constant}, which are initializers.
 */
final class SingleNode {
  private final String operator;
  private final int opset;
  private final List<Attribute> attributes = new ArrayList<>();
  private final List<@Nullable Tensor> inputs = new ArrayList<>();
  private int outputs = 1;

  SingleNode(String operator, int opset) {
    this.operator = operator;
    this.opset = opset;
  }

  SingleNode with(Attribute attribute) {
    attributes.add(attribute);
    return this;
  }

  SingleNode with(String name, String value) {
    return with(Attribute.of(name, value));
  }

  SingleNode with(String name, long value) {
    return with(Attribute.of(name, value));
  }

  SingleNode with(String name, float value) {
    return with(Attribute.of(name, value));
  }

  SingleNode ints(String name, long... values) {
    return with(Attribute.ints(name, values));
  }

  /** An attribute that was set. */
  long[] longs(String name) {
    return attributes.stream()
        .filter(a -> a.name().equals(name))
        .flatMapToLong(a -> a.proto().getIntsList().stream().mapToLong(v -> v))
        .toArray();
  }

  SingleNode input(@Nullable Tensor tensor) {
    inputs.add(tensor);
    return this;
  }

  int opset() {
    return opset;
  }

  SingleNode outputs(int count) {
    outputs = count;
    return this;
  }

  /** Values in (-1, 1), no two alike. */
  static Tensor uniform(Random random, DataType type, long... dims) {
    int n = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = 2 * random.nextDouble() - 1;
    }
    return tensor("x", type, dims, values);
  }

  static Tensor constant(double... values) {
    return tensor("constant", DataType.FLOAT, new long[] {values.length}, values);
  }

  static Tensor tensor(String name, DataType type, long[] dims, double... values) {
    boolean wide = type == DataType.DOUBLE;
    ByteBuffer raw =
        ByteBuffer.allocate(values.length * (wide ? 8 : 4)).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      if (wide) {
        raw.putDouble(v);
      } else {
        raw.putFloat((float) v);
      }
    }
    return Tensor.of(name, type, dims, raw.flip());
  }

  private static boolean fixed(@Nullable Tensor tensor) {
    return tensor != null && (!tensor.type().isFloating() || tensor.name().equals("constant"));
  }

  List<Tensor> fed() {
    return inputs.stream().filter(t -> t != null && !fixed(t)).map(t -> (Tensor) t).toList();
  }

  Model model() {
    NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator);
    attributes.forEach(a -> node.addAttribute(a.proto()));
    GraphProto.Builder graph = GraphProto.newBuilder().setName("one");
    for (int i = 0; i < inputs.size(); i++) {
      Tensor tensor = inputs.get(i);
      String name = tensor == null ? "" : "in" + i;
      node.addInput(name);
      if (fixed(tensor)) {
        graph.addInitializer(tensor.named(name).proto());
      } else if (tensor != null) {
        TypeProto.Tensor.Builder type =
            TypeProto.Tensor.newBuilder().setElemType(tensor.type().code());
        for (long dim : tensor.dims()) {
          type.getShapeBuilder().addDimBuilder().setDimValue(dim);
        }
        graph.addInput(
            ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type)));
      }
    }
    for (int i = 0; i < outputs; i++) {
      node.addOutput("out" + i);
      graph.addOutput(ValueInfoProto.newBuilder().setName("out" + i));
    }
    return Model.parse(
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
            .setGraph(graph.addNode(node))
            .build()
            .toByteArray());
  }

  /** Runs random nodes through both engines; ONNX Runtime may refuse up to a half of them. */
  static void compare(int count, Function<Random, SingleNode> generator) {
    int refused = 0;
    String reason = "";
    for (int seed = 0; seed < count; seed++) {
      SingleNode node = generator.apply(new Random(seed));
      List<Tensor> wanted;
      try (Runner runner = new Runner.OnnxRuntime(node.model())) {
        wanted = runner.run(node.fed());
      } catch (TrainException e) {
        refused++;
        reason = e.getMessage();
        continue;
      }
      String what = "seed " + seed + ": " + node;
      try (Runner runner = new Runner.Interpreter(node.model())) {
        List<Tensor> met = runner.run(node.fed());
        for (int i = 0; i < node.outputs; i++) {
          assertArrayEquals(wanted.get(i).dims(), met.get(i).dims(), what);
          assertEquals(wanted.get(i).type(), met.get(i).type(), what);
          assertArrayEquals(wanted.get(i).doubles(), met.get(i).doubles(), 2e-5, what);
        }
      } catch (TrainException e) {
        throw new AssertionError(what, e);
      }
    }
    assertTrue(2 * refused <= count, refused + " of " + count + " refused, the last: " + reason);
  }

  /** Holds the gradient of every double input against finite differences. */
  void checkGradient() {
    Random random = new Random(7);
    try (TorchGraph graph = new TorchGraph(model(), Selection.all());
        Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      var in = fed().stream().map(Torch::copy).toArray(org.bytedeco.pytorch.Tensor[]::new);
      for (var tensor : in) {
        tensor.set_requires_grad(true);
      }
      var y = graph.run(in, false)[0];
      var weight = Torch.copy(uniform(random, DataType.DOUBLE, Torch.shape(y)));
      y.mul(weight).sum().backward();
      for (int k = 0; k < in.length; k++) {
        double[] gradient = Torch.copy("", in[k].grad()).doubles();
        double[] values = fed().get(k).doubles();
        for (int probe = 0; probe < 12; probe++) {
          int i = random.nextInt(values.length);
          double[] sums = new double[2];
          for (int side = 0; side < 2; side++) {
            double[] moved = values.clone();
            moved[i] += (side == 0 ? -1 : 1) * 1e-6;
            var args = in.clone();
            args[k] = Torch.copy(tensor("", DataType.DOUBLE, fed().get(k).dims(), moved));
            sums[side] = graph.run(args, false)[0].mul(weight).sum().item_double();
          }
          double slope = (sums[1] - sums[0]) / 2e-6;
          assertEquals(slope, gradient[i], 1e-6 + 1e-5 * Math.abs(slope), this + " at " + i);
        }
      }
    }
  }

  @Override
  public String toString() {
    List<String> all =
        inputs.stream()
            .map(t -> fixed(t) ? Arrays.toString(t.doubles()) : String.valueOf(t))
            .toList();
    return operator + "-" + opset + " " + attributes + " " + all;
  }
}
