package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import java.util.function.Function;

/**
 * A network of the literature, ready to be written as an ONNX graph. Immutable, thread-safe.
 *
 * @param paper first author, year and where to read it
 * @param task what its outputs are
 * @param channels input channels that the paper's net takes
 * @param classes outputs of the paper's net: classes, or channels of the picture that it gives
 * @param size height and width of the paper's pictures, in pixels
 * @param smallest smallest height and width that the graph takes, in pixels
 */
public record Architecture(
    String name,
    String paper,
    Task task,
    int channels,
    int classes,
    int size,
    int smallest,
    Function<Options, Model> builder) {

  /** What a net gives for a picture: logits, or a picture. */
  public enum Task {
    /** {@code [batch, classes]}: one answer a picture. */
    CLASSIFICATION,
    /** {@code [batch, classes, height, width]}: one answer a pixel, at the picture's own size. */
    SEGMENTATION,
    /** {@code [batch, channels, height, width]}: a picture, in a range that its net states. */
    PICTURE,
    /** The same of noise {@code [batch, channels, 1, 1]}, in place of a picture. */
    GENERATION
  }

  /** Whether it gives a picture, of a picture or of noise. */
  public boolean paints() {
    return task == Task.PICTURE || task == Task.GENERATION;
  }

  /**
   * The untrained graph, with initial weights drawn from the options' seed. One input {@code
   * [batch, channels, height, width]}, all but the channels free; one output, whose shape its
   * {@link Task} gives, and after it those of {@link Extra#AUXILIARY}.
   *
   * @throws OnnxException where the options do not fit the architecture
   */
  public Model model(Options options) {
    if (paints() && options.classes() != null) {
      throw new OnnxException(name + " gives a picture: it has no place for classes");
    }
    return builder.apply(options);
  }

  /**
   * The graph alone, at once: its weights have shapes but no data, so that it can be looked at and
   * filled with weights, but neither run nor written.
   *
   * @throws OnnxException where the options do not fit the architecture
   */
  public Model outline(Options options) {
    return model(options.withoutWeights());
  }
}
