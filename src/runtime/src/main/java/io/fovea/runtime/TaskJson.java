package io.fovea.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A task as JSON: {@code {"kind": "picture", "output": "values", "range": [0, 1]}}, of which the
 * range may be missing; whatever is not known is an error, never skipped.
 */
final class TaskJson {
  private static final List<String> KEYS = List.of("kind", "output", "range");

  private TaskJson() {}

  /** The value of the key {@code fovea.task}, for a mapper. */
  static Map<String, Object> write(Task task) {
    Map<String, Object> json = new TreeMap<>();
    json.put("kind", task.kind().name().toLowerCase(Locale.ROOT));
    json.put("output", task.output().name().toLowerCase(Locale.ROOT));
    Task.Range range = task.range();
    if (range != null) {
      json.put("range", List.of(range.low(), range.high()));
    }
    return json;
  }

  /**
   * Reads a task.
   *
   * @throws IllegalArgumentException naming the key or value that is wrong
   */
  static Task read(JsonMapper mapper, String text) throws JsonProcessingException {
    JsonNode json = mapper.readTree(text);
    if (!json.isObject()) {
      throw new IllegalArgumentException("expected an object, met " + json);
    }
    for (Iterator<String> keys = json.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException("unknown key '%s'; there are %s".formatted(key, KEYS));
      }
    }
    return new Task(
        constant(Task.Kind.class, "kind", json.path("kind")),
        constant(Task.Output.class, "output", json.path("output")),
        range(json.path("range")));
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String key, JsonNode json) {
    return Arrays.stream(type.getEnumConstants())
        .filter(e -> e.name().equals(json.asText().toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: expected one of %s, met %s"
                        .formatted(
                            key,
                            Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT),
                            json.isMissingNode() ? "none" : json)));
  }

  private static Task.@Nullable Range range(JsonNode json) {
    if (json.isMissingNode()) {
      return null;
    }
    if (json.size() != 2 || !json.path(0).isNumber() || !json.path(1).isNumber()) {
      throw new IllegalArgumentException("range: expected [low, high], met " + json);
    }
    return new Task.Range(json.path(0).floatValue(), json.path(1).floatValue());
  }
}
