package io.fovea.onnx;

import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX file or graph that is not what it must be; the message names the file, node and operator.
 */
public final class OnnxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String node;
  private final @Nullable String operator;

  /** A fault of a whole graph or of a named value. */
  public OnnxException(String message) {
    this(message, null, null, null);
  }

  private OnnxException(
      String message, @Nullable String operator, @Nullable String node, @Nullable Throwable cause) {
    super(message, cause);
    this.operator = operator;
    this.node = node;
  }

  /** A fault of one node: {@code Conv 'layer1.0.conv1': input has 3 channels, weight wants 64}. */
  static OnnxException at(Node node, String problem) {
    return new OnnxException(node + ": " + problem, node.operator(), node.label(), null);
  }

  /** The same fault, seen while a file was read or written. */
  static OnnxException in(Path file, Exception cause) {
    OnnxException inner = cause instanceof OnnxException o ? o : null;
    String problem = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (cause instanceof FileSystemException) {
      problem =
          cause.getClass().getSimpleName() + " " + problem; // its message is often a bare path
    }
    return new OnnxException(
        file + ": " + problem,
        inner == null ? null : inner.operator,
        inner == null ? null : inner.node,
        cause);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /**
   * The name of the node at fault, or its first output's where it has none; null for other faults.
   */
  public @Nullable String node() {
    return node;
  }

  /** The operator of the node at fault; null for other faults. */
  public @Nullable String operator() {
    return operator;
  }
}
