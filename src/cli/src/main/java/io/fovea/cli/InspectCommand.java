package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Cost;
import io.fovea.onnx.FixedSizes;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.Placement;
import io.fovea.runtime.Specification;
import io.fovea.train.Roles;
import io.fovea.train.Surgery;
import io.fovea.train.Trainability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(names = "--svg", paramLabel = "FILE", description = "also draws the graph")
  @Nullable Path svg;

  @Option(
      names = "--size",
      paramLabel = "N|HxW",
      description =
          "counts multiply-adds for a picture of this size; default: the file's, where it has one")
  @Nullable String size;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "also runs the file there once, on a blank picture, and tells what each node runs on")
  @Nullable String device;

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
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
    Cost cost = cost(model);
    if (cost.multiplyAdds() >= 0) {
      facts.put("multiplyAdds", cost.multiplyAdds());
    }
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
    if (device != null) {
      place(facts, ServingOptions.device(device));
    }
    if (svg != null) {
      GraphSvg.write(svg, String.valueOf(file.getFileName()), model, cost);
    }
    if (json) {
      System.out.println(Json.text(facts));
    } else {
      print("", facts);
    }
    return 0;
  }

  private void place(Map<String, Object> facts, Device asked) {
    Placement met = Placement.of(file, asked, size == null ? null : FeedOptions.sides(size));
    Map<String, List<String>> nodes = new TreeMap<>();
    met.nodes()
        .forEach(
            n -> nodes.computeIfAbsent(n.provider(), p -> new ArrayList<>()).add(n.toString()));
    facts.put("device", "%s (%s)".formatted(met.device(), met.reason()));
    facts.put("nodesRun", met.counts());
    facts.put("nodes", nodes);
  }

  /** Counted at the size that is asked for, that pictures are fed at, or that the file declares. */
  private Cost cost(Model model) {
    int[] sides = size == null ? null : FeedOptions.sides(size);
    Preprocessing fed = Specification.of(file.toString(), model.metadata()).preprocessing();
    if (sides == null && fed != null) {
      int[] small = fed.shape(1, 1);
      int[] large = fed.shape(1000, 500);
      sides = Arrays.equals(small, large) ? new int[] {small[1], small[2]} : null;
    }
    try {
      return sides == null ? Cost.of(model, Map.of()) : Cost.of(model, sides[0], sides[1]);
    } catch (OnnxException e) {
      if (size != null) {
        throw e;
      }
      return Cost.of(model, Map.of());
    }
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
