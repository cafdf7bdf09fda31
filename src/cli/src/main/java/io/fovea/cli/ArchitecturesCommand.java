package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.TensorType;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "architectures", description = "Lists what can be built; with a name, its layers.")
final class ArchitecturesCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "one architecture")
  @Nullable String name;

  @Override
  public Integer call() {
    if (name != null) {
      describe(Architectures.named(name));
      return 0;
    }
    System.out.printf(
        "%-12s %12s  %-9s %-9s %s%n", "name", "parameters", "pictures", "smallest", "paper");
    for (Architecture a : Architectures.all()) {
      Model model = a.model(Options.defaults());
      System.out.printf(
          "%-12s %,12d  %-9s %-9s %s%n",
          a.name(),
          InspectCommand.parameters(model),
          a.size() + "x" + a.size(),
          a.smallest() + "x" + a.smallest(),
          a.paper());
    }
    return 0;
  }

  private static void describe(Architecture a) {
    Model model = a.model(Options.defaults());
    Map<String, TensorType> types = ShapeInference.infer(model);
    System.out.printf(
        "%s: %,d parameters, %s%n%n", a.name(), InspectCommand.parameters(model), a.paper());
    System.out.printf("%-28s %-20s %s%n", "layer", "operator", "output");
    model
        .graph()
        .nodes()
        .forEach(
            n ->
                System.out.printf(
                    "%-28s %-20s %s%n", n.label(), n.operator(), types.get(n.outputs().get(0))));
  }
}
