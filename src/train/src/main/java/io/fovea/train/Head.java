package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import io.fovea.onnx.proto.TensorProto;
import io.fovea.onnx.proto.TensorShapeProto;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layer that gives a net's classes: the last Gemm, MatMul (and the Add of its bias) or
 * convolution before the output. Immutable.
 *
 * @param weight its initializer; classes stand on its first axis, or on its last
 * @param bias null where it has none
 */
public record Head(Model model, Node node, Tensor weight, @Nullable Tensor bias) {
  private static final int FARTHEST = 64; // nodes between the head and the output

  /**
   * Finds the head of a net.
   *
   * @param name of its node or of its output; null for the last layer before the output
   * @throws TrainException where there is none, or it is no such layer
   */
  public static Head of(Model model, @Nullable String name) {
    Graph graph = model.graph();
    if (name != null) {
      return graph.nodes().stream()
          .filter(n -> n.name().equals(name) || n.outputs().contains(name))
          .findFirst()
          .map(n -> of(model, n))
          .orElseThrow(() -> new TrainException("the graph has no node '" + name + "'"));
    }
    return before(model, graph.outputs().get(0).name());
  }

  /** The last layer before an output. */
  private static Head before(Model model, String output) {
    Map<String, Node> producers = new HashMap<>();
    model.graph().nodes().forEach(n -> n.outputs().forEach(o -> producers.put(o, n)));
    Map<String, Tensor> constants = model.graph().initializers();
    Node at = producers.get(output);
    for (int i = 0; at != null && i < FARTHEST; i++) {
      Tensor weight = at.inputs().size() > 1 ? constants.get(at.inputs().get(1)) : null;
      if (List.of("Gemm", "MatMul", "Conv").contains(at.operator()) && weight != null) {
        return of(model, at);
      }
      at = at.inputs().stream().map(producers::get).filter(p -> p != null).findFirst().orElse(null);
    }
    throw new TrainException("no Gemm, MatMul or Conv before the output; name the head by --head");
  }

  private static Head of(Model model, Node node) {
    Map<String, Tensor> constants = model.graph().initializers();
    Tensor weight = node.inputs().size() > 1 ? constants.get(node.inputs().get(1)) : null;
    if (weight == null || weight.dims().length < 2) {
      throw new TrainException(node + ": is no head: it has no weight of its own");
    }
    Tensor bias = node.inputs().size() > 2 ? constants.get(node.inputs().get(2)) : null;
    if (node.operator().equals("MatMul")) {
      bias =
          model.graph().nodes().stream()
              .filter(n -> n.operator().equals("Add"))
              .filter(n -> n.inputs().contains(node.outputs().get(0)))
              .flatMap(n -> n.inputs().stream())
              .map(constants::get)
              .filter(t -> t != null)
              .findFirst()
              .orElse(null);
    }
    return new Head(model, node, weight, bias);
  }

  /** Axis of the classes in the weight. */
  private int axis() {
    boolean last =
        node.operator().equals("MatMul")
            || (node.operator().equals("Gemm") && node.attribute("transB", 0) == 0);
    return last ? weight.dims().length - 1 : 0;
  }

  /** Number of classes that it gives. */
  public int classes() {
    return (int) weight.dims()[axis()];
  }

  /** Whether it gives this many classes: of two, a sigmoid of one says both. */
  public boolean gives(int count) {
    boolean yesOrNo = Ending.of(model.graph()).kind() == Ending.Kind.SIGMOID;
    return classes() == count || (count == 2 && classes() == 1 && yesOrNo);
  }

  /**
   * The model with a fresh head for another number of classes, its weights drawn uniformly by the
   * number of its inputs. All else stays, but for what says the old number: the output's shape and
   * Reshape constants behind the head. Auxiliary heads become fresh ones too.
   *
   * @throws TrainException where other nodes use the head's weight too
   */
  public Model withClasses(int count, long seed) {
    Model changed = replaced(count, seed);
    for (String output : Auxiliary.of(model).weights().keySet()) {
      Head other = before(changed, output);
      changed = other.gives(count) ? changed : other.replaced(count, seed);
    }
    return changed;
  }

  private Model replaced(int count, long seed) {
    GraphProto old = model.graph().proto();
    long users =
        old.getNodeList().stream().filter(n -> n.getInputList().contains(weight.name())).count();
    if (users > 1) {
      throw new TrainException(node + ": its weight '" + weight.name() + "' is used elsewhere too");
    }
    int before = classes();
    Random random = new Random(seed);
    long inputs = weight.size() / before;
    GraphProto.Builder graph = old.toBuilder();
    Set<String> behind = behind();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto t = graph.getInitializer(i);
      if (t.getName().equals(weight.name())) {
        graph.setInitializer(i, drawn(weight, axis(), count, inputs, random).proto());
      } else if (bias != null && t.getName().equals(bias.name())) {
        graph.setInitializer(i, drawn(bias, bias.dims().length - 1, count, inputs, random).proto());
      }
    }
    Set<String> shapes = new HashSet<>();
    for (NodeProto n : old.getNodeList()) {
      if (n.getOpType().equals("Reshape") && behind.contains(n.getInput(0))) {
        shapes.add(n.getInput(1));
      }
    }
    renumber(graph, shapes, before, count);
    for (int i = graph.getValueInfoCount() - 1; i >= 0; i--) {
      if (behind.contains(graph.getValueInfo(i).getName())) {
        graph.removeValueInfo(i);
      }
    }
    graph.getOutputBuilderList().stream()
        .filter(o -> behind.contains(o.getName()))
        .forEach(o -> renumber(o, before, count));
    return model.withGraph(new Graph(graph.build(), model.folder()));
  }

  private static void renumber(ValueInfoProto.Builder output, int before, int after) {
    TensorShapeProto.Builder shape =
        output.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
    for (int i = 1; i < shape.getDimCount(); i++) {
      if (shape.getDim(i).getDimValue() == before) {
        shape.getDimBuilder(i).setDimValue(after);
      }
    }
  }

  /** Values that the head's output reaches. */
  private Set<String> behind() {
    Set<String> reached = new HashSet<>(node.outputs());
    for (Node n : model.graph().nodes()) {
      if (n.inputs().stream().anyMatch(reached::contains)) {
        reached.addAll(n.outputs());
      }
    }
    return reached;
  }

  private static Tensor drawn(Tensor old, int axis, int count, long inputs, Random random) {
    long[] dims = old.dims();
    dims[axis] = count;
    float[] values = new float[Math.toIntExact(Arrays.stream(dims).reduce(1, (a, b) -> a * b))];
    double bound = 1 / Math.sqrt(inputs);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return Tensor.of(old.name(), dims, values);
  }

  /** Puts the new number of classes into shapes, held by initializers or Constant nodes. */
  private static void renumber(GraphProto.Builder graph, Set<String> names, int before, int after) {
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto t = graph.getInitializer(i);
      if (names.contains(t.getName())) {
        graph.setInitializer(i, renumbered(t, before, after));
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto n = graph.getNode(i);
      if (n.getOpType().equals("Constant") && names.contains(n.getOutput(0))) {
        for (int k = 0; k < n.getAttributeCount(); k++) {
          AttributeProto a = n.getAttribute(k);
          if (a.hasT()) {
            graph
                .getNodeBuilder(i)
                .getAttributeBuilder(k)
                .setT(renumbered(a.getT(), before, after));
          }
        }
      }
    }
  }

  private static TensorProto renumbered(TensorProto shape, int before, int after) {
    Tensor tensor = new Tensor(shape, null);
    if (tensor.type() != DataType.INT64) {
      return shape;
    }
    long[] sizes = Arrays.stream(tensor.longs()).map(s -> s == before ? after : s).toArray();
    return Tensor.of(shape.getName(), sizes).proto();
  }

  /** Such as {@code Gemm 'fc', weight [1000, 512]}. */
  @Override
  public String toString() {
    return "%s, weight %s".formatted(node, Arrays.toString(weight.dims()));
  }
}
