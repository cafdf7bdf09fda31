package io.fovea.train;

import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A trained model, and what libtorch answers for a sample batch, against which the file is checked.
 */
public final class Trained {
  private static final int SAMPLE = 8;
  private static final double TOLERANCE = 1e-3;

  private final Model model;
  private final List<Trainer.Epoch> history;
  private final Trainer.Epoch kept;
  private final @Nullable Model critic;
  private final float[] pixels;
  private final long[] shape;
  private final float[] answers;

  private Trained(
      Model model,
      List<Trainer.Epoch> history,
      Trainer.Epoch kept,
      @Nullable Model critic,
      float[] pixels,
      long[] shape,
      float[] answers) {
    this.model = model;
    this.history = history;
    this.kept = kept;
    this.critic = critic;
    this.pixels = pixels;
    this.shape = shape;
    this.answers = answers;
  }

  static Trained of(
      Model model,
      List<Trainer.Epoch> history,
      Trainer.Epoch kept,
      Learner learner,
      Loader samples,
      int most) {
    @Nullable Trained[] made = new Trained[1];
    Critic learned = learner.critic();
    Model critic = learned == null ? null : learned.export();
    int size = Math.min(SAMPLE, most); // pictures that are fed one by one may differ in size
    samples.inOrder(
        size,
        size,
        (batch, step) -> {
          float[] copy = new float[batch.pixels().remaining()];
          batch.pixels().duplicate().get(copy);
          float[] answers = learner.infer(batch.pixels(), batch.shape()).floats();
          made[0] = new Trained(model, history, kept, critic, copy, batch.shape(), answers);
        });
    if (made[0] == null) {
      throw new TrainException("expected at least one held-out picture");
    }
    return made[0];
  }

  /** The model in inference form, with task, preprocessing, labels and provenance. */
  public Model model() {
    return model;
  }

  /** The figures of every epoch. */
  public List<Trainer.Epoch> history() {
    return history;
  }

  /** The epoch whose net this is: the last, or the best where the recipe has patience. */
  public Trainer.Epoch kept() {
    return kept;
  }

  /** The critic as it is after the last epoch, to go on with; null where the loss has none. */
  public @Nullable Model critic() {
    return critic;
  }

  /**
   * Runs the model by ONNX Runtime on a sample batch, compares with libtorch, and writes it, whole
   * or not at all.
   *
   * @return the largest difference, as a share of the largest reference value
   * @throws TrainException where the difference is more than 1e-3; nothing is written then
   */
  public double write(Path file) {
    double difference = check(file.toString());
    if (!(difference <= TOLERANCE)) {
      throw new TrainException(
          "%s: ONNX Runtime differs from libtorch by %.1e of the largest value; not written"
              .formatted(file, difference));
    }
    model.write(file);
    return difference;
  }

  private double check(String name) {
    try (ImageModel served = ImageModel.load(name, model.toBytes(), Device.cpu())) {
      float[] other = served.run(FloatBuffer.wrap(pixels), shape).values();
      if (other.length != answers.length) {
        return Double.POSITIVE_INFINITY;
      }
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < other.length; i++) {
        largest = Math.max(largest, Math.abs(answers[i]));
        double d = Math.abs(answers[i] - other[i]);
        difference = d <= difference ? difference : d; // NaN stays
      }
      return difference == 0 ? 0 : difference / largest;
    }
  }
}
