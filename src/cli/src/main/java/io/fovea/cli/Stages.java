package io.fovea.cli;

import io.fovea.onnx.Cost;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A graph in the rows of a paper's table. A row is what nodes of one name up to a dot do, such as
 * {@code layer1}; a name whose parts end at several resolutions, such as {@code features}, is told
 * part by part. Neighbours without a name in common, and parts that are numbered, are one row as
 * long as their output keeps its shape.
 */
final class Stages {
  /**
   * A row.
   *
   * @param operators how often each operator stands in it
   * @param output the shape that it ends with; null where it is not known
   * @param parameters numbers that training changes
   * @param multiplyAdds for one picture; -1 where they are not known
   */
  record Stage(
      String name,
      Map<String, Integer> operators,
      @Nullable List<Dim> output,
      long parameters,
      long multiplyAdds) {

    /** {@code 64x56x56}, without the batch. */
    String shape() {
      return Stages.shape(output);
    }

    /** {@code 3 Conv, 2 Relu, Add}: the most frequent first. */
    String operatorText() {
      return operators.entrySet().stream()
          .sorted(Comparator.comparing(e -> -e.getValue()))
          .map(e -> e.getValue() == 1 ? e.getKey() : e.getValue() + " " + e.getKey())
          .collect(Collectors.joining(", "));
    }
  }

  /** Nodes of a row, and whether it may go on with the next. */
  private record Group(String first, String last, List<Node> nodes, boolean joins) {
    Node end() {
      return nodes.get(nodes.size() - 1);
    }
  }

  private final Cost cost;
  private final Map<String, Tensor> weights;
  private final Set<String> parameters;
  private final Set<String> counted = new HashSet<>(); // values made of pictures or parameters

  private Stages(Graph graph, Set<String> parameters, Cost cost) {
    this.cost = cost;
    this.weights = graph.initializers();
    this.parameters = new LinkedHashSet<>(parameters);
    graph.inputs().forEach(i -> counted.add(i.name()));
    counted.addAll(parameters);
  }

  /** The rows of a model, in the graph's order; a parameter counts where it is used first. */
  static List<Stage> of(Model model, Set<String> parameters, Cost cost) {
    Model flat = model.inlined();
    Stages stages = new Stages(flat.graph(), parameters, cost);
    return stages.split(stages.seen(flat.graph()), "").stream().map(stages::stage).toList();
  }

  /** A row for every node. */
  static List<Stage> layers(Model model, Set<String> parameters, Cost cost) {
    Model flat = model.inlined();
    Stages stages = new Stages(flat.graph(), parameters, cost);
    return flat.graph().nodes().stream()
        .map(n -> stages.stage(new Group(n.label(), n.label(), List.of(n), false)))
        .toList();
  }

  static String shape(@Nullable List<Dim> shape) {
    return shape == null
        ? "?"
        : shape.stream().skip(1).map(Dim::toString).collect(Collectors.joining("x"));
  }

  /** What only computes sizes is no part of a table. */
  private List<Node> seen(Graph graph) {
    List<Node> seen = new ArrayList<>();
    for (Node n : graph.nodes()) {
      boolean sizes = Set.of("Shape", "Size").contains(n.operator());
      if (!sizes && n.inputs().stream().anyMatch(counted::contains)) {
        counted.addAll(n.outputs());
        seen.add(n);
      }
    }
    return seen;
  }

  private List<Group> split(List<Node> nodes, String prefix) {
    List<Group> parts = new ArrayList<>();
    for (int from = 0; from < nodes.size(); ) {
      String part = part(nodes.get(from), prefix);
      int to = from + 1;
      while (to < nodes.size() && part(nodes.get(to), prefix).equals(part)) {
        to++;
      }
      List<Node> same = nodes.subList(from, to);
      String name = prefix + part;
      boolean numbered = part.matches("\\d+");
      if (same.size() > 1 && !numbered && resolutions(same, name + ".") > 1) {
        parts.addAll(split(same, name + "."));
      } else {
        parts.add(new Group(name, name, same, numbered || same.size() == 1));
      }
      from = to;
    }
    return joined(parts);
  }

  private static String part(Node node, String prefix) {
    String label = node.label();
    String rest = label.startsWith(prefix) ? label.substring(prefix.length()) : label;
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }

  /** At how many heights and widths the parts of a name end. */
  private int resolutions(List<Node> nodes, String prefix) {
    Set<List<Dim>> ends = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      boolean last =
          i == nodes.size() - 1
              || !part(nodes.get(i), prefix).equals(part(nodes.get(i + 1), prefix));
      List<Dim> shape = output(nodes.get(i));
      if (last && shape != null && shape.size() == 4) {
        ends.add(shape.subList(2, 4));
      }
    }
    return ends.size();
  }

  private List<Group> joined(List<Group> parts) {
    List<Group> all = new ArrayList<>();
    for (Group next : parts) {
      Group before = all.isEmpty() ? null : all.get(all.size() - 1);
      if (before != null
          && before.joins
          && next.joins
          && Objects.equals(output(before.end()), output(next.end()))) {
        List<Node> both = new ArrayList<>(before.nodes);
        both.addAll(next.nodes);
        all.set(all.size() - 1, new Group(before.first, next.last, both, true));
      } else {
        all.add(next);
      }
    }
    return all;
  }

  private @Nullable List<Dim> output(Node node) {
    TensorType type = cost.types().get(node.outputs().get(0));
    return type == null ? null : type.shape();
  }

  private Stage stage(Group g) {
    Map<String, Integer> operators = new LinkedHashMap<>();
    long count = 0;
    long products = 0;
    for (Node node : g.nodes) {
      operators.merge(node.operator(), 1, Integer::sum);
      for (String input : node.inputs()) {
        Tensor weight = parameters.remove(input) ? weights.get(input) : null;
        count += weight == null ? 0 : weight.size();
      }
      long more =
          node.outputs().isEmpty() ? 0 : cost.nodes().getOrDefault(node.outputs().get(0), 0L);
      products = more < 0 || products < 0 ? -1 : products + more;
    }
    return new Stage(between(g.first, g.last), operators, output(g.end()), count, products);
  }

  /** {@code features.0-3} from {@code features.0} to {@code features.3}. */
  private static String between(String first, String last) {
    if (first.equals(last)) {
      return first;
    }
    int dot = first.lastIndexOf('.') + 1;
    boolean inside = last.length() > dot && last.startsWith(first.substring(0, dot));
    return first + "-" + (inside ? last.substring(dot) : last);
  }
}
