package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Loading of libtorch, and tensors between ONNX and it. */
final class Torch {
  static {
    // JavaCPP's own limit of four heaps would stop a training that fits, and its check costs half
    // of
    // every small operation. Read when the first Pointer class loads, so it is set before.
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    torch.set_num_threads(physicalCores());
  }

  private Torch() {}

  /** Loads libtorch where that has not happened yet; takes about two seconds. */
  static void load() {}

  /** Cores without hyper-threads: a second thread on one core slows convolutions down. */
  static int physicalCores() {
    int processors = Runtime.getRuntime().availableProcessors();
    Set<String> cores = new HashSet<>();
    for (int i = 0; i < processors; i++) {
      Path topology = Path.of("/sys/devices/system/cpu/cpu" + i + "/topology");
      try {
        cores.add(
            Files.readString(topology.resolve("physical_package_id")).strip()
                + ":"
                + Files.readString(topology.resolve("core_id")).strip());
      } catch (IOException e) {
        return processors; // not Linux, or not told
      }
    }
    return Math.max(1, cores.size());
  }

  /** A copy of an ONNX tensor; it outlives the current scope. */
  static org.bytedeco.pytorch.Tensor copy(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      ScalarType type = type(tensor);
      var options = new TensorOptions(type);
      var copy = torch.empty(tensor.dims(), options, null);
      ByteBuffer bytes = tensor.bytes();
      if (bytes.hasRemaining()) {
        bytesOf(copy, bytes.remaining()).put(bytes);
      }
      return copy.retainReference();
    }
  }

  private static ScalarType type(Tensor tensor) {
    return switch (tensor.type()) {
      case FLOAT -> ScalarType.Float;
      case DOUBLE -> ScalarType.Double;
      case INT64 -> ScalarType.Long;
      case INT32 -> ScalarType.Int;
      case BOOL -> ScalarType.Bool;
      case UINT8 -> ScalarType.Byte;
      case INT8 -> ScalarType.Char;
      default ->
          throw new TrainException(
              "tensor '%s': %s is not trained with".formatted(tensor.name(), tensor.type()));
    };
  }

  /** An ONNX tensor of the same values. */
  static Tensor copy(String name, org.bytedeco.pytorch.Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      var dense = tensor.detach().contiguous();
      ScalarType type = dense.scalar_type().intern();
      DataType onnx =
          switch (type) {
            case Float -> DataType.FLOAT;
            case Double -> DataType.DOUBLE;
            case Long -> DataType.INT64;
            case Int -> DataType.INT32;
            case Bool -> DataType.BOOL;
            default -> throw new TrainException("tensor '" + name + "' has type " + type);
          };
      int size = Math.toIntExact(dense.numel() * dense.element_size());
      ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
      if (size > 0) {
        bytes.put(bytesOf(dense, size)).flip();
      }
      return Tensor.of(name, onnx, shape(dense), bytes);
    }
  }

  /** The memory of a dense tensor. */
  static ByteBuffer bytesOf(org.bytedeco.pytorch.Tensor tensor, long size) {
    return new BytePointer(tensor.data_ptr())
        .capacity(size)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  static long[] shape(org.bytedeco.pytorch.Tensor tensor) {
    long[] shape = new long[(int) tensor.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }
}
