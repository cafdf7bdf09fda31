package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Device;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Training away from the CPU, for which libtorch's device {@code meta} stands in: it has shapes and
 * no numbers, and refuses to mix its tensors with the CPU's as CUDA does. Operators are those that
 * libtorch has shapes for; convolutions it has not.
 */
class PlaceTest {
  private static final Place META =
      new Place(new org.bytedeco.pytorch.Device("meta"), Layout.CHANNELS_FIRST);

  static Stream<SingleNode> nodes() {
    Random r = new Random(1);
    Tensor x = floats(r, 2, 4, 9, 8);
    Tensor square = SingleNode.tensor("constant", DataType.FLOAT, new long[] {8, 1}, new double[8]);
    return Stream.of(
        node("AveragePool", 19, x)
            .ints("kernel_shape", 3, 3)
            .ints("dilations", 2, 1)
            .ints("pads", 1, 1, 1, 1),
        node("AveragePool", 11, x)
            .ints("kernel_shape", 3, 3)
            .ints("strides", 2, 2)
            .with("ceil_mode", 1),
        node("Col2Im", 18, floats(r, 1, 8, 9), longs(4, 4), longs(2, 2)),
        node("CumSum", 14, x, longs(2)).with("exclusive", 1),
        node("Expand", 13, floats(r, 1, 4), longs(3, 4)),
        node("EyeLike", 9, floats(r, 3, 4)),
        node("MatMul", 13, x, square),
        node("Mul", 14, x, SingleNode.constant(2)),
        node("Pad", 13, x, longs(0, 0, 1, 2, 0, 0, 2, 1)),
        node("ReduceMean", 18, x, longs(2, 3)),
        node("Reshape", 14, x, longs(2, -1)),
        node("Split", 13, x, longs(3, 1)).with("axis", 1).outputs(2),
        node("Tile", 13, x, longs(1, 2, 1, 1)),
        node("TopK", 11, x, longs(2)).outputs(2));
  }

  private static SingleNode node(String operator, int opset, @Nullable Tensor... inputs) {
    SingleNode node = new SingleNode(operator, opset);
    for (Tensor input : inputs) {
      node.input(input);
    }
    return node;
  }

  private static Tensor floats(Random r, long... shape) {
    return SingleNode.uniform(r, DataType.FLOAT, shape);
  }

  private static Tensor longs(long... values) {
    return Tensor.of("i", values);
  }

  @ParameterizedTest
  @MethodSource("nodes")
  void operatorsStayOnTheDeviceOfTheirInput(SingleNode node) {
    try (TorchGraph graph = new TorchGraph(node.model(), Selection.all(), META);
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var in =
          node.fed().stream()
              .map(Torch::copy)
              .map(META::move)
              .toArray(org.bytedeco.pytorch.Tensor[]::new);
      for (var out : graph.run(in, false)) {
        assertTrue(out.is_meta(), node.toString());
      }
    }
  }

  @Test
  void aStepStaysOnTheDevice() {
    GraphBuilder g = new GraphBuilder("net", 17);
    Dim n = Dim.of("batch");
    Value x = g.input("x", DataType.FLOAT, n, Dim.of(3), Dim.of("h"), Dim.of("w"));
    Value shape = g.node("Shape", "shape", List.of(x));
    Value first = g.node("Gather", "first", List.of(shape, g.initializer(longs(0).named("zero"))));
    Value rest = g.initializer(longs(-1).named("rest"));
    Value sizes = g.node("Concat", "sizes", List.of(first, rest), Attribute.of("axis", 0));
    Value pooled = g.node("AveragePool", "pool", List.of(x), Attribute.ints("kernel_shape", 2, 2));
    Value scale = g.initializer(floats(new Random(2), 3, 1, 1).named("scale"));
    Value scaled = g.node("Mul", "scaled", List.of(pooled, scale));
    Value flat = g.node("Reshape", "flat", List.of(scaled, sizes));
    Value w = g.initializer(floats(new Random(2), 27, 4).named("weight"));
    g.output(g.node("MatMul", "linear", List.of(flat, w)));
    for (Loss loss : List.of(Loss.CROSS_ENTROPY, Loss.MSE)) {
      try (TorchGraph graph = new TorchGraph(g.build(), Selection.all(), META);
          PointerScope scope = new PointerScope()) {
        var in = META.move(torch.ones(2, 3, 4, 4));
        var out = graph.train(in, graph.outputs()).get(0);
        var error =
            loss == Loss.MSE
                ? Losses.of(
                    loss,
                    new double[] {2, 2, 2, 2},
                    out,
                    new Targets.Values(new float[8], new long[] {2, 4}))
                : Losses.of(
                    loss, 0.1, false, out, new Targets.Classes(new long[2], new long[] {2}));
        assertTrue(error.is_meta(), loss + " is elsewhere");
        if (loss == Loss.MSE) {
          continue; // libtorch has no gradient of it on a device without numbers
        }
        error.backward();
        assertEquals(List.of("weight"), graph.roles().parameters());
        assertTrue(graph.tensor("scale").is_meta(), "a constant is elsewhere");
        assertTrue(graph.tensor("rest").is_cpu(), "a size is not on the CPU");
        for (String name : graph.roles().parameters()) {
          assertTrue(graph.tensor(name).is_meta(), name + " is elsewhere");
          assertTrue(graph.tensor(name).mutable_grad().is_meta(), name + " has no gradient there");
        }
      }
    }
  }

  @Test
  void lossesOfPixelsStayOnTheDevice() {
    try (PointerScope scope = new PointerScope()) {
      Targets.Classes wanted = new Targets.Classes(new long[2 * 3 * 3], new long[] {2, 3, 3});
      for (boolean sigmoid : new boolean[] {false, true}) {
        var out = META.move(torch.ones(2, 2, 3, 3));
        assertTrue(Losses.of(Loss.DICE, 0, sigmoid, out, wanted).is_meta());
      }
    }
  }

  @Test
  void nothingIsMovedOnTheCpu() {
    try (var x = torch.ones(2, 3)) {
      org.bytedeco.pytorch.Tensor[] both = {x, null};
      assertSame(x, Place.CPU.move(x));
      assertSame(x, Place.CPU.keep(x));
      assertSame(both, Place.CPU.together(both, false));
      assertSame(x, Torch.beside(x, x));
    }
  }

  @Test
  void whatANodeComputesWithIsBroughtTogetherAndSizesStay() {
    try (PointerScope scope = new PointerScope()) {
      var there = META.move(torch.ones(2, 3));
      var here = torch.ones(3);
      var sizes = Torch.longs(3, 2);
      org.bytedeco.pytorch.Tensor[] computed =
          META.together(new org.bytedeco.pytorch.Tensor[] {there, here, null}, false);
      assertTrue(computed[1].is_meta() && computed[2] == null);
      org.bytedeco.pytorch.Tensor[] sized =
          META.together(new org.bytedeco.pytorch.Tensor[] {there, sizes}, true);
      assertSame(sizes, sized[1]);
      org.bytedeco.pytorch.Tensor[] none =
          META.together(new org.bytedeco.pytorch.Tensor[] {sizes, sizes}, false);
      assertTrue(none[0].is_cpu() && none[1].is_cpu());
    }
  }

  @Test
  void saysWhatKeepsTrainingFromCuda() {
    assertSame(Place.CPU, Place.of(Device.cpu()));
    assertEquals(
        "training runs on cpu, cuda, cuda:N or auto, met 'coreml'",
        assertThrows(TrainException.class, () -> Place.of(Device.named("coreml"))).getMessage());
    assertThrows(TrainException.class, () -> Place.of(Device.cuda(0).with("use_tf32", "0")));
    assumeFalse(torch.cuda_is_available(), "skipped: libtorch has a CUDA device here");
    String m = assertThrows(TrainException.class, () -> Place.of(Device.cuda(0))).getMessage();
    assertTrue(m.startsWith("cannot train on cuda:0: "), m);
    assertTrue(m.contains("linux-x86_64-gpu") || m.contains("finds no CUDA device"), m);
    assertSame(Place.CPU, Place.of(Device.auto()));
    assertEquals(Device.cpu(), Libtorch.usable(Device.auto()));
  }
}
