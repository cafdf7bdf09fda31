package io.fovea.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Preprocessing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What travels with a model in its metadata: its task, how pictures are fed to it, the names of its
 * classes, and where it came from. Each is one JSON value under a key of its own, {@code
 * fovea.task} and so on; a file from another tool has none of them.
 *
 * @param labels names of the classes in the order of the output; empty where unknown
 * @param provenance architecture, data, recipe and figures of the training, as a JSON object
 */
public record Specification(
    @Nullable Task task,
    @Nullable Preprocessing preprocessing,
    List<String> labels,
    Map<String, Object> provenance) {

  public static final String TASK = "fovea.task";
  public static final String PREPROCESSING = "fovea.preprocessing";
  public static final String LABELS = "fovea.labels";
  public static final String PROVENANCE = "fovea.provenance";

  private static final JsonMapper JSON = new JsonMapper();

  public Specification {
    labels = List.copyOf(labels);
    provenance = new TreeMap<>(provenance);
  }

  /** Nothing known. */
  public static Specification none() {
    return new Specification(null, null, List.of(), Map.of());
  }

  public Specification withTask(Task other) {
    return new Specification(other, preprocessing, labels, provenance);
  }

  public Specification withPreprocessing(Preprocessing other) {
    return new Specification(task, other, labels, provenance);
  }

  public Specification withLabels(List<String> other) {
    return new Specification(task, preprocessing, other, provenance);
  }

  /** This, and of another what this does not say. */
  public Specification or(Specification other) {
    return new Specification(
        task == null ? other.task : task,
        preprocessing == null ? other.preprocessing : preprocessing,
        labels.isEmpty() ? other.labels : labels,
        provenance.isEmpty() ? other.provenance : provenance);
  }

  /** The same with one more fact of the model's origin. */
  public Specification withProvenance(String key, Object value) {
    Map<String, Object> more = new TreeMap<>(provenance);
    more.put(key, value);
    return new Specification(task, preprocessing, labels, more);
  }

  /**
   * Reads a specification from a model's metadata.
   *
   * @param model how messages name the model
   * @throws ScoringException where a value is not what its key promises
   */
  public static Specification of(String model, Map<String, String> metadata) {
    String key = TASK;
    try {
      Specification s = none();
      if (metadata.containsKey(TASK)) {
        s = s.withTask(TaskJson.read(JSON, metadata.get(TASK)));
      }
      key = PREPROCESSING;
      if (metadata.containsKey(PREPROCESSING)) {
        s = s.withPreprocessing(Preprocessing.fromJson(metadata.get(PREPROCESSING)));
      }
      key = LABELS;
      if (metadata.containsKey(LABELS)) {
        s = s.withLabels(JSON.readValue(metadata.get(LABELS), new TypeReference<>() {}));
      }
      key = PROVENANCE;
      if (metadata.containsKey(PROVENANCE)) {
        Map<String, Object> facts =
            JSON.readValue(metadata.get(PROVENANCE), new TypeReference<>() {});
        s = new Specification(s.task, s.preprocessing, s.labels, facts);
      }
      return s;
    } catch (JsonProcessingException | RuntimeException e) {
      throw new ScoringException(model, "metadata '" + key + "': " + e.getMessage(), e);
    }
  }

  /** The metadata pairs that hold this specification. */
  public Map<String, String> toMetadata() {
    Map<String, String> all = new LinkedHashMap<>();
    if (task != null) {
      all.put(TASK, json(TaskJson.write(task)));
    }
    if (preprocessing != null) {
      all.put(PREPROCESSING, preprocessing.toJson());
    }
    if (!labels.isEmpty()) {
      all.put(LABELS, json(labels));
    }
    if (!provenance.isEmpty()) {
      all.put(PROVENANCE, json(provenance));
    }
    return all;
  }

  private static String json(Object value) {
    try {
      Object sorted = value instanceof Map<?, ?> m ? new TreeMap<>(m) : value;
      return JSON.writeValueAsString(sorted);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e); // values are numbers, texts, lists and maps
    }
  }
}
