package io.fovea.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What is done about transparency: it is dropped, so that every pixel shows its stored colour, or
 * the picture is laid over a colour. In JSON {@code "drop"} or a {@link Fill}.
 *
 * @param over the colour; null where transparency is dropped
 */
public record Alpha(@Nullable Fill over) {
  public static final Alpha DROPPED = new Alpha(null);

  private static final String DROP = "drop";

  @JsonCreator
  static Alpha of(Object json) {
    return DROP.equals(json) ? DROPPED : new Alpha(Fill.of(json));
  }

  @JsonValue
  Object toJson() {
    return over == null ? DROP : over.toJson();
  }
}
