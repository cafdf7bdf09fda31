package io.fovea.train;

import org.bytedeco.pytorch.global.torch;

/** The embedded libtorch, as tools report it. */
public final class Libtorch {
  private Libtorch() {}

  /** Version of libtorch and its binding, such as {@code 2.10.0-1.5.13}. */
  public static String version() {
    return String.valueOf(torch.class.getPackage().getImplementationVersion());
  }

  /** Threads that one operator uses: the machine's physical cores. */
  public static int threads() {
    Torch.load();
    return torch.get_num_threads();
  }
}
