package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.DynamicSizes;
import io.fovea.converters.EmbeddedPreprocessing;
import io.fovea.converters.PublishedWeights;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.FixedSizes.Axis;
import io.fovea.onnx.FixedSizes.Place;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Safetensors;
import io.fovea.runtime.Specification;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "convert",
    description = {
      "Writes another form of an ONNX file, or an architecture with published weights.",
      "Weights come from a safetensors file by their names alone. A batch or a picture size that a",
      "file was exported with becomes variable: declared sizes become names, and numbers in reshapes",
      "0 or -1 where that is provably the same. Where another node holds the size, nothing is",
      "written. Embedding puts the preprocessing of the file, or of --preprocessing, into the graph,",
      "so that any ONNX runtime takes raw pictures: the input is uint8 [N, H, W, 3], RGB, of any",
      "size. Both forms are run on random pictures before anything is written. It comes after all",
      "else that is asked."
    })
final class ConvertCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "ARCHITECTURE|FILE",
      description = "a name of: fovea architectures, or an .onnx file")
  String net = "";

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "a .safetensors file whose names are the graph's")
  @Nullable Path weights;

  @Option(
      names = "--classes",
      description = "of an architecture: number of classes; as in the paper unless given")
  @Nullable Integer classes;

  @Mixin GraphOptions graph = new GraphOptions();

  @Mixin MetadataOptions metadata = new MetadataOptions();

  @Option(names = "--dynamic-batch", description = "takes any number of pictures at once")
  boolean batch;

  @Option(names = "--dynamic-size", description = "takes pictures of any height and width")
  boolean size;

  @Option(
      names = "--embed-preprocessing",
      description = "takes raw pictures: the steps become part of the graph")
  boolean embed;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the .onnx file to write")
  Path output = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    boolean isFile = net.endsWith(".onnx");
    Set<Axis> axes = axes();
    if (isFile && (classes != null || graph.dropout != null || graph.shapes())) {
      throw new Fovea.UserException(
          "--classes, --dropout, " + GraphOptions.NAMES + " are for architectures, not " + net);
    }
    if (isFile && weights == null && axes.isEmpty() && !metadata.given() && !embed) {
      throw new Fovea.UserException(
          "convert: expected --weights, --dynamic-batch, --dynamic-size, --embed-preprocessing,"
              + " --preprocessing or --labels");
    }
    Architecture named = isFile ? null : Architectures.named(net);
    if (named != null && weights == null) {
      throw new Fovea.UserException(
          "an architecture has no weights: give --weights, or write an untrained graph by fovea new");
    }
    OutputFile.model(output);
    Model model = named == null ? Model.read(Path.of(net)) : named.outline(graph.options(classes));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("file", output.toString());
    if (weights != null) {
      model = filled(model, weights, facts);
    }
    model = metadata.written(model, net, named, weights);
    if (!axes.isEmpty()) {
      model = freed(model, axes, facts);
    }
    if (embed) {
      model = embedded(model, facts);
    }
    model.write(output);
    if (json) {
      System.out.println(Json.text(facts));
      return 0;
    }
    System.out.printf("%s: written%n", output);
    return 0;
  }

  private Set<Axis> axes() {
    Set<Axis> axes = EnumSet.noneOf(Axis.class);
    if (batch) {
      axes.add(Axis.BATCH);
    }
    if (size) {
      axes.add(Axis.SIZE);
    }
    return axes;
  }

  private Model filled(Model model, Path checkpoint, Map<String, Object> facts) {
    PublishedWeights filled = PublishedWeights.load(model, Safetensors.read(checkpoint));
    facts.put("loaded", filled.loaded().size());
    facts.put("skipped", filled.skipped());
    if (!filled.skipped().isEmpty()) {
      Terminal.note(
          "skipped %d tensors of auxiliary heads: %s",
          filled.skipped().size(), String.join(", ", filled.skipped()));
    }
    say("%s: %d tensors from %s", net, filled.loaded().size(), checkpoint);
    return filled.model();
  }

  private Model freed(Model model, Set<Axis> axes, Map<String, Object> facts) {
    DynamicSizes.Result result = DynamicSizes.free(model, axes);
    List<Place> left = result.left();
    facts.put("done", result.done());
    facts.put("left", left);
    if (left.isEmpty()) {
      result.done().forEach(d -> say("%s", d));
      return result.model();
    }
    if (json) {
      facts.put("file", null);
      System.out.println(Json.text(facts));
    }
    throw new Fovea.UserException(
        "%s holds a fixed size, nothing is written:%n%s"
            .formatted(net, left.stream().map(Place::toString).collect(Collectors.joining("\n"))));
  }

  private Model embedded(Model model, Map<String, Object> facts) {
    Preprocessing steps = Specification.of(net, model.metadata()).preprocessing();
    if (steps == null) {
      throw new Fovea.UserException(
          net + " does not say how pictures are fed to it: give --preprocessing");
    }
    Model embedded;
    try {
      embedded = EmbeddedPreprocessing.embed(model, steps);
    } catch (OnnxException e) {
      throw new Fovea.UserException(net + ": " + e.getMessage());
    }
    double difference = EmbeddedCheck.difference(net, model, embedded, steps);
    facts.put("difference", difference);
    say("%s: its preprocessing is in the graph; largest difference %.1e", net, difference);
    return embedded;
  }

  private void say(String format, Object... args) {
    if (!json) {
      System.out.println(format.formatted(args));
    }
  }
}
