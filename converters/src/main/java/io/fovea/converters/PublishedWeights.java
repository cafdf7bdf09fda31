package io.fovea.converters;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Safetensors;
import io.fovea.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Puts a checkpoint into a graph by names alone: a tensor is the initializer of the same name. What
 * frameworks keep beside the weights ({@code num_batches_tracked}) is left out; so are auxiliary
 * heads ({@code aux...}), which only training has, where the graph has none.
 *
 * @param loaded names of the initializers that the checkpoint gave
 * @param skipped names of the auxiliary heads' tensors
 */
public record PublishedWeights(Model model, List<String> loaded, List<String> skipped) {
  private static final int MOST_LISTED = 20;

  /**
   * The model with the checkpoint's numbers, each of the type that it has in the graph: those of
   * half precision are widened.
   *
   * @throws OnnxException naming every tensor that is missing, unexpected or of another shape; a
   *     float initializer of the graph is missing where it is more than a single number
   */
  public static PublishedWeights load(Model model, Safetensors weights) {
    Map<String, Tensor> graph = model.graph().initializers();
    Map<String, Tensor> values = new LinkedHashMap<>();
    List<String> skipped = new ArrayList<>();
    List<String> unexpected = new ArrayList<>();
    List<String> misfits = new ArrayList<>();
    Set<String> parts =
        graph.keySet().stream().map(PublishedWeights::first).collect(Collectors.toSet());
    weights
        .tensors()
        .forEach(
            (name, met) -> {
              Tensor wanted = graph.get(name);
              if (wanted == null) {
                boolean head = first(name).toLowerCase(Locale.ROOT).startsWith("aux");
                if (head && !parts.contains(first(name))) {
                  skipped.add(name);
                } else if (!name.endsWith("num_batches_tracked")) {
                  unexpected.add(name);
                }
              } else if (!Arrays.equals(wanted.dims(), met.dims())
                  || !converts(met.type(), wanted.type())) {
                misfits.add(misfit(wanted, met));
              } else {
                values.put(name, wanted);
              }
            });
    List<String> missing =
        graph.values().stream()
            .filter(t -> t.isOutline() || (t.type().isFloating() && t.dims().length > 0))
            .map(Tensor::name)
            .filter(name -> !weights.tensors().containsKey(name))
            .toList();
    List<String> problems = new ArrayList<>();
    list(problems, "missing in the checkpoint", missing);
    list(problems, "not in the graph", unexpected);
    list(problems, "of another shape or type", misfits);
    if (!problems.isEmpty()) {
      OptionalLong classes = classes(graph, weights.tensors());
      if (classes.isPresent() && missing.isEmpty() && unexpected.isEmpty()) {
        problems.add(
            "the last layer alone differs; option classes: %d would fit"
                .formatted(classes.getAsLong()));
      }
      throw new OnnxException(
          "%s does not fit graph '%s'%n%s"
              .formatted(weights.file(), model.graph().name(), String.join("\n", problems)));
    }
    weights
        .tensors()
        .forEach(
            (name, met) ->
                values.computeIfPresent(name, (n, wanted) -> converted(met, wanted.type())));
    Model filled = model.withGraph(model.graph().withInitializers(values));
    return new PublishedWeights(filled, List.copyOf(values.keySet()), skipped);
  }

  /** The classes that a checkpoint has, where it is all that differs from the graph. */
  private static OptionalLong classes(Map<String, Tensor> graph, Map<String, Tensor> checkpoint) {
    Set<List<Long>> changes = new HashSet<>();
    checkpoint.forEach(
        (name, met) -> {
          Tensor wanted = graph.get(name);
          changes.add(wanted == null ? List.of() : change(wanted.dims(), met.dims()));
        });
    changes.remove(List.of());
    return changes.size() == 1 && changes.iterator().next().size() == 1
        ? OptionalLong.of(changes.iterator().next().get(0))
        : OptionalLong.empty();
  }

  /** Nothing where two shapes are equal; the second's first size where they differ there alone. */
  private static List<Long> change(long[] a, long[] b) {
    if (Arrays.equals(a, b)) {
      return List.of();
    }
    boolean firstAlone =
        a.length == b.length && a.length > 0 && Arrays.equals(a, 1, a.length, b, 1, b.length);
    return firstAlone ? List.of(b[0]) : List.of(-1L, -1L);
  }

  private static Tensor converted(Tensor met, DataType wanted) {
    return met.type() == wanted ? met : met.as(wanted);
  }

  private static boolean converts(DataType from, DataType to) {
    boolean wide = to == DataType.FLOAT || to == DataType.DOUBLE;
    return from == to || (wide && from.isFloating());
  }

  private static String misfit(Tensor wanted, Tensor met) {
    return "%s: the graph has %s %s, the checkpoint %s %s"
        .formatted(wanted.name(), wanted.type(), text(wanted.dims()), met.type(), text(met.dims()));
  }

  static String text(long[] dims) {
    return Arrays.toString(dims);
  }

  /** The first part of a name: {@code layer1} of {@code layer1.0.conv1.weight}. */
  private static String first(String name) {
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  private static void list(List<String> problems, String what, List<String> names) {
    if (!names.isEmpty()) {
      problems.add("%d %s:".formatted(names.size(), what));
      names.stream().limit(MOST_LISTED).forEach(n -> problems.add("  " + n));
      if (names.size() > MOST_LISTED) {
        problems.add("  and %d more".formatted(names.size() - MOST_LISTED));
      }
    }
  }
}
