package io.fovea.image;

import org.jspecify.annotations.Nullable;

/**
 * A picture that cannot be read, or a request that no picture can meet; the message names the file
 * and the reason.
 */
public final class PictureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String source;

  PictureException(String source, String problem) {
    this(source, problem, null);
  }

  PictureException(String source, String problem, @Nullable Throwable cause) {
    super(source + ": " + problem, cause);
    this.source = source;
  }

  /** What is at fault: a file, the name that was given with bytes, or {@code preprocessing}. */
  public String source() {
    return source;
  }
}
