package io.fovea.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.StringStringEntryProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX file: a graph, the operator sets that it is written in, and its metadata. An immutable
 * view over the protobuf message, so that what Fovea does not know survives reading and writing.
 *
 * @param folder where the model's external data lies; null where it has none
 */
public record Model(ModelProto proto, @Nullable Path folder) {
  private static final int NESTING_LIMIT = 64;

  /**
   * Reads and checks a file. External data stays where it is until it is asked for.
   *
   * @throws OnnxException where the file cannot be read, is no ONNX file, or is not sound: names
   *     that are used but never produced, cycles, duplicates, sizes that lie
   */
  public static Model read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new OnnxException(Files.exists(file) ? "not a file" : "no such file");
      }
      if (Files.size(file) > Integer.MAX_VALUE - 8) {
        throw new OnnxException("larger than 2 GiB: weights of that size lie in external data");
      }
      Path folder = file.toAbsolutePath().getParent();
      return parse(Files.readAllBytes(file), folder);
    } catch (IOException | OnnxException e) {
      throw OnnxException.in(file, e);
    }
  }

  /** Reads and checks a model without external data. */
  public static Model parse(byte[] bytes) {
    return parse(bytes, null);
  }

  private static Model parse(byte[] bytes, @Nullable Path folder) {
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      in.enableAliasing(true); // weights are views of the array, not copies
      in.setRecursionLimit(NESTING_LIMIT);
      Model model = new Model(ModelProto.parseFrom(in), folder);
      Validator.check(model);
      return model;
    } catch (InvalidProtocolBufferException e) {
      throw new OnnxException("not an ONNX file, or cut short: " + e.getMessage());
    } catch (IOException e) {
      throw new OnnxException(e.toString()); // a byte array does not fail
    }
  }

  /**
   * Writes the file, whole or not at all. Weights lie inside, unless all together are larger than 1
   * GiB: then those of 1 KiB and more go to a file beside it with {@code .data} added to its name.
   * A model whose external data is overwritten must be read again.
   */
  public void write(Path file) {
    ModelWriter.write(this, file, 1L << 30);
  }

  /** The file's bytes, with all weights inside. */
  public byte[] toBytes() {
    return ModelWriter.inlined(this).toByteArray();
  }

  /**
   * The same model with the nodes of its own functions where these are called.
   *
   * @throws OnnxException where functions call each other in a circle, or are written in another
   *     opset than the model
   */
  public Model inlined() {
    return new Model(Functions.inlined(proto), folder);
  }

  public Graph graph() {
    return new Graph(proto.getGraph(), folder);
  }

  public Model withGraph(Graph graph) {
    return new Model(proto.toBuilder().setGraph(graph.proto()).build(), graph.folder());
  }

  /** Version of ONNX's own operator set; the first files, which name none, are of version 1. */
  public int opset() {
    int version = opsetOrZero();
    if (version == 0) {
      throw new OnnxException("the model imports no version of ONNX's operator set");
    }
    return version;
  }

  /** The version, or 0 for a model that has operators of other domains only. */
  int opsetOrZero() {
    if (proto.getOpsetImportCount() == 0) {
      return 1;
    }
    for (OperatorSetIdProto o : proto.getOpsetImportList()) {
      if (o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx")) {
        return (int) o.getVersion();
      }
    }
    return 0;
  }

  /** The key-value pairs that travel with the model, such as {@code fovea.preprocessing}. */
  public Map<String, String> metadata() {
    Map<String, String> all = new LinkedHashMap<>();
    proto.getMetadataPropsList().forEach(e -> all.put(e.getKey(), e.getValue()));
    return all;
  }

  /** The same model with one more metadata pair, or another value for it. */
  public Model withMetadata(String key, String value) {
    ModelProto.Builder b = proto.toBuilder();
    StringStringEntryProto entry = ExternalData.entry(key, value);
    int old = List.copyOf(metadata().keySet()).indexOf(key);
    return new Model(
        (old < 0 ? b.addMetadataProps(entry) : b.setMetadataProps(old, entry)).build(), folder);
  }
}
