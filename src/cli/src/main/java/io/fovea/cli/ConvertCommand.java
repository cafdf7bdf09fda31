package io.fovea.cli;

import io.fovea.converters.DynamicSizes;
import io.fovea.onnx.FixedSizes.Axis;
import io.fovea.onnx.FixedSizes.Place;
import io.fovea.onnx.Model;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "convert",
    description = {
      "Writes another form of an ONNX file. A batch or a picture size that the file was exported",
      "with becomes variable: declared sizes become names, and numbers in reshapes 0 or -1 where",
      "that is provably the same. Where another node holds the size, nothing is written."
    })
final class ConvertCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Option(names = "--dynamic-batch", description = "takes any number of pictures at once")
  boolean batch;

  @Option(names = "--dynamic-size", description = "takes pictures of any height and width")
  boolean size;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the .onnx file to write")
  Path output = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() {
    Set<Axis> axes = EnumSet.noneOf(Axis.class);
    if (batch) {
      axes.add(Axis.BATCH);
    }
    if (size) {
      axes.add(Axis.SIZE);
    }
    if (axes.isEmpty()) {
      throw new Fovea.UserException("convert: expected --dynamic-batch or --dynamic-size");
    }
    DynamicSizes.Result result = DynamicSizes.free(Model.read(file), axes);
    boolean whole = result.left().isEmpty();
    if (whole) {
      result.model().write(output);
    }
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", whole ? output.toString() : null);
      facts.put("done", result.done());
      facts.put("left", result.left());
      System.out.println(Json.text(facts));
    }
    if (!whole) {
      throw new Fovea.UserException(
          "%s holds a fixed size, nothing is written:%n%s"
              .formatted(
                  file,
                  result.left().stream().map(Place::toString).collect(Collectors.joining("\n"))));
    }
    if (!json) {
      result.done().forEach(System.out::println);
      System.out.printf("%s: written%n", output);
    }
    return 0;
  }
}
