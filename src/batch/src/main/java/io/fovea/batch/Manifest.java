package io.fovea.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What the parts of one file of rows have in common, so that those of another start are like them.
 *
 * @param model SHA-256 of the model's file, or its name where it is none
 * @param device that the model runs on
 * @param count of the pictures that were listed
 * @param pictures SHA-256 of their list
 * @param shard which of how many, such as 1/1
 * @param batch pictures that are scored at once
 * @param options everything else that the rows depend on
 */
record Manifest(
    String model,
    String device,
    long count,
    String pictures,
    String shard,
    int batch,
    Map<String, String> options) {

  void write(Path file) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("device", device);
    json.put("count", count);
    json.put("pictures", pictures);
    json.put("shard", shard);
    json.put("batch", batch);
    json.put("options", options);
    byte[] text = (Json.text(json) + "\n").getBytes(StandardCharsets.UTF_8);
    WholeFile.write(file, out -> out.write(text));
  }

  static Manifest read(Path file) throws IOException {
    try {
      Map<?, ?> json = Json.read(Files.readString(file), Map.class);
      Map<String, String> options = new TreeMap<>();
      ((Map<?, ?>) Objects.requireNonNull(json.get("options")))
          .forEach((k, v) -> options.put(String.valueOf(k), String.valueOf(v)));
      return new Manifest(
          String.valueOf(json.get("model")),
          String.valueOf(json.get("device")),
          ((Number) Objects.requireNonNull(json.get("count"))).longValue(),
          String.valueOf(json.get("pictures")),
          String.valueOf(json.get("shard")),
          ((Number) Objects.requireNonNull(json.get("batch"))).intValue(),
          options);
    } catch (JsonProcessingException | NullPointerException | ClassCastException e) {
      throw new BatchException(file.toString(), "damaged; start anew by --restart");
    }
  }

  /** What another start has otherwise; empty where it goes on with the same. */
  String changed(Manifest now) {
    if (!model.equals(now.model)) {
      return "with another model (SHA-256 %s, now %s)".formatted(few(model), few(now.model));
    }
    if (!device.equals(now.device)) {
      return "on another device (%s, now %s)".formatted(device, now.device);
    }
    if (!shard.equals(now.shard)) {
      return "with another shard (%s, now %s)".formatted(shard, now.shard);
    }
    if (!options.equals(now.options)) {
      return "with other options (%s)".formatted(difference(options, now.options));
    }
    if (batch != now.batch) {
      return "with another batch (%d, now %d)".formatted(batch, now.batch);
    }
    if (!pictures.equals(now.pictures)) {
      return "with other pictures (%,d, now %,d%s)"
          .formatted(count, now.count, count == now.count ? " of other names or order" : "");
    }
    return "";
  }

  private static String few(String digest) {
    return digest.length() > 12 ? digest.substring(0, 12) : digest;
  }

  private static String difference(Map<String, String> then, Map<String, String> now) {
    TreeMap<String, String> all = new TreeMap<>(then);
    all.putAll(now);
    for (String key : all.keySet()) {
      if (!Objects.equals(then.get(key), now.get(key))) {
        return "%s: %s, now %s"
            .formatted(key, then.getOrDefault(key, "none"), now.getOrDefault(key, "none"));
      }
    }
    return "";
  }
}
