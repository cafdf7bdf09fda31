package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Training away from the CPU, for which libtorch's device {@code meta} stands in: it has shapes and
 * no numbers, and refuses to mix its tensors with the CPU's as CUDA does.
 */
class PlaceTest {
  private static final Place META = new Place(new org.bytedeco.pytorch.Device("meta"));

  static List<Architecture> all() {
    return Architectures.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everythingOfAStepIsOnTheDevice(Architecture a) {
    boolean picture = a.task() == Architecture.Task.PICTURE;
    Options options = Options.defaults().withSeed(3).withWidth(0.125);
    Model model = a.model(picture ? options : options.withClasses(4));
    int size = Math.max(a.smallest(), Math.min(a.size(), 32));
    long[] shape = {2, a.channels(), size, size};
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 2 * a.channels() * size * size)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    Auxiliary auxiliary = Auxiliary.of(model);
    try (TorchGraph graph = new TorchGraph(model, Selection.all(), META);
        PointerScope scope = new PointerScope()) {
      List<String> seen =
          new ArrayList<>(List.of(picture ? graph.outputs().get(0) : graph.ending().value()));
      seen.addAll(auxiliary.weights().keySet());
      Tensor error = null;
      for (Tensor output : graph.train(META.move(Learner.tensor(pixels, shape)), seen)) {
        assertTrue(output.is_meta(), "an output is elsewhere");
        Tensor one = loss(a, output, graph.ending().kind() == Ending.Kind.SIGMOID);
        error = error == null ? one : error.add(one);
      }
      error.backward();
      for (String name : graph.roles().parameters()) {
        assertTrue(graph.tensor(name).is_meta(), name + " is elsewhere");
        assertTrue(graph.tensor(name).mutable_grad().is_meta(), name + " has no gradient there");
      }
      graph.roles().state().forEach(n -> assertTrue(graph.tensor(n).is_meta(), n));
    }
  }

  private static Tensor loss(Architecture a, Tensor output, boolean sigmoid) {
    long[] met = Torch.shape(output);
    int n = (int) output.numel();
    if (a.task() == Architecture.Task.PICTURE) {
      return Losses.of(Loss.MSE, new double[0], output, new Targets.Values(new float[n], met));
    }
    boolean pixels = a.task() == Architecture.Task.SEGMENTATION;
    long[] shape = pixels ? new long[] {met[0], met[2], met[3]} : new long[] {met[0]};
    Targets.Classes wanted = new Targets.Classes(new long[(int) (n / met[1])], shape);
    Loss loss = pixels ? Loss.CROSS_ENTROPY_DICE : Loss.CROSS_ENTROPY;
    return Losses.of(loss, 0.1, sigmoid, output, wanted);
  }

  @Test
  void nothingIsMovedOnTheCpu() {
    try (Tensor x = torch.ones(2, 3)) {
      Tensor[] both = {x, null};
      assertSame(x, Place.CPU.move(x));
      assertSame(x, Place.CPU.keep(x));
      assertSame(both, Place.CPU.together(both, false));
      assertSame(x, Torch.beside(x, x));
    }
  }

  @Test
  void whatANodeComputesWithIsBroughtTogetherAndSizesStay() {
    try (PointerScope scope = new PointerScope()) {
      Tensor there = META.move(torch.ones(2, 3));
      Tensor here = torch.ones(3);
      Tensor sizes = Torch.longs(3, 2);
      Tensor[] computed = META.together(new Tensor[] {there, here, null}, false);
      assertTrue(computed[1].is_meta() && computed[2] == null);
      Tensor[] sized = META.together(new Tensor[] {there, sizes}, true);
      assertSame(sizes, sized[1]);
      Tensor[] none = META.together(new Tensor[] {sizes, sizes}, false);
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
