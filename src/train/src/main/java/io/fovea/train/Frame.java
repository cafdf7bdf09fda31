package io.fovea.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;

/**
 * A node's inputs during a run.
 *
 * @param inputs null where an optional one is left out
 * @param training whether batch statistics are used and dropout is active
 * @param free index of an input that may be overwritten, since nobody else reads it; -1 for none
 */
record Frame(@Nullable Tensor[] inputs, boolean training, int free) {
  Tensor x() {
    return get(0);
  }

  Tensor get(int i) {
    Tensor tensor = inputs[i];
    if (tensor == null) {
      throw new TrainException("input " + i + " is left out");
    }
    return tensor;
  }

  boolean has(int i) {
    return i < inputs.length && inputs[i] != null;
  }

  /** An input that may be left out, as libtorch takes it. */
  TensorOptional optional(int i) {
    return has(i) ? new TensorOptional(get(i)) : new TensorOptional();
  }
}
