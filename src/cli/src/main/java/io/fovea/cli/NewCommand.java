package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.onnx.Model;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "new", description = "Writes an untrained graph.")
final class NewCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ARCHITECTURE", description = "a name of: fovea architectures")
  String name = "";

  @Option(names = "--classes", description = "number of classes; as in the paper unless given")
  @Nullable Integer classes;

  @Mixin GraphOptions options = new GraphOptions();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the .onnx file")
  Path output = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    OutputFile.model(output);
    Architecture architecture = Architectures.named(name);
    Model model = architecture.model(options.options(classes));
    if (architecture.paints()) { // so that no command takes it otherwise
      Task task = new Task(Task.Kind.valueOf(architecture.task().name()), Task.Output.VALUES);
      for (var pair : Specification.none().withTask(task).toMetadata().entrySet()) {
        model = model.withMetadata(pair.getKey(), pair.getValue());
      }
    }
    model.write(output);
    long parameters = InspectCommand.parameters(model);
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", output.toString());
      facts.put("architecture", name);
      facts.put("parameters", parameters);
      facts.put("opset", model.opset());
      System.out.println(Json.text(facts));
      return 0;
    }
    System.out.printf(
        "%s: %s, %,d parameters, opset %d%n", output, name, parameters, model.opset());
    return 0;
  }
}
