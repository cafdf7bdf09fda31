package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.FixedSizes;
import io.fovea.onnx.FixedSizes.Axis;
import io.fovea.onnx.FixedSizes.Place;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.TensorShapeProto;
import io.fovea.onnx.proto.TensorShapeProto.Dimension;
import io.fovea.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Frees a model of the batch or the picture's size that it was exported with: declared sizes become
 * names, and a number in a Reshape becomes 0 or -1 where that gives the same at the old sizes and
 * keeps every picture's elements together at others. All else stays as it is.
 */
public final class DynamicSizes {
  /** Beyond it, the constants of a graph are not repaired one by one. */
  private static final int MOST_ROUNDS = 1000;

  /**
   * What came of it.
   *
   * @param done what was changed, a line each
   * @param left the nodes that still hold a size; the model runs at all sizes where there is none
   */
  public record Result(Model model, List<String> done, List<Place> left) {}

  private final Map<String, TensorType> old;
  private final Set<Axis> axes;
  private final List<String> done = new ArrayList<>();
  private Model model;

  private DynamicSizes(Model model, Set<Axis> axes) {
    this.model = model;
    this.axes = axes;
    this.old = ShapeInference.infer(model);
  }

  /**
   * Frees a model of fixed sizes.
   *
   * @param axes what shall vary
   */
  public static Result free(Model model, Set<Axis> axes) {
    return new DynamicSizes(model, axes).free();
  }

  private Result free() {
    FixedSizes sizes = FixedSizes.of(model, axes);
    for (int round = 0; round < MOST_ROUNDS; round++) {
      if (!repaired(sizes)) {
        break;
      }
      sizes = FixedSizes.of(model, axes);
    }
    if (sizes.places().isEmpty()) {
      declare(sizes);
    }
    return new Result(model, List.copyOf(done), sizes.places());
  }

  /** Repairs the reshapes that are named, as far as they can be; whether any was. */
  private boolean repaired(FixedSizes sizes) {
    boolean any = false;
    Set<String> reshapes = new HashSet<>();
    for (Place place : sizes.places()) {
      if (place.operator().equals("Reshape")) {
        reshapes.add(place.node());
      }
    }
    List<Node> nodes = model.graph().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (node.operator().equals("Reshape") && reshapes.contains(node.label())) {
        any |= node.domain().isEmpty() && node.inputs().size() == 2 && repair(i, node, sizes);
      }
    }
    return any;
  }

  private boolean repair(int index, Node node, FixedSizes sizes) {
    List<Dim> before = old.getOrDefault(node.inputs().get(0), NOTHING).shape();
    List<Dim> x = sizes.type(node.inputs().get(0)).shape();
    long[] target = constant(node.inputs().get(1));
    if (before == null || x == null || target == null || before.size() != x.size()) {
      return false;
    }
    boolean zeros = node.attribute("allowzero", 0) == 0;
    long[] next = repaired(before, x, target, zeros, sizes);
    if (next == null || Arrays.equals(next, target)) {
      return false;
    }
    model = model.withGraph(rewritten(index, node, next));
    done.add("%s: shape %s is %s".formatted(node, Arrays.toString(target), Arrays.toString(next)));
    return true;
  }

  private static final TensorType NOTHING = new TensorType(DataType.UNDEFINED, null);

  /** The target with as few numbers as need be made 0 or -1; null where that does not do. */
  private static long @Nullable [] repaired(
      List<Dim> before, List<Dim> x, long[] target, boolean zeros, FixedSizes sizes) {
    long[] next = target.clone();
    for (int i = 0; zeros && i < Math.min(next.length, x.size()); i++) {
      if (next[i] > 0 && before.get(i).equals(Dim.of(next[i])) && !x.get(i).isKnown()) {
        next[i] = 0;
      }
    }
    if (fits(x, next)) {
      return next;
    }
    if (Arrays.stream(next).anyMatch(n -> n == -1)) {
      return null;
    }
    if (next.length > 0 && next[0] > 0 && sizes.isBatch(x.get(0))) {
      next[0] = -1; // pictures lie one after the other, so each is reshaped as it was
      return fits(x, next) ? next : null;
    }
    long[] only = null;
    for (int i = 0; i < next.length; i++) {
      long[] open = next.clone();
      open[i] = -1;
      if (next[i] > 0 && fits(x, open)) {
        if (only != null) {
          return null; // two ways, of which one is wrong
        }
        only = open;
      }
    }
    return only;
  }

  /** Whether a shape takes all elements, whatever the names of the sizes stand for. */
  private static boolean fits(List<Dim> x, long[] target) {
    Dim taken = Dim.of(1);
    boolean open = false;
    for (int i = 0; i < target.length; i++) {
      open |= target[i] == -1;
      if (target[i] == 0 && i >= x.size()) {
        return false;
      }
      taken = target[i] == -1 ? taken : taken.times(target[i] == 0 ? x.get(i) : Dim.of(target[i]));
    }
    Dim rest = Dim.product(x).exactDiv(taken);
    return open ? !rest.isUnknown() : rest.equals(Dim.of(1));
  }

  private long @Nullable [] constant(String value) {
    Tensor tensor = model.graph().initializers().get(value);
    for (Node node : model.graph().nodes()) {
      if (tensor == null && node.outputs().contains(value)) {
        tensor = node.constant();
      }
    }
    return tensor == null || tensor.type() != DataType.INT64 ? null : tensor.longs();
  }

  /**
   * The graph with another constant for one node: in its place, or beside it where others use it.
   */
  private Graph rewritten(int index, Node node, long[] target) {
    GraphProto.Builder graph = model.graph().proto().toBuilder();
    String name = node.inputs().get(1);
    boolean shared = uses(name) != 1;
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      if (!shared && graph.getInitializer(i).getName().equals(name)) {
        graph.setInitializer(i, Tensor.of(name, target).proto());
        return new Graph(graph.build(), model.folder());
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      if (!shared && graph.getNode(i).getOutputList().contains(name)) {
        AttributeProto was = graph.getNode(i).getAttribute(0);
        Attribute is =
            was.getName().equals("value_ints")
                ? Attribute.ints("value_ints", target)
                : Attribute.of("value", Tensor.of(was.getT().getName(), target));
        graph.getNodeBuilder(i).setAttribute(0, is.proto());
        return new Graph(graph.build(), model.folder());
      }
    }
    String own = free(name + "/" + node.label());
    graph.addInitializer(Tensor.of(own, target).proto());
    if (model.proto().getIrVersion() < 4) { // then every constant is an input too
      graph.addInput(ValueInfo.of(own, TensorType.of(DataType.INT64, target.length)).proto());
    }
    graph.getNodeBuilder(index).setInput(1, own);
    return new Graph(graph.build(), model.folder());
  }

  private int uses(String value) {
    int uses = 0;
    for (Node node : model.graph().nodes()) {
      boolean nested = node.attributes().stream().anyMatch(a -> a.proto().hasG());
      uses += nested ? 2 : (int) node.inputs().stream().filter(value::equals).count();
    }
    return uses
        + (int) model.graph().outputs().stream().filter(o -> o.name().equals(value)).count();
  }

  private String free(String name) {
    String free = name;
    while (old.containsKey(free) || model.graph().initializers().containsKey(free)) {
      free += "_";
    }
    return free;
  }

  /** Writes the names of the sizes into what the graph declares of its values. */
  private void declare(FixedSizes sizes) {
    GraphProto.Builder graph = model.graph().proto().toBuilder();
    Map<String, TensorType> inputs = sizes.inputs();
    for (ValueInfoProto.Builder input : graph.getInputBuilderList()) {
      TensorType type = inputs.get(input.getName());
      if (type != null) {
        declare("input", input, type);
      }
    }
    graph.getOutputBuilderList().forEach(o -> declare("output", o, sizes.type(o.getName())));
    graph.getValueInfoBuilderList().forEach(v -> declare("", v, sizes.type(v.getName())));
    model = model.withGraph(new Graph(graph.build(), model.folder()));
  }

  private void declare(String what, ValueInfoProto.Builder value, TensorType type) {
    if (!value.getType().hasTensorType() || !value.getType().getTensorType().hasShape()) {
      return;
    }
    TensorType was = new ValueInfo(value.build()).type();
    TensorShapeProto.Builder shape =
        value.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
    List<Dim> is = type.shape();
    for (int i = 0; i < shape.getDimCount(); i++) {
      Dim size = is == null || is.size() != shape.getDimCount() ? Dim.UNKNOWN : is.get(i);
      Dimension.Builder dim = shape.getDimBuilder(i);
      if (size.isUnknown()) {
        dim.clearValue(); // what was said of it held at the old sizes
      } else if (!size.isKnown() && !dim.getDimParam().equals(size.toString())) {
        dim.setDimParam(size.toString());
      }
    }
    TensorType now = new ValueInfo(value.build()).type();
    if (!what.isEmpty() && !Objects.equals(was, now)) {
      done.add("%s '%s': %s is %s".formatted(what, value.getName(), was.shape(), now.shape()));
    }
  }
}
