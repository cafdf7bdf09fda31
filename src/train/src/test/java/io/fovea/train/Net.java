package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/**
 * A small graph in double precision over an input {@code x}. Where every value is an output too,
 * nothing is fused and nothing overwritten: the same numbers have to come out.
 */
final class Net {
  private static final long[] SHAPE = {2, 3, 4, 4};

  private final int opset;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("net");
  private final List<Tensor> initializers = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();

  Net(int opset) {
    this.opset = opset;
    graph.addInput(ValueInfo.of("x", TensorType.of(DataType.DOUBLE, SHAPE)).proto());
  }

  static Node node(String operator, String output, String inputs, Attribute... attributes) {
    NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).addOutput(output);
    node.addAllInput(List.of(inputs.split(" ")));
    for (Attribute attribute : attributes) {
      node.addAttribute(attribute.proto());
    }
    return new Node(node.build(), null);
  }

  Net with(String operator, String output, String inputs, Attribute... attributes) {
    return with(node(operator, output, inputs, attributes));
  }

  Net with(Node node) {
    graph.addNode(node.proto());
    return this;
  }

  /** Numbers of the name's own seed, in (0.1, 2.1). */
  Net weight(String name, long... dims) {
    Tensor uniform = SingleNode.uniform(new Random(name.hashCode()), DataType.DOUBLE, dims);
    double[] values = uniform.doubles();
    for (int i = 0; i < values.length; i++) {
      values[i] += 1.1;
    }
    return given(SingleNode.tensor(name, DataType.DOUBLE, dims, values));
  }

  Net number(String name, double value) {
    return given(SingleNode.tensor(name, DataType.DOUBLE, new long[0], value));
  }

  Net given(Tensor tensor) {
    initializers.add(tensor);
    graph.addInitializer(tensor.proto());
    return this;
  }

  Net output(String... names) {
    outputs.addAll(List.of(names));
    return this;
  }

  List<Node> nodes() {
    return graph.getNodeList().stream().map(n -> new Node(n, null)).toList();
  }

  /** The operators after fusion; {@code constants} are known then, parameters are not. */
  List<String> fused(String... constants) {
    Map<String, Tensor> known = new LinkedHashMap<>();
    for (Tensor tensor : initializers) {
      if (List.of(constants).contains(tensor.name())) {
        known.put(tensor.name(), tensor);
      }
    }
    return Fusion.fuse(nodes(), known, Set.copyOf(outputs)).stream().map(Node::operator).toList();
  }

  Model model(boolean keepAll) {
    GraphProto.Builder all = graph.clone();
    List<String> names = new ArrayList<>(outputs);
    if (keepAll) {
      graph.getNodeList().forEach(n -> names.addAll(n.getOutputList()));
    }
    names.stream().distinct().forEach(n -> all.addOutput(ValueInfoProto.newBuilder().setName(n)));
    return Model.parse(
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
            .setGraph(all)
            .build()
            .toByteArray());
  }

  /** Outputs and gradients, of the input and of each parameter, are those with all values kept. */
  void checkAgainstAllKept(double tolerance) {
    for (boolean training : new boolean[] {false, true}) {
      for (boolean gradients : new boolean[] {false, true}) {
        Map<String, double[]> wanted = run(true, training, gradients);
        Map<String, double[]> met = run(false, training, gradients);
        assertEquals(wanted.keySet(), met.keySet());
        wanted.forEach(
            (name, values) ->
                assertArrayEquals(
                    values, met.get(name), tolerance, name + ", training: " + training));
      }
    }
  }

  private Map<String, double[]> run(boolean keepAll, boolean training, boolean gradients) {
    Map<String, double[]> results = new LinkedHashMap<>();
    try (TorchGraph net = new TorchGraph(model(keepAll), Selection.all());
        Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      var x = Torch.copy(SingleNode.uniform(new Random(1), DataType.DOUBLE, SHAPE));
      scope.attach(x);
      if (!gradients) {
        try (NoGradGuard guard = new NoGradGuard()) {
          put(results, net.run(new org.bytedeco.pytorch.Tensor[] {x}, training));
        }
        return results;
      }
      x.set_requires_grad(true);
      var all = net.run(new org.bytedeco.pytorch.Tensor[] {x}, training);
      var loss = all[0].sum();
      for (int i = 0; i < outputs.size(); i++) {
        Random random = new Random(i);
        var slope = Torch.copy(SingleNode.uniform(random, DataType.DOUBLE, Torch.shape(all[i])));
        scope.attach(slope);
        loss = loss.add(all[i].mul(slope).sum());
      }
      loss.backward();
      put(results, all);
      put(results, "gradient of x", x);
      net.roles().parameters().forEach(p -> put(results, "gradient of " + p, net.tensor(p)));
      return results;
    }
  }

  private void put(Map<String, double[]> results, org.bytedeco.pytorch.Tensor[] all) {
    for (int i = 0; i < outputs.size(); i++) {
      results.put(outputs.get(i), Torch.copy("", all[i]).doubles());
    }
  }

  private static void put(
      Map<String, double[]> results, String name, org.bytedeco.pytorch.Tensor tensor) {
    var gradient = tensor.grad();
    results.put(name, gradient.defined() ? Torch.copy("", gradient).doubles() : new double[0]);
  }
}
