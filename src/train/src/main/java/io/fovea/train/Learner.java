package io.fovea.train;

import io.fovea.onnx.Model;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A graph, its loss and its optimizer: one step at a time. Not thread-safe. */
final class Learner implements AutoCloseable {
  private static final long MEAN = 1;
  private static final long NO_IGNORED_CLASS = -100;

  private final TorchGraph graph;
  private final Updater updater;
  private final double labelSmoothing;

  Learner(Model model, Optimizer optimizer, double labelSmoothing) {
    this.graph = new TorchGraph(model);
    List<String> names = graph.roles().parameters();
    if (names.isEmpty()) {
      graph.close();
      throw new TrainException("the graph has no parameters to train");
    }
    this.updater = Updater.of(optimizer, names.stream().map(graph::tensor).toList());
    this.labelSmoothing = labelSmoothing;
  }

  /**
   * One step of cross-entropy over classes.
   *
   * @param pixels direct, {@code [N, C, H, W]}
   * @return the batch's mean loss before the step
   */
  double step(FloatBuffer pixels, long[] shape, long[] labels, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      Tensor logits = graph.forward(tensor(pixels, shape), true);
      checkClasses(logits, labels);
      Tensor target =
          torch
              .from_blob(
                  new LongPointer(LongBuffer.wrap(labels)),
                  new long[] {labels.length},
                  new TensorOptions(ScalarType.Long))
              .clone();
      Tensor loss =
          torch.cross_entropy_loss(
              logits, target, new TensorOptional(), MEAN, NO_IGNORED_CLASS, labelSmoothing);
      double value = loss.item_float();
      if (!Double.isFinite(value)) {
        throw new TrainException("the loss is " + value + "; lower the learning rate");
      }
      loss.backward();
      updater.step(learningRate);
      return value;
    }
  }

  private static void checkClasses(Tensor logits, long[] labels) {
    long[] shape = Torch.shape(logits);
    if (shape.length != 2 || shape[0] != labels.length) {
      throw new TrainException(
          "expected an output [%d, classes], met %s"
              .formatted(labels.length, Arrays.toString(shape)));
    }
    long largest = Arrays.stream(labels).max().orElse(0);
    if (largest >= shape[1]) {
      throw new TrainException(
          "the data has a class %d, the net has %d outputs".formatted(largest, shape[1]));
    }
  }

  /** What the net gives in inference, {@code [N, ...]}, row-major. */
  float[] infer(FloatBuffer pixels, long[] shape) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return Torch.copy("output", graph.forward(tensor(pixels, shape), false)).floats();
    }
  }

  private static Tensor tensor(FloatBuffer pixels, long[] shape) {
    // A direct buffer from its start: libtorch reads it where it is, while the step runs.
    return torch.from_blob(
        new FloatPointer(pixels.slice()), shape, new TensorOptions(ScalarType.Float));
  }

  TorchGraph graph() {
    return graph;
  }

  @Override
  public void close() {
    updater.close();
    graph.close();
  }
}
