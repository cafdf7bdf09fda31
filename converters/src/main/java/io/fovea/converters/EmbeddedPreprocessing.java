package io.fovea.converters;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.Value;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.AttributeProto;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.NodeProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Compiles a {@link Preprocessing} into a model, in front of its own graph, so that any runtime of
 * ONNX in any language takes raw pictures of any size: the new input is uint8 {@code [N, H, W, 3]},
 * RGB, also where the net sees grey. The numbers are those of the steps outside of a graph.
 */
public final class EmbeddedPreprocessing {
  /** The metadata key of the steps. */
  static final String KEY = "fovea.preprocessing";

  private static final int OLDEST_OPSET = 11;
  private static final int BUILT_OPSET = 17; // what is used of it is the same from 11 on

  private EmbeddedPreprocessing() {}

  /**
   * The model that takes raw pictures. Its metadata names the steps, which are now the graph's own,
   * so that results are found again in the picture; but for how files are decoded, which happens
   * before there are pixels.
   *
   * @throws OnnxException where the model takes something else than one batch of pictures of the
   *     size and channels that the steps give, is older than opset 11, or a step cannot be embedded
   */
  public static Model embed(Model model, Preprocessing steps) {
    if (model.opset() < OLDEST_OPSET) {
      throw new OnnxException(
          "embedding a preprocessing: expected opset %d or newer, met %d"
              .formatted(OLDEST_OPSET, model.opset()));
    }
    ValueInfo input = input(model.graph());
    List<Dim> net = new Value(input.name(), input.type()).shape();
    Set<String> names = names(model.graph().proto());
    Dim batch = net.get(0).isUnknown() ? Dim.of("batch") : net.get(0);
    String raw = free("pictures", names);
    String prefix = "preprocessing/";
    while (anyStarts(names, prefix)) {
      prefix = "_" + prefix;
    }
    GraphBuilder builder = new GraphBuilder("preprocessing", BUILT_OPSET);
    Value pictures =
        builder.input(
            raw,
            DataType.UINT8,
            batch,
            Dim.of(free("picture_height", names)),
            Dim.of(free("picture_width", names)),
            Dim.of(3));
    Sums sums = new Sums(builder, prefix);
    Value tensor = StepNodes.of(sums, pictures, steps.steps());
    check(input, tensor);
    sums.enter("");
    Value last =
        input.type().elements() == DataType.FLOAT
            ? sums.node("Identity", List.of(tensor))
            : sums.cast(tensor, input.type().elements());
    builder.output(last);
    GraphProto front = builder.build().graph().proto();
    return model
        .withMetadata(KEY, steps.toJson())
        .withGraph(new Graph(joined(front, model.graph().proto(), input), model.folder()));
  }

  private static ValueInfo input(Graph graph) {
    List<ValueInfo> inputs = graph.inputs();
    if (inputs.size() != 1) {
      throw new OnnxException(
          "embedding a preprocessing: expected one input, met "
              + inputs.stream().map(ValueInfo::name).toList());
    }
    TensorType type = inputs.get(0).type();
    boolean real = type.elements() == DataType.FLOAT || type.elements() == DataType.FLOAT16;
    if (!real || type.shape() == null || type.shape().size() != 4) {
      throw new OnnxException(
          "input '%s': expected float or float16 [N, C, H, W], met %s"
              .formatted(inputs.get(0).name(), type));
    }
    return inputs.get(0);
  }

  /** Channels, height and width, where the net wants certain ones. */
  private static void check(ValueInfo input, Value tensor) {
    List<Dim> wanted = new Value(input.name(), input.type()).shape();
    List<Dim> given = tensor.shape();
    for (int i = 1; i < 4; i++) {
      if (wanted.get(i).isKnown() && !wanted.get(i).equals(given.get(i))) {
        throw new OnnxException(
            "input '%s' takes [C, H, W] = %s, the steps give %s"
                .formatted(input.name(), text(wanted), text(given)));
      }
    }
  }

  private static List<String> text(List<Dim> shape) {
    return shape.subList(1, 4).stream().map(d -> d.isKnown() ? d.toString() : "any").toList();
  }

  /** The nodes of the one before those of the other, whose input the last of them gives. */
  private static GraphProto joined(GraphProto front, GraphProto net, ValueInfo input) {
    GraphProto.Builder graph = net.toBuilder().clearNode().clearInput();
    graph.addAllInput(front.getInputList());
    net.getInputList().stream()
        .filter(i -> !i.getName().equals(input.name()))
        .forEach(graph::addInput); // constants of old files
    int last = front.getNodeCount() - 1;
    graph.addAllNode(front.getNodeList().subList(0, last));
    graph.addNode(front.getNode(last).toBuilder().setOutput(0, input.name()));
    graph.addAllNode(net.getNodeList());
    graph.addValueInfo(input.proto());
    return graph.build();
  }

  private static String free(String name, Set<String> taken) {
    return taken.contains(name) ? free(name + "_", taken) : name;
  }

  private static boolean anyStarts(Set<String> names, String prefix) {
    return names.stream().anyMatch(n -> n.startsWith(prefix));
  }

  /** All names of values, nodes and sizes, also those of inner graphs. */
  private static Set<String> names(GraphProto graph) {
    Set<String> names = new HashSet<>();
    graph.getInitializerList().forEach(t -> names.add(t.getName()));
    graph.getSparseInitializerList().forEach(t -> names.add(t.getValues().getName()));
    List.of(graph.getInputList(), graph.getOutputList(), graph.getValueInfoList())
        .forEach(
            values ->
                values.forEach(
                    v -> {
                      names.add(v.getName());
                      v.getType()
                          .getTensorType()
                          .getShape()
                          .getDimList()
                          .forEach(d -> names.add(d.getDimParam()));
                    }));
    for (NodeProto node : graph.getNodeList()) {
      names.add(node.getName());
      names.addAll(node.getOutputList());
      for (AttributeProto a : node.getAttributeList()) {
        if (a.hasG()) {
          names.addAll(names(a.getG()));
        }
        a.getGraphsList().forEach(g -> names.addAll(names(g)));
      }
    }
    return names;
  }
}
