package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Preprocessing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's profile of one run, in a folder that is gone when this is closed. */
final class Profile implements AutoCloseable {
  private static final String TIMED = "_kernel_time"; // what a node's entry adds to its name
  private static final int USUAL = 224;
  private static final int TYPICAL = 256; // side of the picture whose tensor is asked for

  private final @Nullable Path folder;

  private Profile(@Nullable Path folder) {
    this.folder = folder;
  }

  /** A profile, or nothing. */
  static Profile of(boolean wanted) throws IOException {
    return new Profile(wanted ? Files.createTempDirectory("fovea-profile") : null);
  }

  /** Has a session that is about to be made write the profile. */
  void apply(OrtSession.SessionOptions options) throws OrtException {
    if (folder != null) {
      options.enableProfiling(folder.resolve("run").toString());
    }
  }

  /** Opens a session on a device and runs it once. */
  static Placement placement(
      String model, Device device, Sessions.Opener opener, int @Nullable [] size) {
    try (Profile profile = of(true)) {
      Sessions.Setup setup =
          options -> {
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            profile.apply(options);
          };
      Sessions.Opened opened =
          Sessions.open(model, new Device(device.providers(), false), setup, opener);
      try (opened) {
        return new Placement(
            opened.device(), opened.reason(), profile.nodes(model, opened.session(), size));
      }
    } catch (OrtException | IOException e) {
      throw new ScoringException(model, String.valueOf(e.getMessage()), e);
    }
  }

  /** Runs a session that writes this profile, once, and reads it. */
  List<Placement.Node> nodes(String model, OrtSession session, int @Nullable [] size)
      throws OrtException, IOException {
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    try {
      for (NodeInfo input : session.getInputInfo().values()) {
        inputs.put(input.getName(), blank(model, input, session, size));
      }
      session.run(inputs).close();
    } catch (OrtException e) {
      throw new ScoringException(
          model, "a blank picture cannot be run: %s".formatted(Sessions.text(e)), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
    Set<Placement.Node> nodes = new LinkedHashSet<>();
    for (JsonNode entry : new JsonMapper().readTree(Path.of(session.endProfiling()).toFile())) {
      String name = entry.path("name").asText();
      String provider = entry.path("args").path("provider").asText();
      if (entry.path("cat").asText().equals("Node")
          && name.endsWith(TIMED)
          && !provider.isEmpty()) {
        nodes.add(
            new Placement.Node(
                name.substring(0, name.length() - TIMED.length()),
                entry.path("args").path("op_name").asText(),
                provider));
      }
    }
    return List.copyOf(nodes);
  }

  /** Zeros in an input's shape; sizes that are free are those of one picture. */
  private static OnnxTensor blank(
      String model, NodeInfo input, OrtSession session, int @Nullable [] size) throws OrtException {
    if (!(input.getInfo() instanceof TensorInfo info)) {
      throw new ScoringException(model, "input '" + input.getName() + "' is no tensor");
    }
    long[] shape = info.getShape();
    int[] sides = size == null ? fed(model, session) : size;
    boolean last = shape.length == 4 && shape[3] > 0 && shape[3] <= 4 && shape[1] <= 0;
    int row = last ? 1 : 2; // [N, H, W, C] or [N, C, H, W]
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] <= 0) {
        shape[i] = i == 0 ? 1 : i == row ? sides[0] : i == row + 1 ? sides[1] : 3;
      }
    }
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    ByteBuffer zeros =
        ByteBuffer.allocateDirect(Math.toIntExact(elements * info.type.size))
            .order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(OnnxRuntime.environment(), zeros, shape, info.type);
  }

  /** Height and width of what the file's own preprocessing makes of a picture. */
  private static int[] fed(String model, OrtSession session) throws OrtException {
    Preprocessing own =
        Specification.of(model, session.getMetadata().getCustomMetadata()).preprocessing();
    int[] shape = own == null ? new int[] {3, USUAL, USUAL} : own.shape(TYPICAL, TYPICAL);
    return new int[] {shape[1], shape[2]};
  }

  @Override
  public void close() throws IOException {
    if (folder == null) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
