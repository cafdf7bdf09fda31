package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.UnaryOperator;

/**
 * A loaded ONNX file that takes pictures: one input, floats {@code [N, C, H, W]} that a
 * preprocessing makes or bytes {@code [N, H, W, 3]} that are the pictures themselves, and at least
 * one float output, of which the first is given. Thread-safe; closing waits for runs under way.
 */
public final class ImageModel implements AutoCloseable {
  private final String name;
  private final OrtSession session;
  private final Sessions.Opened opened;
  private final Specification specification;
  private final InputPort input;
  private final String outputName;
  private final long[] outputShape;
  private final Task.Output output;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Queue<FloatBuffer> buffers = new ConcurrentLinkedQueue<>();
  private boolean closed;

  private ImageModel(String name, Sessions.Opened opened, UnaryOperator<String> lastOperator)
      throws OrtException {
    this.name = name;
    this.session = opened.session();
    this.opened = opened;
    this.specification = Specification.of(name, session.getMetadata().getCustomMetadata());
    List<NodeInfo> inputs = List.copyOf(session.getInputInfo().values());
    if (inputs.size() != 1) {
      throw new ScoringException(name, "expected one input, met " + session.getInputNames());
    }
    this.input = InputPort.of(name, inputs.get(0));
    NodeInfo first = session.getOutputInfo().values().iterator().next();
    this.outputName = first.getName();
    this.outputShape = floats(first).getShape();
    Task task = specification.task();
    this.output = task == null ? output(lastOperator.apply(outputName)) : task.output();
  }

  private static Task.Output output(String lastOperator) {
    return switch (lastOperator) {
      case "Softmax", "Sigmoid" -> Task.Output.PROBABILITIES;
      default -> Task.Output.LOGITS; // also LogSoftmax, whose softmax are the probabilities
    };
  }

  private TensorInfo floats(NodeInfo node) {
    if (node.getInfo() instanceof TensorInfo t && t.type == OnnxJavaType.FLOAT) {
      return t;
    }
    throw new ScoringException(
        name,
        "output '%s': expected a float tensor, met %s".formatted(node.getName(), node.getInfo()));
  }

  /** Loads a file, using as many threads as there are processors. */
  public static ImageModel load(Path file, Device device) {
    return load(file, device, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a file.
   *
   * @param threads threads that ONNX Runtime uses for one run, 1 or more
   * @throws ScoringException where the file is no model of pictures, or the device is not usable
   */
  public static ImageModel load(Path file, Device device, int threads) {
    if (!Files.isRegularFile(file)) {
      throw new ScoringException(
          file.toString(), Files.exists(file) ? "not a file" : "no such file");
    }
    return load(
        file.toString(),
        device,
        threads,
        (e, o) -> e.createSession(file.toString(), o),
        value -> LastOperator.of(file, value));
  }

  /** Loads a model from the bytes of its file. */
  public static ImageModel load(String name, byte[] bytes, Device device) {
    int threads = Runtime.getRuntime().availableProcessors();
    return load(
        name,
        device,
        threads,
        (e, o) -> e.createSession(bytes, o),
        value -> LastOperator.of(bytes, value));
  }

  private static ImageModel load(
      String name,
      Device device,
      int threads,
      Sessions.Opener opener,
      UnaryOperator<String> lastOperator) {
    Sessions.Setup setup =
        options -> {
          options.setIntraOpNumThreads(threads);
          options.setInterOpNumThreads(1);
          options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // exceptions say it
          // Waiting threads sleep: a service has better uses for its processors.
          options.addConfigEntry("session.intra_op.allow_spinning", "0");
        };
    try {
      Sessions.Opened opened = Sessions.open(name, device, setup, opener);
      try {
        return new ImageModel(name, opened, lastOperator);
      } catch (OrtException | RuntimeException e) {
        opened.close();
        throw e;
      }
    } catch (OrtException e) {
      throw new ScoringException(name, String.valueOf(e.getMessage()), e);
    }
  }

  /** What messages call the model: its file. */
  public String name() {
    return name;
  }

  /** What the file says of itself. */
  public Specification specification() {
    return specification;
  }

  /** The device that is in use: what was asked for, less what cannot be used. */
  public Device device() {
    return opened.device();
  }

  /** Why that device: asked for, or what keeps its other providers out. */
  public String deviceReason() {
    return opened.reason();
  }

  /** {@code [N, C, H, W]} or, of bytes, {@code [N, H, W, 3]}; -1 where any size fits. */
  public long[] inputShape() {
    return input.shape().clone();
  }

  /**
   * Whether the input is uint8 {@code [N, H, W, 3]}: such a model is fed RGB pictures as they are.
   * Masks and pictures are taken to cover all of each, unless the file's preprocessing has
   * geometry, which is then what the graph itself does: frames and crops that it does not tell of
   * misplace them.
   */
  public boolean takesBytes() {
    return input.bytes();
  }

  /** Shape of the first output; -1 where it follows from the input. */
  public long[] outputShape() {
    return outputShape.clone();
  }

  /**
   * What the numbers of the output are: what the file's task says; without one, probabilities where
   * the graph ends in a softmax or sigmoid, else logits.
   */
  public Task.Output output() {
    return output;
  }

  /**
   * Feeds pictures of one size after preprocessing; as they are, where the model takes bytes.
   *
   * @return the first output, {@code [N, ...]}
   * @throws ScoringException where the pictures do not have one tensor shape
   */
  public Output run(List<Picture> pictures, Preprocessing preprocessing) {
    if (pictures.isEmpty()) {
      throw new ScoringException(name, "a batch wants at least one picture");
    }
    if (input.bytes()) {
      return run(() -> input.tensor(pictures));
    }
    Picture first = pictures.get(0);
    int[] each = preprocessing.shape(first.width(), first.height());
    long[] shape = {pictures.size(), each[0], each[1], each[2]};
    FloatBuffer tensor = borrow(shape);
    try {
      for (Picture picture : pictures) {
        if (!Arrays.equals(each, preprocessing.shape(picture.width(), picture.height()))) {
          throw new ScoringException(
              name, "one batch holds %s and %s, whose tensors differ".formatted(first, picture));
        }
        preprocessing.write(picture, tensor);
      }
      return run(tensor.flip(), shape);
    } finally {
      buffers.add(tensor);
    }
  }

  /**
   * A direct buffer for a batch. There are as many as there were runs at once; one that is too
   * small is left to the garbage collector.
   */
  private FloatBuffer borrow(long[] shape) {
    double wanted = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
    if (wanted > Integer.MAX_VALUE / Float.BYTES) {
      throw new ScoringException(name, text(shape) + " is more than one buffer can hold");
    }
    int size = (int) wanted;
    FloatBuffer used = buffers.poll();
    if (used != null && used.capacity() >= size) {
      return used.clear();
    }
    return ByteBuffer.allocateDirect(Float.BYTES * size)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /**
   * Feeds a batch as it is.
   *
   * @param tensor {@code [N, C, H, W]}, row-major; direct buffers are not copied
   * @throws ScoringException where the shape does not fit the model
   */
  public Output run(FloatBuffer tensor, long[] shape) {
    if (input.bytes()) {
      throw new ScoringException(name, "the model takes bytes [N, H, W, 3], not floats");
    }
    input.check(shape);
    return run(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), tensor, shape));
  }

  @FunctionalInterface
  private interface Batch {
    OnnxTensor open() throws OrtException;
  }

  private Output run(Batch batch) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new ScoringException(name, "the model is closed");
      }
      try (OnnxTensor in = batch.open()) {
        return run(in);
      } catch (OrtException e) {
        throw new ScoringException(name, String.valueOf(e.getMessage()), e);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  private Output run(OnnxTensor in) {
    try (OrtSession.Result result = session.run(Map.of(input.name(), in), opened.runOptions())) {
      OnnxTensor out = (OnnxTensor) result.get(outputName).orElseThrow();
      FloatBuffer buffer = out.getFloatBuffer();
      float[] values = new float[buffer.remaining()];
      buffer.get(values);
      return new Output(values, out.getInfo().getShape());
    } catch (OrtException e) {
      String met = text(in.getInfo().getShape());
      throw new ScoringException(name, "input " + met + ": " + e.getMessage(), e);
    }
  }

  /** A shape as messages have it. */
  static String text(long[] shape) {
    return Arrays.toString(shape).replace("-1", "any");
  }

  /** Frees the model once the runs under way are done; later runs fail. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        opened.close();
      }
    } catch (OrtException e) {
      throw new ScoringException(name, String.valueOf(e.getMessage()), e);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
