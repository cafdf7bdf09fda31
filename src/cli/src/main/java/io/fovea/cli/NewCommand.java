package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.onnx.Model;
import java.nio.file.Path;
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

  @Override
  public Integer call() {
    Architecture architecture = Architectures.named(name);
    Model model = architecture.model(options.options(classes));
    model.write(output);
    System.out.printf(
        "%s: %s, %,d parameters, opset %d%n",
        output, name, InspectCommand.parameters(model), model.opset());
    return 0;
  }
}
