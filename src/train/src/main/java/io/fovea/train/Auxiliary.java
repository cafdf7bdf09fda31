package io.fovea.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.proto.ModelProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Outputs of a graph that serve training alone, such as GoogLeNet's heads in the middle (Szegedy
 * 2015, <a href="https://arxiv.org/abs/1409.4842">1409.4842</a>): logits, or values, of what the
 * first output says. The model's metadata names them.
 *
 * @param weights factor on the loss of each, by output, in the graph's order
 */
record Auxiliary(Map<String, Double> weights) {
  private static final String KEY = "fovea.auxiliary"; // {"aux1":0.3,"aux2":0.3}

  /**
   * Those of a model; none where its metadata names none.
   *
   * @throws TrainException where the metadata does not fit the graph
   */
  static Auxiliary of(Model model) {
    String json = model.metadata().get(KEY);
    if (json == null) {
      return new Auxiliary(Map.of());
    }
    try {
      Map<String, Double> said = new JsonMapper().readValue(json, new TypeReference<>() {});
      List<String> outputs = model.graph().outputs().stream().map(ValueInfo::name).toList();
      Map<String, Double> weights = new LinkedHashMap<>();
      outputs.stream().skip(1).filter(said::containsKey).forEach(o -> weights.put(o, said.get(o)));
      if (!weights.keySet().containsAll(said.keySet()) || weights.containsValue(null)) {
        throw new TrainException(
            "metadata '%s': expected weights of outputs after the first of %s, met %s"
                .formatted(KEY, outputs, json));
      }
      return new Auxiliary(weights);
    } catch (JsonProcessingException e) {
      throw new TrainException("metadata '" + KEY + "': " + e.getOriginalMessage(), e);
    }
  }

  /** The model without these outputs, what the others do not need, and the metadata of them. */
  Model dropped(Model model) {
    if (weights.isEmpty()) {
      return model;
    }
    Graph graph = model.graph();
    List<String> others =
        graph.outputs().stream().map(ValueInfo::name).filter(o -> !weights.containsKey(o)).toList();
    Graph served = Subgraph.of(graph, List.of(), others);
    ModelProto.Builder m = model.proto().toBuilder().setGraph(served.proto()).clearMetadataProps();
    model.proto().getMetadataPropsList().stream()
        .filter(e -> !e.getKey().equals(KEY))
        .forEach(m::addMetadataProps);
    return new Model(m.build(), model.folder());
  }
}
