package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.TensorType;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "architectures", description = "Lists what can be built; with a name, its layers.")
final class ArchitecturesCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "one architecture")
  @Nullable String name;

  @Option(names = "--json", description = "one JSON object, or one a line")
  boolean json;

  @Override
  public Integer call() {
    if (name != null) {
      describe(Architectures.named(name));
      return 0;
    }
    String columns = "%-19s %11s  %-14s  %-9s %-9s %s";
    if (!json) {
      String heading =
          columns.formatted("name", "parameters", "task", "pictures", "smallest", "paper");
      System.out.println(Terminal.heading(heading));
    }
    for (Architecture a : Architectures.all()) {
      Model model = a.model(Options.defaults());
      System.out.println(
          json
              ? Json.text(facts(a, model))
              : columns.formatted(
                  a.name(),
                  "%,d".formatted(InspectCommand.parameters(model)),
                  task(a),
                  a.size() + "x" + a.size(),
                  a.smallest() + "x" + a.smallest(),
                  a.paper()));
    }
    return 0;
  }

  private void describe(Architecture a) {
    Model model = a.model(Options.defaults());
    Map<String, TensorType> types = ShapeInference.infer(model);
    if (json) {
      Map<String, Object> facts = facts(a, model);
      facts.put("layers", model.graph().nodes().stream().map(n -> layer(n, types)).toList());
      System.out.println(Json.text(facts));
      return;
    }
    System.out.printf(
        "%s: %,d parameters, %s, %s%n%n",
        a.name(), InspectCommand.parameters(model), task(a), a.paper());
    String columns = "%-28s %-20s %s";
    System.out.println(Terminal.heading(columns.formatted("layer", "operator", "output")));
    for (Node n : model.graph().nodes()) {
      System.out.println(columns.formatted(n.label(), n.operator(), output(n, types)));
    }
  }

  private static Map<String, Object> facts(Architecture a, Model model) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("name", a.name());
    facts.put("paper", a.paper());
    facts.put("task", task(a));
    facts.put("channels", a.channels());
    boolean paints = a.task() == Architecture.Task.PICTURE;
    facts.put(paints ? "outputChannels" : "classes", a.classes());
    facts.put("size", a.size());
    facts.put("smallest", a.smallest());
    facts.put("parameters", InspectCommand.parameters(model));
    return facts;
  }

  private static Map<String, Object> layer(Node n, Map<String, TensorType> types) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("layer", n.label());
    facts.put("operator", n.operator());
    facts.put("output", output(n, types));
    return facts;
  }

  private static String output(Node n, Map<String, TensorType> types) {
    return String.valueOf(types.get(n.outputs().get(0)));
  }

  private static String task(Architecture a) {
    return a.task().name().toLowerCase(Locale.ROOT);
  }
}
