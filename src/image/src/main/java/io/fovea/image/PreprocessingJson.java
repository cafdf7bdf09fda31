package io.fovea.image;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/** The steps of a preprocessing as JSON; whatever is not known is an error, never skipped. */
final class PreprocessingJson {
  private static final TypeReference<List<Step>> STEPS = new TypeReference<>() {};

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(
              DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
              DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS,
              DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
          .build();

  private PreprocessingJson() {}

  static String write(List<Step> steps) {
    try {
      return JSON.writerFor(STEPS).writeValueAsString(steps);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // records of numbers and names
    }
  }

  static List<Step> read(String json) {
    try {
      List<Step> steps = JSON.readValue(json, STEPS);
      if (steps == null || steps.contains(null)) {
        throw new PictureException("preprocessing", "expected steps, met null");
      }
      return steps;
    } catch (JsonProcessingException e) {
      throw new PictureException("preprocessing", reason(e), e);
    }
  }

  private static String reason(JsonProcessingException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof PictureException p) {
        String message = String.valueOf(p.getMessage());
        return message.substring(p.source().length() + 2);
      }
    }
    String what =
        e instanceof UnrecognizedPropertyException unknown
            ? "unknown key '%s'; there are %s"
                .formatted(unknown.getPropertyName(), unknown.getKnownPropertyIds())
            : e instanceof InvalidTypeIdException type && type.getTypeId() != null
                ? "unknown step '%s'".formatted(type.getTypeId())
                : e.getOriginalMessage().replaceFirst("; `DeserializationFeature.*", "");
    return e instanceof JsonMappingException at && !at.getPath().isEmpty()
        ? "step %d: %s".formatted(at.getPath().get(0).getIndex() + 1, what)
        : what;
  }
}
