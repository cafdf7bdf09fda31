package io.fovea.batch;

/** A batch that cannot be scored as asked; the message names the file and what is wrong with it. */
public final class BatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String file;

  BatchException(String file, String problem) {
    super(file + ": " + problem);
    this.file = file;
  }

  /** What is at fault: a picture, a list, the file of the rows or the folder of its parts. */
  public String file() {
    return file;
  }
}
