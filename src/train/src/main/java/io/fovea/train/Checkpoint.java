package io.fovea.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Safetensors;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A training that was stopped.
 *
 * @param tensors of the learner, by name
 * @param unreadable positions of pictures that could not be read: to train on, and held out
 */
record Checkpoint(
    Identity identity, Course course, Map<String, Tensor> tensors, List<int[]> unreadable) {
  private static final String FORMAT = "fovea.checkpoint";
  private static final String VERSION = "1";
  private static final String KEPT = "kept.";
  private static final String TRAINING = "data.training";
  private static final String HELD_OUT = "data.heldOut";
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Reads a file.
   *
   * @throws TrainException where it is no checkpoint
   */
  static Checkpoint read(Path file) {
    try {
      Safetensors all = Safetensors.read(file);
      String version = all.metadata().get(FORMAT);
      if (!VERSION.equals(version)) {
        throw new TrainException(
            version == null
                ? file + ": safetensors, but no checkpoint of a training"
                : "%s: expected a checkpoint of version %s, met %s"
                    .formatted(file, VERSION, version));
      }
      JsonNode state = JSON.readTree(text(all, "state", file));
      List<String> classes = texts(state.path("classes"));
      List<String> heldClasses = texts(state.path("heldOutClasses"));
      Identity identity =
          new Identity(
              Identity.facts(text(all, "training", file)),
              new Stamps(classes, tensor(all, TRAINING, file).longs()),
              new Stamps(heldClasses, tensor(all, HELD_OUT, file).longs()));
      Course course = new Course();
      Map<String, Tensor> good = new LinkedHashMap<>();
      Map<String, Tensor> rest = new LinkedHashMap<>();
      all.tensors()
          .forEach(
              (name, t) -> {
                if (name.startsWith(KEPT)) {
                  String own = name.substring(KEPT.length());
                  good.put(own, inMemory(t.named(own)));
                } else {
                  rest.put(name, t);
                }
              });
      int kept = state.path("kept").asInt();
      for (JsonNode e : state.path("history")) {
        Trainer.Epoch epoch = EpochJson.read(e, heldClasses);
        course.ended(epoch);
        if (epoch.number() == kept) {
          course.keep(epoch, good);
        }
      }
      course.at(
          new Course.Position(
              state.path("epoch").asInt(1),
              state.path("batches").asInt(),
              state.path("updates").asLong(),
              EpochJson.real(state.path("lossSum")),
              EpochJson.real(state.path("seconds")),
              EpochJson.real(state.path("waitedSeconds"))));
      String precision = state.path("precision").asText();
      if (!precision.isEmpty()) {
        course.computeIn(Precision.valueOf(precision));
      }
      return new Checkpoint(
          identity,
          course,
          rest,
          List.of(
              numbers(state.path("unreadable").path(0)),
              numbers(state.path("unreadable").path(1))));
    } catch (OnnxException e) { // names the file
      throw new TrainException(e.getMessage(), e);
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new TrainException(file + ": a damaged checkpoint: " + e.getMessage(), e);
    }
  }

  private static String text(Safetensors all, String key, Path file) {
    String text = all.metadata().get(key);
    if (text == null) {
      throw new TrainException("%s: a damaged checkpoint: no '%s'".formatted(file, key));
    }
    return text;
  }

  private static Tensor tensor(Safetensors all, String name, Path file) {
    Tensor tensor = all.tensors().get(name);
    if (tensor == null) {
      throw new TrainException("%s: a damaged checkpoint: no tensor '%s'".formatted(file, name));
    }
    return tensor;
  }

  /** Its data outlives the file. */
  private static Tensor inMemory(Tensor t) {
    ByteBuffer bytes = t.bytes();
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    return Tensor.of(t.name(), t.type(), t.dims(), copy);
  }

  private static List<String> texts(JsonNode list) {
    List<String> all = new ArrayList<>();
    list.forEach(n -> all.add(n.asText()));
    return List.copyOf(all);
  }

  private static int[] numbers(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.path(i).asInt()).toArray();
  }

  /**
   * What is written of a training as it is now.
   *
   * @param learner its tensors by name; they are read when they are written
   */
  static Written written(
      Identity identity, Course course, List<Safetensors.Part> learner, List<int[]> unreadable) {
    List<Safetensors.Part> parts = new ArrayList<>(learner);
    course.good().forEach((name, t) -> parts.add(Safetensors.Part.of(t.named(KEPT + name))));
    parts.add(Safetensors.Part.of(Tensor.of(TRAINING, identity.training().samples())));
    parts.add(Safetensors.Part.of(Tensor.of(HELD_OUT, identity.heldOut().samples())));
    Course.Position at = course.position();
    Trainer.Epoch kept = course.kept();
    ObjectNode state = JSON.createObjectNode();
    state.put("epoch", at.epoch());
    state.put("batches", at.batches());
    state.put("updates", at.updates());
    state.put("lossSum", at.lossSum());
    state.put("seconds", at.seconds());
    state.put("waitedSeconds", at.waitedSeconds());
    state.put("kept", kept == null ? 0 : kept.number());
    Precision precision = course.precision();
    if (precision != null) {
      state.put("precision", precision.name());
    }
    ArrayNode history = state.putArray("history");
    course.history().forEach(e -> history.add(EpochJson.write(e)));
    ArrayNode left = state.putArray("unreadable");
    for (int[] positions : unreadable) {
      ArrayNode list = left.addArray();
      IntStream.of(positions).forEach(list::add);
    }
    ArrayNode classes = state.putArray("classes");
    identity.training().labels().forEach(classes::add);
    ArrayNode heldClasses = state.putArray("heldOutClasses");
    identity.heldOut().labels().forEach(heldClasses::add);
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(FORMAT, VERSION);
    texts.put("training", identity.json());
    texts.put("state", state.toString());
    return new Written(parts, texts);
  }

  /** A file's content. */
  record Written(List<Safetensors.Part> parts, Map<String, String> metadata) {}
}
