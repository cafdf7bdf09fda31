package io.fovea.train;

import org.bytedeco.pytorch.Tensor;

/** What one node does when the graph runs: its attributes are parsed, its constants at hand. */
@FunctionalInterface
interface Kernel {
  /** The node's outputs, in order; those that nobody asked for may be missing at the end. */
  Tensor[] run(Frame in);

  /** A kernel of one output. */
  @FunctionalInterface
  interface Single {
    Tensor run(Frame in);
  }

  static Kernel one(Single kernel) {
    return in -> new Tensor[] {kernel.run(in)};
  }
}
