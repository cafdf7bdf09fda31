package io.fovea.train;

import io.fovea.runtime.Device;
import org.bytedeco.pytorch.global.torch;

/** The embedded libtorch, as tools report it. */
public final class Libtorch {
  private Libtorch() {}

  /** Version of libtorch and its binding, such as {@code 2.10.0-1.5.13}. */
  public static String version() {
    return String.valueOf(torch.class.getPackage().getImplementationVersion());
  }

  /** What keeps it from training on the first CUDA device; empty where it can. */
  public static String cudaObstacle() {
    return Place.obstacle(0);
  }

  /**
   * The first of a device's providers on which it can train: the CPU, or a CUDA device.
   *
   * @throws TrainException where there is none, with what is missing
   */
  public static Device usable(Device wanted) {
    return Device.named(Place.of(wanted).toString());
  }

  /** Threads that one operator uses: the machine's physical cores. */
  public static int threads() {
    Torch.load();
    return torch.get_num_threads();
  }
}
