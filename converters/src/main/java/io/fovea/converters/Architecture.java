package io.fovea.converters;

import io.fovea.onnx.Model;
import java.util.function.Function;

/**
 * A network of the literature, ready to be written as an ONNX graph. Immutable, thread-safe.
 *
 * @param paper first author, year and where to read it
 * @param task what its outputs are
 * @param channels input channels that the paper's net takes
 * @param classes outputs of the paper's net
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

  /** What a net says of a picture, in logits. */
  public enum Task {
    /** {@code [batch, classes]}: one answer a picture. */
    CLASSIFICATION,
    /** {@code [batch, classes, height, width]}: one answer a pixel, at the picture's own size. */
    SEGMENTATION
  }

  /**
   * The untrained graph, with initial weights drawn from the options' seed. One input {@code
   * [batch, channels, height, width]}, all but the channels free; one output, whose shape its
   * {@link Task} gives.
   *
   * @throws io.fovea.onnx.OnnxException where the options do not fit the architecture
   */
  public Model model(Options options) {
    return builder.apply(options);
  }
}
