package io.fovea.train;

import io.fovea.onnx.Model;
import java.util.List;

/**
 * Whether a graph can be trained, found out without training it.
 *
 * @param reasons every node that cannot be trained and why; empty where all can
 */
public record Trainability(List<String> reasons) {
  /** Compiles a model's nodes. */
  public static Trainability of(Model model) {
    try (TorchGraph graph = new TorchGraph(model, Selection.all())) {
      return graph.inputs().size() != 1
          ? new Trainability(List.of("expected one input, met " + graph.inputs()))
          : graph.roles().parameters().isEmpty()
              ? new Trainability(List.of("the graph has no parameters"))
              : new Trainability(List.of());
    } catch (TrainException e) {
      return new Trainability(
          String.valueOf(e.getMessage()).lines().skip(1).map(String::strip).toList());
    }
  }

  public boolean isTrainable() {
    return reasons.isEmpty();
  }
}
