package io.fovea.cli;

import io.fovea.onnx.FixedSizes;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.train.Roles;
import io.fovea.train.Surgery;
import io.fovea.train.Trainability;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Shows inputs, outputs, operators, parameters and metadata of an ONNX file.")
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Option(names = "--parameters", description = "also list every initializer with its role")
  boolean all;

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() {
    Model model = Model.read(file);
    Graph graph = model.graph();
    Roles roles = Roles.of(graph);
    Map<String, Integer> operators = new TreeMap<>();
    graph.nodes().stream().map(Node::operator).forEach(o -> operators.merge(o, 1, Integer::sum));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("file", file.toString());
    facts.put("graph", graph.name());
    facts.put("producer", model.proto().getProducerName());
    facts.put("opset", model.opset());
    facts.put("ir", model.proto().getIrVersion());
    facts.put("inputs", graph.inputs().stream().map(Object::toString).toList());
    facts.put("outputs", graph.outputs().stream().map(Object::toString).toList());
    facts.put("operators", operators);
    facts.put("parameters", count(graph, roles.parameters()));
    facts.put("state", count(graph, roles.state()));
    facts.put("constants", count(graph, roles.constants()));
    Trainability trainability = Trainability.of(model);
    facts.put("trainable", trainability.isTrainable() ? "yes" : trainability.reasons());
    List<String> notes = new ArrayList<>(Surgery.notes(model));
    FixedSizes.of(model, Set.of(FixedSizes.Axis.BATCH))
        .places()
        .forEach(p -> notes.add("the batch is fixed by " + p + "; fovea convert --dynamic-batch"));
    facts.put("notes", notes);
    facts.put("metadata", model.metadata());
    if (all) {
      Map<String, Object> named = new LinkedHashMap<>();
      named.put("parameters", texts(graph, roles.parameters()));
      named.put("state", texts(graph, roles.state()));
      named.put("constants", texts(graph, roles.constants()));
      facts.put("initializers", named);
    }
    if (json) {
      System.out.println(Json.text(facts));
    } else {
      print("", facts);
    }
    return 0;
  }

  private static List<String> texts(Graph graph, List<String> names) {
    Map<String, Tensor> all = graph.initializers();
    return names.stream().map(n -> String.valueOf(all.get(n))).toList();
  }

  private static void print(String indent, Map<?, ?> facts) {
    facts.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> m) {
            System.out.println(indent + key + ":");
            print(indent + "  ", m);
          } else if (value instanceof List<?> list) {
            System.out.println(indent + key + ":");
            list.forEach(v -> System.out.println(indent + "  " + v));
          } else {
            System.out.println(indent + key + ": " + value);
          }
        });
  }

  private static long count(Graph graph, List<String> names) {
    Map<String, Tensor> all = graph.initializers();
    return names.stream().map(all::get).mapToLong(t -> t == null ? 0 : t.size()).sum();
  }

  /** Numbers that training changes. */
  static long parameters(Model model) {
    return count(model.graph(), Roles.of(model.graph()).parameters());
  }
}
