package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is overwritten, and that nobody can tell. */
class LifetimesTest {
  private static final double TOLERANCE = 1e-11;

  /** A convolution of 1x1 from x to {@code a}. */
  private static Net conv() {
    return new Net(17).weight("w", 3, 3, 1, 1).with("Conv", "a", "x w");
  }

  private static Net normalized(Net net, String output, String input) {
    String name = output + ".norm";
    return net.weight(name + ".s", 3)
        .weight(name + ".b", 3)
        .weight(name + ".m", 3)
        .weight(name + ".v", 3)
        .with(
            "BatchNormalization",
            output,
            "%s %s.s %s.b %s.m %s.v".formatted(input, name, name, name, name));
  }

  /** The inputs that nodes may overwrite, -1 for none. */
  private static List<Integer> free(Net net, String... kept) {
    List<Node> nodes = net.nodes();
    Lifetimes lifetimes = new Lifetimes(nodes, Set.of(kept));
    return IntStream.range(0, nodes.size()).mapToObj(lifetimes::free).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "Relu, 0, true",
    "Sigmoid, 0, true",
    "Tanh, 0, true",
    "LeakyRelu, 0.1, true",
    "LeakyRelu, -0.1, false",
    "Elu, 1, true",
    "Elu, -1, false",
    "Selu, 1.5, true",
    "Softplus, 0, false"
  })
  void activationsOverwriteAConvolution(String operator, float alpha, boolean overwrites) {
    Attribute[] attributes =
        alpha == 0 ? new Attribute[0] : new Attribute[] {Attribute.of("alpha", alpha)};
    Node activation = Net.node(operator, "b", "a", attributes);
    Net net = conv().with(activation).weight("v", 3, 3, 1, 1).with("Conv", "y", "b v").output("y");
    assertEquals(List.of(-1, 0, -1), free(net, "x", "w", "v", "y"));
    net.checkAgainstAllKept(TOLERANCE);
    Kernel kernel =
        Operators.of(activation, 17).compile(new Operation(activation, 17, Map.of(), g -> null));
    try (PointerScope scope = new PointerScope()) {
      var x = Torch.copy(SingleNode.uniform(new Random(1), DataType.DOUBLE, 3, 4));
      scope.attach(x);
      assertEquals(
          overwrites,
          kernel.run(new Frame(new org.bytedeco.pytorch.Tensor[] {x}, true, 0))[0] == x);
    }
  }

  @ParameterizedTest
  @CsvSource({"x b, 1", "b x, 0"})
  void aResidualIsAddedOntoTheNormalization(String inputs, int free) {
    Net net = normalized(conv(), "b", "a").with("Add", "c", inputs).with("Relu", "y", "c");
    assertEquals(List.of(-1, 0, free, 0), free(net.output("y"), "x", "w", "y"));
    net.checkAgainstAllKept(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a bias", "bias a"})
  void aBiasIsAddedOntoAProduct(String inputs) {
    Net net = new Net(17).weight("w", 4, 5).weight("bias", 5).with("MatMul", "a", "x w");
    net.with("Add", "b", inputs).with("Tanh", "y", "b").output("y").checkAgainstAllKept(TOLERANCE);
  }

  @Test
  void aSumThatIsLargerIsNotWrittenOntoItsPart() {
    Net net = new Net(17).weight("w", 3, 3, 4, 4).with("Conv", "a", "x w");
    net.with("Add", "b", "a x").with("Relu", "y", "b").output("y").checkAgainstAllKept(TOLERANCE);
  }

  @Test
  void aValueWithTwoReadersStays() {
    Net net = conv().with("Relu", "b", "a").with("Add", "y", "a b").output("y");
    assertEquals(List.of(-1, -1, -1), free(net, "x", "w", "y"));
    net.checkAgainstAllKept(TOLERANCE);
    net = conv().with("Conv", "c", "a w").with("Relu", "b", "a").with("Add", "y", "b c");
    net.output("y").checkAgainstAllKept(TOLERANCE);
    net = conv().with("Add", "b", "a a").with("Relu", "y", "b").output("y");
    assertEquals(List.of(-1, -1, 0), free(net, "x", "w", "y"));
    net.checkAgainstAllKept(TOLERANCE);
  }

  @Test
  void outputsInputsAndInitializersStay() {
    conv().with("Relu", "b", "a").output("b", "a").checkAgainstAllKept(TOLERANCE);
    Net net = conv().with("Relu", "b", "x").with("Add", "c", "x b").with("Add", "y", "c a");
    net.output("y").checkAgainstAllKept(TOLERANCE);
    new Net(17)
        .weight("w", 3, 3, 1, 1)
        .with("Relu", "v", "w")
        .with("Conv", "a", "x v")
        .with("Conv", "y", "a w")
        .output("y")
        .checkAgainstAllKept(TOLERANCE);
  }

  /** Views of a value that others read, before and after an activation. */
  @ParameterizedTest
  @CsvSource({
    "Reshape, shape",
    "Transpose, ''",
    "Slice, starts ends",
    "Identity, ''",
    "Dropout, ratio",
    "Squeeze, ''",
    "Flatten, ''"
  })
  void viewsAreNotOverwritten(String view, String more) {
    shaped(conv())
        .with(view, "v", ("a " + more).strip())
        .with("Relu", "b", "a")
        .with("Relu", "c", "v")
        .with("Neg", "d", "v")
        .output("b", "c", "d")
        .checkAgainstAllKept(TOLERANCE);
    shaped(conv())
        .with("Relu", "b", "a")
        .with(view, "v", ("b " + more).strip())
        .with("Relu", "c", "v")
        .with("Sigmoid", "d", "b")
        .output("c", "d")
        .checkAgainstAllKept(TOLERANCE);
  }

  private static Net shaped(Net net) {
    return net.given(Tensor.of("shape", 2, 3, 16))
        .given(Tensor.of("starts", 1))
        .given(Tensor.of("ends", 2))
        .number("ratio", 0);
  }

  private static Attribute branch(String name, Node... nodes) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName(name);
    for (Node node : nodes) {
      graph.addNode(node.proto());
    }
    String output = nodes[nodes.length - 1].outputs().get(0);
    graph.addOutput(ValueInfoProto.newBuilder().setName(output));
    return new Attribute(
        AttributeProto.newBuilder().setName(name).setType(AttributeType.GRAPH).setG(graph).build());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBranchLeavesTheValuesOutsideAsTheyAre(boolean condition) {
    Node inside =
        Net.node(
            "If",
            "i",
            "condition",
            branch(
                "then_branch",
                Net.node("Conv", "t", "a w"),
                Net.node("Relu", "u", "t"),
                Net.node("Add", "then", "u a")),
            branch("else_branch", Net.node("Relu", "else", "a")));
    Tensor given =
        Tensor.of(
            "condition",
            DataType.BOOL,
            new long[0],
            ByteBuffer.wrap(new byte[] {(byte) (condition ? 1 : 0)}));
    Net net = conv().given(given).with(inside).with("Tanh", "y", "i").with("Conv", "z", "x w");
    assertEquals(List.of(-1, -1, -1, -1), free(net.output("y", "z"), "x", "w", "y", "z"));
    net.checkAgainstAllKept(TOLERANCE);
    net = conv().given(given).with(inside).with("Tanh", "b", "a").with("Add", "y", "b i");
    net.output("y").checkAgainstAllKept(TOLERANCE);
  }

  @Test
  void whatTheLossLooksAtStays() {
    Net net = conv().with("Sigmoid", "y", "a").output("y");
    try (TorchGraph graph = new TorchGraph(net.model(false), Selection.all());
        PointerScope scope = new PointerScope()) {
      assertEquals("a", graph.ending().value());
      var x = Torch.copy(SingleNode.uniform(new Random(1), DataType.DOUBLE, 2, 3, 4, 4));
      scope.attach(x);
      var seen = graph.train(x, List.of("a")).get(0);
      var whole = graph.run(new org.bytedeco.pytorch.Tensor[] {x}, true)[0];
      var again = torch.sigmoid(seen);
      assertEquals(0, whole.sub(again).abs().max().item_double(), TOLERANCE);
    }
    net.checkAgainstAllKept(TOLERANCE);
  }

  /** Activations and sums in a row, whose gradients are those of finite differences. */
  @Test
  void aChainHasTheGradientOfFiniteDifferences() {
    Net net = normalized(conv(), "b", "a").with("Add", "c", "x b").with("Tanh", "d", "c");
    net.with("Conv", "e", "d w").with("Elu", "f", "e").with("Conv", "g", "f w");
    net.with("LeakyRelu", "h", "g").with("Conv", "i", "h w").with("Sigmoid", "y", "i").output("y");
    try (TorchGraph graph = new TorchGraph(net.model(false), Selection.all());
        PointerScope scope = new PointerScope()) {
      Tensor values = SingleNode.uniform(new Random(1), DataType.DOUBLE, 2, 3, 4, 4);
      var x = Torch.copy(values);
      scope.attach(x);
      x.set_requires_grad(true);
      graph.run(new org.bytedeco.pytorch.Tensor[] {x}, false)[0].sum().backward();
      double[] gradient = Torch.copy("", x.grad()).doubles();
      for (int i = 0; i < gradient.length; i += 7) {
        double[] sums = new double[2];
        for (int side = 0; side < 2; side++) {
          double[] moved = values.doubles();
          moved[i] += (side == 0 ? -1 : 1) * 1e-6;
          var in = Torch.copy(SingleNode.tensor("", DataType.DOUBLE, values.dims(), moved));
          scope.attach(in);
          sums[side] =
              graph.run(new org.bytedeco.pytorch.Tensor[] {in}, false)[0].sum().item_double();
        }
        assertEquals((sums[1] - sums[0]) / 2e-6, gradient[i], 1e-6);
      }
    }
  }
}
