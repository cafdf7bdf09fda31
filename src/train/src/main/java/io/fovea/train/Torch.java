package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Safetensors;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Loading of libtorch, and tensors between ONNX and it. */
final class Torch {
  // A view does not keep its text: both must live as long as the process.
  private static final BytePointer TRUNC_TEXT;

  /** Division towards zero. */
  static final StringViewOptional TRUNC;

  private static final long LONGEST_STEP_SECONDS = 60;
  private static final ReentrantReadWriteLock WORK = new ReentrantReadWriteLock();

  static {
    // JavaCPP limits memory to four heaps, which stops trainings that fit, and its check costs half
    // of each small operation. Read when the first Pointer class loads, so it is set before.
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    torch.set_num_threads(physicalCores());
    // OpenBLAS keeps threads of its own, which wait for its next product by spinning and take the
    // cores from libtorch's: nets with many products took up to six times as long.
    if (System.getenv("OPENBLAS_NUM_THREADS") == null) {
      openblas_nolapack.blas_set_num_threads(1);
    }
    // Where NNPACK does not know the processor, it says so at each convolution.
    torch.globalContext().setUserEnabledNNPACK(false);
    TRUNC_TEXT = new BytePointer("trunc").retainReference();
    TRUNC = new StringViewOptional(TRUNC_TEXT).retainReference();
    Runtime.getRuntime().addShutdownHook(new Thread(Torch::stop, "fovea-stop"));
    OneDnn.check();
  }

  private Torch() {}

  /**
   * Marks work in libtorch until it is closed. A process that is told to stop (by Ctrl-C, say)
   * destroys libtorch's statics, and with them whatever is still running: so stopping waits for
   * work under way, and no more is begun.
   */
  static Work work() {
    WORK.readLock().lock();
    return WORK.readLock()::unlock;
  }

  /** Work under way. */
  interface Work extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Has convolutions run by libtorch's own kernels until it is closed, not by oneDNN's. Those
   * differ by rounding from processor to processor: enough to turn a tie of a max pool, after which
   * two trainings part.
   */
  static Work plainKernels() {
    boolean before = torch.globalContext().userEnabledMkldnn();
    torch.globalContext().setUserEnabledMkldnn(false);
    return () -> torch.globalContext().setUserEnabledMkldnn(before);
  }

  private static void stop() {
    try {
      // Never unlocked: whoever wants to begin now waits until the process is gone.
      boolean quiet = WORK.writeLock().tryLock(LONGEST_STEP_SECONDS, TimeUnit.SECONDS);
      if (!quiet) {
        System.getLogger(Torch.class.getName()).log(Level.WARNING, "a step did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts libtorch's own random numbers, for dropout and stochastic depth, on every device. */
  static void seed(long seed) {
    torch.manual_seed(seed);
  }

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
      var options = new TensorOptions(type(tensor.type()));
      var copy = torch.empty(tensor.dims(), options, null);
      ByteBuffer bytes = tensor.bytes();
      if (bytes.hasRemaining()) {
        bytesOf(copy, bytes.remaining()).put(bytes);
      }
      return copy.retainReference();
    }
  }

  /** libtorch's name of an element type. */
  static ScalarType type(DataType type) {
    return switch (type) {
      case FLOAT -> ScalarType.Float;
      case DOUBLE -> ScalarType.Double;
      case INT64 -> ScalarType.Long;
      case INT32 -> ScalarType.Int;
      case BOOL -> ScalarType.Bool;
      case UINT8 -> ScalarType.Byte;
      case INT8 -> ScalarType.Char;
      case INT16 -> ScalarType.Short;
      case UINT16 -> ScalarType.UInt16;
      case UINT32 -> ScalarType.UInt32;
      case UINT64 -> ScalarType.UInt64;
      case FLOAT16 -> ScalarType.Half;
      case BFLOAT16 -> ScalarType.BFloat16;
      default -> throw new TrainException(type + " is not trained with");
    };
  }

  /** A tensor on the device of another one. */
  static org.bytedeco.pytorch.Tensor beside(
      org.bytedeco.pytorch.Tensor other, org.bytedeco.pytorch.Tensor tensor) {
    return other.is_cpu() ? tensor : tensor.to(other.device(), tensor.scalar_type());
  }

  /** The elements where Java can read them: on the CPU, one after another. */
  private static org.bytedeco.pytorch.Tensor dense(org.bytedeco.pytorch.Tensor tensor) {
    var dense = tensor.detach().contiguous();
    return dense.is_cpu() ? dense : dense.cpu();
  }

  /** An ONNX tensor of the same values. */
  static Tensor copy(String name, org.bytedeco.pytorch.Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      var dense = dense(tensor);
      DataType onnx = type(name, dense);
      int size = Math.toIntExact(dense.numel() * dense.element_size());
      ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
      if (size > 0) {
        bytes.put(bytesOf(dense, size)).flip();
      }
      return Tensor.of(name, onnx, shape(dense), bytes);
    }
  }

  private static DataType type(String name, org.bytedeco.pytorch.Tensor tensor) {
    ScalarType type = tensor.scalar_type().intern();
    return switch (type) {
      case Float -> DataType.FLOAT;
      case Double -> DataType.DOUBLE;
      case Long -> DataType.INT64;
      case Int -> DataType.INT32;
      case Bool -> DataType.BOOL;
      case Byte -> DataType.UINT8;
      case Char -> DataType.INT8;
      case Short -> DataType.INT16;
      case UInt16 -> DataType.UINT16;
      case UInt32 -> DataType.UINT32;
      case UInt64 -> DataType.UINT64;
      case Half -> DataType.FLOAT16;
      case BFloat16 -> DataType.BFLOAT16;
      default -> throw new TrainException("tensor '" + name + "' has type " + type);
    };
  }

  /** A tensor as a part of a file, read when it is written. */
  static Safetensors.Part part(String name, org.bytedeco.pytorch.Tensor tensor) {
    return new Safetensors.Part(name, type(name, tensor), shape(tensor), () -> copy(name, tensor));
  }

  /** The memory of a dense tensor. */
  static ByteBuffer bytesOf(org.bytedeco.pytorch.Tensor tensor, long size) {
    return new BytePointer(tensor.data_ptr())
        .capacity(size)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  /** Whether libtorch has hardly any arithmetic for a type, so that int64 must stand in. */
  static boolean isWide(ScalarType type) {
    return type == ScalarType.UInt16 || type == ScalarType.UInt32 || type == ScalarType.UInt64;
  }

  /** A function of a tensor, of unsigned integers by way of int64. */
  static org.bytedeco.pytorch.Tensor signed(
      org.bytedeco.pytorch.Tensor x, UnaryOperator<org.bytedeco.pytorch.Tensor> f) {
    ScalarType type = x.scalar_type().intern();
    return isWide(type) ? f.apply(x.to(ScalarType.Long)).to(type) : f.apply(x);
  }

  /** A function of two tensors, of unsigned integers by way of int64. */
  static org.bytedeco.pytorch.Tensor signed(
      org.bytedeco.pytorch.Tensor a,
      org.bytedeco.pytorch.Tensor b,
      BinaryOperator<org.bytedeco.pytorch.Tensor> f) {
    ScalarType type = a.scalar_type().intern();
    if (!isWide(type)) {
      return f.apply(a, b);
    }
    var y = f.apply(a.to(ScalarType.Long), b.to(ScalarType.Long));
    return y.scalar_type().intern() == ScalarType.Long ? y.to(type) : y;
  }

  /** The elements of a tensor of integers. */
  static long[] longs(org.bytedeco.pytorch.Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      var dense = dense(tensor.to(ScalarType.Long));
      long[] values = new long[Math.toIntExact(dense.numel())];
      if (values.length > 0) { // else there is no memory to read
        bytesOf(dense, 8L * values.length).asLongBuffer().get(values);
      }
      return values;
    }
  }

  /** An int64 vector on the CPU. */
  static org.bytedeco.pytorch.Tensor longs(long... values) {
    return torch
        .from_blob(
            new LongPointer(values), new long[] {values.length}, new TensorOptions(ScalarType.Long))
        .clone();
  }

  /** A tensor of floats on the CPU. */
  static org.bytedeco.pytorch.Tensor floats(float[] values, long... shape) {
    return torch
        .from_blob(new FloatPointer(values), shape, new TensorOptions(ScalarType.Float))
        .clone();
  }

  /** {@code [1, ..., n, ..., 1]}: broadcasts along one axis. */
  static long[] along(int axis, long n, long rank) {
    long[] shape = LongStream.generate(() -> 1).limit(rank).toArray();
    shape[axis] = n;
    return shape;
  }

  static long[] shape(org.bytedeco.pytorch.Tensor tensor) {
    long[] shape = new long[(int) tensor.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }
}
