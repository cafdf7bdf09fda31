package io.fovea.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.onnx.Sha256;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a training is of. Where all of it is the same, a training that goes on ends as one that
 * never stopped.
 *
 * @param facts net, preprocessing and recipe, text by text
 */
record Identity(Map<String, String> facts, Stamps training, Stamps heldOut) {
  private static final String CONTENT = "nodes and first weights";
  private static final JsonMapper JSON = new JsonMapper();

  static Identity of(
      Model model, Recipe recipe, Preprocessing fed, Dataset training, Dataset heldOut) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("net", model.graph().name());
    facts.put(CONTENT, sha256(model));
    facts.put("preprocessing", fed.toJson());
    recipe.facts().forEach((key, value) -> facts.put(key, String.valueOf(value)));
    return new Identity(facts, Stamps.of(training), Stamps.of(heldOut));
  }

  private static String sha256(Model model) {
    MessageDigest digest = Sha256.digest();
    try (DigestOutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      model.proto().writeTo(out);
      for (Tensor t : model.graph().initializers().values()) {
        if (t.isExternal()) {
          digest.update(t.bytes());
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new IllegalStateException(e); // nothing is written
    }
  }

  /**
   * How this differs from what it is now, thing by thing; empty where it does not.
   *
   * @param data now, to train on
   * @param held now
   */
  List<String> differences(Identity now, Dataset data, Dataset held) {
    List<String> all = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>(facts.keySet());
    keys.addAll(now.facts.keySet());
    for (String key : keys) {
      String then = facts.getOrDefault(key, "none");
      String met = now.facts.getOrDefault(key, "none");
      if (!then.equals(met)) {
        all.add(
            key.equals(CONTENT)
                ? "the net's " + CONTENT + " are others"
                : "%s: %s then, %s now".formatted(key, then, met));
      }
    }
    all.add(training.difference("training", data, now.training));
    all.add(heldOut.difference("held-out", held, now.heldOut));
    all.removeIf(String::isEmpty);
    return all;
  }

  /** The facts as JSON. */
  String json() {
    try {
      return JSON.writeValueAsString(facts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // texts only
    }
  }

  /** The facts of a JSON text. */
  static Map<String, String> facts(String json) throws IOException {
    return JSON.readValue(json, new TypeReference<LinkedHashMap<String, String>>() {});
  }
}
