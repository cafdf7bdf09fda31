package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.image.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A loaded ONNX file that takes pictures: one input, numbers {@code [N, C, H, W]} or {@code [N, H,
 * W, C]} that a preprocessing makes, or bytes {@code [N, H, W, 3]} that can be the pictures
 * themselves, and at least one output of numbers, of which the first is given. Thread-safe; closing
 * waits for runs under way.
 */
public final class ImageModel implements AutoCloseable {
  private final String name;
  private final Sessions.Opened opened;
  private final int threads;
  private final Specification specification;
  private final InputPort input;
  private final OutputPort result;
  private final Task.Output output;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Deque<Slot> slots = new ArrayDeque<>(); // at rest, as many as ever ran at once
  private boolean closed;

  private ImageModel(
      String name,
      Sessions.Opened opened,
      int threads,
      Specification otherwise,
      UnaryOperator<String> lastOperator)
      throws OrtException {
    this.name = name;
    this.opened = opened;
    this.threads = threads;
    OrtSession session = opened.session();
    Specification own = Specification.of(name, session.getMetadata().getCustomMetadata());
    this.specification = own.or(otherwise);
    List<NodeInfo> inputs = List.copyOf(session.getInputInfo().values());
    if (inputs.size() != 1) {
      throw new ScoringException(name, "expected one input, met " + session.getInputNames());
    }
    this.input = InputPort.of(name, inputs.get(0));
    boolean foreign = own.preprocessing() == null;
    NodeInfo first = session.getOutputInfo().values().iterator().next();
    this.result = OutputPort.of(name, first, foreign && input.channelsLast());
    Task task = specification.task();
    this.output = task == null ? output(lastOperator.apply(result.name())) : task.output();
  }

  private static Task.Output output(String lastOperator) {
    return switch (lastOperator) {
      case "Softmax", "Sigmoid" -> Task.Output.PROBABILITIES;
      default -> Task.Output.LOGITS; // also LogSoftmax, whose softmax are the probabilities
    };
  }

  /** Loads a file, using as many threads as there are processors. */
  public static ImageModel load(Path file, Device device) {
    return load(file, device, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a file.
   *
   * @param threads that work at one run, 1 or more
   * @throws ScoringException where the file is no model of pictures, or the device is not usable
   */
  public static ImageModel load(Path file, Device device, int threads) {
    return load(file, device, threads, Specification.none());
  }

  /**
   * Loads a file.
   *
   * @param threads that work at one run, 1 or more
   * @param otherwise what is taken where the file does not say, such as the names of the classes
   * @throws ScoringException where the file is no model of pictures, or the device is not usable
   */
  public static ImageModel load(Path file, Device device, int threads, Specification otherwise) {
    if (!Files.isRegularFile(file)) {
      throw new ScoringException(
          file.toString(), Files.exists(file) ? "not a file" : "no such file");
    }
    return load(
        file.toString(),
        device,
        threads,
        otherwise,
        (e, o) -> e.createSession(file.toString(), o),
        value -> LastOperator.of(file, value));
  }

  /** Loads a model from the bytes of its file. */
  public static ImageModel load(String name, byte[] bytes, Device device) {
    return load(name, bytes, device, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a model from the bytes of its file.
   *
   * @param threads that work at one run, 1 or more
   */
  public static ImageModel load(String name, byte[] bytes, Device device, int threads) {
    return load(
        name,
        device,
        threads,
        Specification.none(),
        (e, o) -> e.createSession(bytes, o),
        value -> LastOperator.of(bytes, value));
  }

  private static ImageModel load(
      String name,
      Device device,
      int threads,
      Specification otherwise,
      Sessions.Opener opener,
      UnaryOperator<String> lastOperator) {
    PictureReader.prepare();
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
        return new ImageModel(name, opened, threads, otherwise, lastOperator);
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

  /** {@code [N, C, H, W]}, wherever the file has the channels; -1 where any size fits. */
  public long[] inputShape() {
    return input.planar();
  }

  /**
   * Whether the input is uint8 {@code [N, H, W, 3]}: such a model can be fed RGB pictures as they
   * are. Masks and pictures are then taken to cover all of each, unless the file's preprocessing
   * has geometry, which is what the graph itself does: frames and crops that it does not tell of
   * misplace them.
   */
  public boolean takesBytes() {
    return input.takesPictures();
  }

  /** Shape of the first output, {@code [N, C, h, w]} if of four axes; -1 where it follows. */
  public long[] outputShape() {
    return result.shape().clone();
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
    return run(pictures, takesBytes() ? null : preprocessing, Output::copy);
  }

  /**
   * Feeds a batch as it is.
   *
   * @param tensor {@code [N, C, H, W]}, row-major
   * @throws ScoringException where the shape does not fit the model
   */
  public Output run(FloatBuffer tensor, long[] shape) {
    if (takesBytes()) {
      throw new ScoringException(name, "the model takes bytes [N, H, W, 3], not floats");
    }
    if (shape.length != 4) {
      input.check(shape);
    }
    FloatBuffer own = tensor.duplicate();
    return run(
        input.shape(shape),
        (slot, in) -> {
          if (input.isPlanarFloats()) {
            in.asFloatBuffer().put(own);
            return;
          }
          int each = own.remaining() / Math.toIntExact(shape[0]);
          for (int n = 0; n < shape[0]; n++) {
            input.put(own.slice(n * each, each), (int) shape[1], in);
          }
        },
        Output::copy);
  }

  /**
   * Feeds pictures of one size after preprocessing.
   *
   * @param preprocessing null to feed them as they are
   * @param use takes the output, which is valid until it returns
   */
  <T> T run(
      List<Picture> pictures, @Nullable Preprocessing preprocessing, Function<Output, T> use) {
    if (pictures.isEmpty()) {
      throw new ScoringException(name, "a batch wants at least one picture");
    }
    Picture first = pictures.get(0);
    int[] each = shape(first, preprocessing);
    for (Picture picture : pictures) {
      if (picture.width() != first.width() || picture.height() != first.height()) {
        if (!Arrays.equals(each, shape(picture, preprocessing))) {
          throw new ScoringException(
              name, "one batch holds %s and %s, whose tensors differ".formatted(first, picture));
        }
      }
    }
    return run(
        input.shape(pictures.size(), each[0], each[1], each[2]),
        (slot, in) -> {
          if (preprocessing == null) {
            pictures.forEach(p -> InputPort.put(p, in));
          } else {
            write(pictures, preprocessing, each, slot, in);
          }
        },
        use);
  }

  /** The shape {@code {C, H, W}} of what a model is fed of a picture. */
  static int[] shape(Picture picture, @Nullable Preprocessing preprocessing) {
    return preprocessing == null
        ? new int[] {3, picture.height(), picture.width()}
        : preprocessing.shape(picture.width(), picture.height());
  }

  private void write(
      List<Picture> pictures, Preprocessing preprocessing, int[] each, Slot slot, ByteBuffer in) {
    if (input.isPlanarFloats()) {
      FloatBuffer planes = in.asFloatBuffer();
      for (Picture picture : pictures) {
        preprocessing.write(picture, planes, threads);
      }
      return;
    }
    FloatBuffer planes = slot.planes(each[0] * each[1] * each[2]);
    for (Picture picture : pictures) {
      preprocessing.write(picture, planes.rewind(), threads);
      input.put(planes.flip(), each[0], in);
    }
  }

  /** Writes a batch into its tensor. */
  @FunctionalInterface
  private interface Filling {
    void fill(Slot slot, ByteBuffer in);
  }

  private <T> T run(long[] shape, Filling filling, Function<Output, T> use) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new ScoringException(name, "the model is closed");
      }
      Slot slot = borrow(shape);
      try {
        filling.fill(slot, slot.input(shape));
        return use.apply(slot.run());
      } catch (OrtException e) {
        throw new ScoringException(name, "input " + text(shape) + ": " + e.getMessage(), e);
      } finally {
        giveBack(slot);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /** A slot of that shape, where one is at rest. */
  private Slot borrow(long[] shape) {
    synchronized (slots) {
      for (Slot slot : slots) {
        if (slot.isOf(shape)) {
          slots.remove(slot);
          return slot;
        }
      }
      return slots.isEmpty() ? new Slot(opened, input, result) : slots.removeLast();
    }
  }

  private void giveBack(Slot slot) {
    synchronized (slots) {
      slots.addFirst(slot);
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
        slots.forEach(Slot::close);
        opened.close();
      }
    } catch (OrtException e) {
      throw new ScoringException(name, String.valueOf(e.getMessage()), e);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
