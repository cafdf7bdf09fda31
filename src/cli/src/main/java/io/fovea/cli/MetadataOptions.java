package io.fovea.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.converters.Architecture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Sha256;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say what a file of another origin does not: how it is fed, and what it tells. */
final class MetadataOptions {
  @Option(
      names = "--preprocessing",
      paramLabel = "NAME|FILE",
      description =
          "written into the file: imagenet, caffe, zero-one, raw, or a JSON file of steps")
  @Nullable String preprocessing;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "written into the file: names of the classes, one a line, or a JSON list")
  @Nullable Path labels;

  boolean given() {
    return preprocessing != null || labels != null;
  }

  /** The model with what is known of it as metadata. */
  Model written(Model model, String name, @Nullable Architecture named, @Nullable Path weights)
      throws IOException {
    Specification s = Specification.of(name, model.metadata());
    if (named != null) {
      Task.Kind kind = Task.Kind.valueOf(named.task().name());
      Task.Output output = named.paints() ? Task.Output.VALUES : Task.Output.LOGITS;
      s = s.withTask(new Task(kind, output)).withProvenance("graph", named.name());
    }
    if (weights != null) {
      s = s.withProvenance("weights", String.valueOf(weights.getFileName()));
      s = s.withProvenance("weightsSha256", Sha256.of(weights));
    }
    if (preprocessing != null) {
      s = s.withPreprocessing(fitting(model.graph(), ServingOptions.preprocessing(preprocessing)));
    }
    if (labels != null) {
      s = s.withLabels(fitting(model.graph(), labels, names(labels)));
    }
    Model with = model;
    for (Map.Entry<String, String> e : s.toMetadata().entrySet()) {
      with = with.withMetadata(e.getKey(), e.getValue());
    }
    return with;
  }

  private static Preprocessing fitting(Graph graph, Preprocessing steps) {
    Dim channels = size(graph.inputs(), 4);
    if (channels.isKnown() && channels.size() != steps.channels()) {
      throw new Fovea.UserException(
          "--preprocessing: gives %d channels, the graph takes %s"
              .formatted(steps.channels(), channels));
    }
    return steps;
  }

  private static List<String> fitting(Graph graph, Path file, List<String> names) {
    Dim classes = size(graph.outputs(), 2);
    if (classes.isKnown() && classes.size() != names.size()) {
      throw new Fovea.UserException(
          "%s: has %d labels, the graph gives %s".formatted(file, names.size(), classes));
    }
    return names;
  }

  /** The second size of the first value, where it has as many as a picture or a score has. */
  private static Dim size(List<ValueInfo> values, int rank) {
    List<Dim> shape = values.isEmpty() ? null : values.get(0).type().shape();
    return shape == null || shape.size() < rank ? Dim.UNKNOWN : shape.get(1);
  }

  static List<String> names(Path file) throws IOException {
    if (!file.toString().endsWith(".json")) {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(l -> !l.isEmpty())
          .toList();
    }
    try {
      return new JsonMapper().readValue(Files.readString(file), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new Fovea.UserException(
          "%s: expected a list of texts: %s".formatted(file, e.getOriginalMessage()));
    }
  }
}
