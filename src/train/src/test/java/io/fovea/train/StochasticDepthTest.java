package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StochasticDepthTest {
  private static final int PICTURES = 3000;
  private static final int SIZE = 3 * 4 * 4;

  /** Two branches after a first layer, each sum with its inputs in another order. */
  private static Net net() {
    return new Net(17)
        .weight("w0", 3, 3, 1, 1)
        .weight("w1", 3, 3, 1, 1)
        .weight("w2", 3, 3, 1, 1)
        .with("Conv", "a", "x w0")
        .with("Conv", "r1", "a w1")
        .with("Add", "y1", "a r1")
        .with("Conv", "r2", "y1 w2")
        .with("Add", "y2", "r2 y1")
        .output("y2");
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18, 0.125, 5", // 8 blocks, three of which have a projection
    "resnet50, 0.125, 12",
    "mobilenet_v2, 1, 10", // narrow ones have more blocks of equal channels
    "efficientnet_b0, 1, 9",
    "convnext_tiny, 0.125, 18",
    "googlenet, 0.125, 0",
    "densenet121, 0.125, 0",
    "unet, 0.125, 0",
    "fcn_resnet50, 0.125, 12"
  })
  void findsTheBlocksWhoseShortcutDoesNothing(String name, double width, int count) {
    Graph graph = Architectures.named(name).model(Options.classes(4).withWidth(width)).graph();
    var found =
        StochasticDepth.branches(
            graph.nodes(), graph.initializers().keySet(), Roles.of(graph).parameters());
    assertEquals(count, found.size());
  }

  @Test
  void leavesSumsOfDecodersAlone() {
    Net decoder =
        new Net(17)
            .weight("w0", 3, 3, 1, 1)
            .weight("w1", 3, 3, 1, 1)
            .weight("w2", 3, 3, 1, 1)
            .with("Conv", "seen", "x w0")
            .with("Conv", "deep", "seen w1")
            .with("Conv", "r", "deep w2")
            .with("Add", "deeper", "deep r")
            .with("Add", "y", "deeper seen")
            .output("y");
    Graph graph = decoder.model(false).graph();
    var found =
        StochasticDepth.branches(
            graph.nodes(), graph.initializers().keySet(), Roles.of(graph).parameters());
    assertEquals(List.of("deeper"), found.keySet().stream().map(n -> n.outputs().get(0)).toList());
  }

  private static double[][] run(TorchGraph graph, boolean training) {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = Torch.copy(SingleNode.uniform(new Random(1), DataType.DOUBLE, PICTURES, 3, 4, 4));
      scope.attach(x);
      Tensor[] all = graph.run(new Tensor[] {x}, training);
      double[][] values = new double[all.length][];
      for (int i = 0; i < all.length; i++) {
        values[i] = Torch.copy("", all[i]).doubles();
      }
      return values;
    }
  }

  @Test
  void leavesEachBranchOutForItsShareOfThePicturesAndKeepsTheMean() {
    try (TorchGraph graph = new TorchGraph(net().model(true), Selection.all());
        TorchGraph plain = new TorchGraph(net().model(true), Selection.all())) {
      graph.dropBranches(0.6);
      Torch.seed(1);
      double[][] met = run(graph, true);
      List<String> names = graph.outputs();
      double[] a = met[names.indexOf("a")];
      double[] r1 = met[names.indexOf("r1")];
      double[] y1 = met[names.indexOf("y1")];
      double[] r2 = met[names.indexOf("r2")];
      double[] y2 = met[names.indexOf("y2")];
      assertEquals(0.3, dropped(a, r1, y1, 0.3), 0.03);
      assertEquals(0.6, dropped(y1, r2, y2, 0.6), 0.03);
      double[][] served = run(graph, false);
      double[][] wanted = run(plain, false);
      for (int i = 0; i < wanted.length; i++) {
        assertArrayEquals(wanted[i], served[i]);
      }
    }
  }

  /** The share of the pictures that have the shortcut alone; all others have the scaled branch. */
  private static double dropped(double[] shortcut, double[] branch, double[] sum, double rate) {
    int dropped = 0;
    for (int i = 0; i < PICTURES; i++) {
      boolean without = Math.abs(sum[i * SIZE] - shortcut[i * SIZE]) < 1e-9;
      dropped += without ? 1 : 0;
      for (int k = i * SIZE; k < (i + 1) * SIZE; k++) {
        assertEquals(shortcut[k] + (without ? 0 : branch[k] / (1 - rate)), sum[k], 1e-6);
      }
    }
    return (double) dropped / PICTURES;
  }

  @Test
  void overwritingChangesNeitherValuesNorGradients() {
    double[][] kept = gradients(true);
    double[][] free = gradients(false);
    for (int i = 0; i < kept.length; i++) {
      assertArrayEquals(kept[i], free[i], 1e-9);
    }
  }

  private static double[][] gradients(boolean keepAll) {
    try (TorchGraph graph = new TorchGraph(net().model(keepAll), Selection.all());
        Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      graph.dropBranches(0.6);
      Torch.seed(2);
      Tensor x = Torch.copy(SingleNode.uniform(new Random(1), DataType.DOUBLE, 9, 3, 4, 4));
      scope.attach(x);
      Tensor y = graph.train(x, List.of("y2")).get(0);
      y.square().sum().backward();
      List<String> names = List.of("w0", "w1", "w2");
      double[][] all = new double[4][];
      for (int i = 0; i < 3; i++) {
        all[i] = Torch.copy("", graph.tensor(names.get(i)).grad()).doubles();
        assertNotEquals(0, all[i][0]);
      }
      all[3] = Torch.copy("", y).doubles();
      return all;
    }
  }

  @Test
  void writesTheGraphAsItWas() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.5));
    Recipe recipe = Recipe.classification().epochs(1).batch(16).stochasticDepth(0.5);
    Trained trained =
        Trainer.of(net)
            .recipe(recipe)
            .preprocessing(Stripes.FED)
            .fit(new Stripes(32, 1), new Stripes(8, 2));
    assertEquals(net.graph().proto().getNodeList(), trained.model().graph().proto().getNodeList());
    double plain =
        Trainer.of(net)
            .recipe(recipe.stochasticDepth(0))
            .preprocessing(Stripes.FED)
            .fit(new Stripes(32, 1), new Stripes(8, 2))
            .history()
            .get(0)
            .loss();
    assertNotEquals(plain, trained.history().get(0).loss());
  }

  @Test
  void refusesANetWithoutBranches() {
    Model net = Architectures.named("lenet5").model(Options.classes(4));
    TrainException e =
        assertThrows(
            TrainException.class,
            () -> new Learner(net, Recipe.classification().stochasticDepth(0.5)));
    assertTrue(e.getMessage().startsWith("stochastic-depth: the net has no residual"), "" + e);
  }
}
