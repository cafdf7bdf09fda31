package io.fovea.train;

import io.fovea.runtime.NativeLibraries;
import io.fovea.runtime.Provider;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/**
 * Where libtorch computes: parameters and other floats live there, batches are brought there, and
 * what follows from shapes alone stays on the CPU.
 *
 * @param device null for the CPU, on which nothing is moved
 * @param layout of pictures and kernels there
 */
record Place(@Nullable Device device, Layout layout) {
  static final Place CPU = new Place(null, Layout.CHANNELS_FIRST);

  private static final String GPU_NATIVES =
      "/org/bytedeco/pytorch/linux-x86_64-gpu/libtorch_cuda.so";

  /**
   * The first of a device's providers that libtorch can use.
   *
   * @throws TrainException where there is none, with what is missing
   */
  static Place of(io.fovea.runtime.Device wanted) {
    List<String> obstacles = new ArrayList<>();
    for (Provider provider : wanted.providers()) {
      boolean known = provider.name().equals("cpu") || provider.name().equals("cuda");
      if (!known || !provider.options().isEmpty()) {
        throw new TrainException(
            "training runs on cpu, cuda, cuda:N or auto, met '%s'".formatted(provider));
      }
      if (provider.name().equals("cpu")) {
        return CPU;
      }
      String obstacle = obstacle(provider.index());
      if (obstacle.isEmpty()) {
        // Else the order of sums in convolutions may differ from run to run.
        torch.globalContext().setDeterministicCuDNN(true);
        return new Place(new Device(provider.toString()), Layout.CHANNELS_FIRST);
      }
      obstacles.add("cannot train on %s: %s".formatted(provider, obstacle));
    }
    throw new TrainException(String.join("; ", obstacles));
  }

  /** Why a CUDA device cannot be used; empty where it can. */
  static String obstacle(int index) {
    Torch.load();
    if (torch.cuda_is_available()) {
      int count = torch.cuda_device_count();
      return index < count ? "" : "there are %d CUDA devices, counted from 0".formatted(count);
    }
    boolean built = Place.class.getResource(GPU_NATIVES) != null;
    List<String> missing = NativeLibraries.forTraining().missing();
    return (built
            ? "libtorch finds no CUDA device"
            : "this libtorch was built for the CPU alone (add the dependency"
                + " org.bytedeco:pytorch:%s with the classifier linux-x86_64-gpu)"
                    .formatted(Libtorch.version()))
        + (missing.isEmpty() ? "" : "; libraries not found: " + String.join(", ", missing));
  }

  /** The same with pictures and kernels in a layout; a device other than the CPU has its own. */
  Place laid(Layout other) {
    return device == null ? new Place(null, other) : this;
  }

  /** What stays for long: floats there, all else on the CPU; the argument is used up. */
  Tensor keep(Tensor tensor) {
    if (!tensor.is_floating_point() || (device == null && !isLaid(tensor))) {
      return tensor;
    }
    try (PointerScope scope = new PointerScope();
        tensor) {
      return move(tensor).retainReference();
    }
  }

  /** A tensor there. */
  Tensor move(Tensor tensor) {
    if (device == null) {
      return isLaid(tensor) ? tensor.contiguous(MemoryFormat.ChannelsLast) : tensor;
    }
    return tensor.to(device, tensor.scalar_type());
  }

  private boolean isLaid(Tensor tensor) {
    return layout == Layout.CHANNELS_LAST && tensor.dim() == 4;
  }

  /**
   * A node's inputs on one device: where any is not on the CPU, all are moved that the node
   * computes with. What it only reads sizes from stays.
   */
  @Nullable Tensor[] together(@Nullable Tensor[] inputs, boolean sized) {
    if (device == null) {
      return inputs;
    }
    boolean there = false;
    for (Tensor input : inputs) {
      there |= input != null && !input.is_cpu();
    }
    @Nullable Tensor[] moved = inputs.clone();
    for (int i = 0; there && i < moved.length; i++) {
      Tensor input = moved[i];
      boolean computed = i == 0 || !sized || (input != null && input.is_floating_point());
      if (input != null && input.is_cpu() && computed) {
        moved[i] = move(input);
      }
    }
    return moved;
  }

  /** Has what is computed until it is closed be computed in full precision. */
  Torch.Work exact() {
    if (device == null) {
      return () -> {};
    }
    boolean convolutions = torch.globalContext().allowTF32CuDNN();
    boolean products = torch.globalContext().allowTF32CuBLAS();
    torch.globalContext().setAllowTF32CuDNN(false);
    torch.globalContext().setAllowTF32CuBLAS(false);
    return () -> {
      torch.globalContext().setAllowTF32CuDNN(convolutions);
      torch.globalContext().setAllowTF32CuBLAS(products);
    };
  }

  @Override
  public String toString() {
    return device == null ? "cpu" : device.str().getString();
  }
}
