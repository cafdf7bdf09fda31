package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutTest {
  /** Outputs and gradients of a training step in one layout. */
  private static List<float[]> learned(Model net, Tensor x, Layout layout) {
    Place place = Place.CPU.laid(layout);
    try (TorchGraph graph = new TorchGraph(net, Selection.all(), place)) {
      Tensor y = graph.train(place.move(x), graph.outputs()).get(0);
      y.mul(y).mean().backward();
      List<float[]> all = new ArrayList<>(List.of(Torch.copy("y", y).floats()));
      graph
          .roles()
          .parameters()
          .forEach(name -> all.add(Torch.copy(name, graph.tensor(name).grad()).floats()));
      return all;
    }
  }

  private static double length(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /**
   * With skips, depthwise convolutions, transposes, concatenations, squeezes, transposed
   * convolutions: rounding in other orders is all that may differ, which switches a rectifier here
   * and there (2 % of a gradient at most was seen).
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet8",
        "mobilenet_v2",
        "convnext_tiny",
        "densenet121",
        "efficientnet_b0",
        "shufflenet_v2_x1_0",
        "airbench94",
        "p4cnn",
        "unet"
      })
  void computesTheSameInBothLayouts(String name) {
    Torch.load();
    Options options = Options.classes(4).withWidth(0.25).withChannels(3);
    Model net = Architectures.named(name).model(options);
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      Torch.seed(1);
      Tensor x = torch.rand(new long[] {4, 3, 64, 64});
      Torch.seed(2); // of dropout
      List<float[]> first = learned(net, x, Layout.CHANNELS_FIRST);
      Torch.seed(2);
      List<float[]> last = learned(net, x, Layout.CHANNELS_LAST);
      assertEquals(first.size(), last.size());
      double longest = first.stream().skip(1).mapToDouble(LayoutTest::length).max().orElseThrow();
      for (int i = 0; i < first.size(); i++) {
        float[] a = first.get(i);
        float[] b = last.get(i);
        float[] apart = new float[a.length];
        for (int k = 0; k < a.length; k++) {
          apart[k] = a[k] - b[k];
        }
        double unit = i == 0 ? length(a) : Math.max(length(a), 0.01 * longest);
        assertEquals(0, length(apart) / unit, 0.05, name + " " + i);
      }
    }
  }

  @Test
  void keepsKernelsInTheLayoutAndTheFilesShapes() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    try (Loader loader = new Loader(new Stripes(8, 1), Stripes.FED, 2);
        Learner learner = new Learner(net, Recipe.classification().layout(Layout.CHANNELS_LAST))) {
      loader.inOrder(
          8,
          8,
          (batch, index) -> learner.step(batch.pixels(), batch.shape(), batch.targets(), 0.1));
      for (String name : learner.graph().roles().parameters()) {
        Tensor parameter = learner.graph().tensor(name);
        if (parameter.dim() == 4) {
          assertTrue(parameter.is_contiguous(MemoryFormat.ChannelsLast), name);
        }
      }
      assertArrayEquals(
          learner.export().graph().initializers().get("conv1.weight").dims(),
          net.graph().initializers().get("conv1.weight").dims());
    }
  }

  @Test
  void recipesNameTheLayout() {
    assertEquals(Layout.CHANNELS_LAST, Recipe.classification().layout());
    assertEquals(Layout.CHANNELS_FIRST, Recipe.segmentation().layout());
    String yaml = Recipe.segmentation().toYaml();
    assertTrue(Arrays.asList(yaml.split("\n")).contains("layout: channels_first"), yaml);
  }
}
