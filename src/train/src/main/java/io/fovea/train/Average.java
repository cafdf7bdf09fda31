package io.fovea.train;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The exponential moving average of some tensors. Early on the decay is less: at the t-th value (1
 * + t) / (10 + t), as TensorFlow's {@code ExponentialMovingAverage} has it. Not thread-safe.
 */
final class Average implements AutoCloseable {
  private final double decay;
  private final List<Tensor> followed;
  private final List<Tensor> means = new ArrayList<>();
  private long values;

  /** Starts at what the tensors are now. */
  Average(double decay, List<Tensor> followed) {
    this.decay = decay;
    this.followed = followed;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      followed.forEach(t -> means.add(t.detach().clone().retainReference()));
    }
  }

  /** Starts anew at what the tensors are now. */
  void restart() {
    values = 0;
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int i = 0; i < means.size(); i++) {
        means.get(i).copy_(followed.get(i));
      }
    }
  }

  /** Takes in what the tensors are now. */
  void follow() {
    values++;
    double now = Math.min(decay, (1.0 + values) / (10.0 + values));
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (int i = 0; i < means.size(); i++) {
        means.get(i).lerp_(followed.get(i), new Scalar(1 - now));
      }
    }
  }

  /** The averages, in the order of what they follow. */
  List<Tensor> means() {
    return means;
  }

  /** Goes on after so many values, with the averages as they are. */
  void goOn(long taken) {
    values = taken;
  }

  /** Exchanges the tensors' values and their averages. */
  void swap() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (int i = 0; i < means.size(); i++) {
        Tensor value = followed.get(i).detach().clone();
        followed.get(i).copy_(means.get(i));
        means.get(i).copy_(value);
      }
    }
  }

  @Override
  public void close() {
    means.forEach(Tensor::close);
  }
}
