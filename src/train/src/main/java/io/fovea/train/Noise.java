package io.fovea.train;

import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.ShapeInference;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What a generator is fed: standard normal numbers, of which it makes a picture. Immutable.
 *
 * @param channels numbers, or planes of them
 * @param height of a plane; 1 where the net leaves it open
 * @param width of a plane; 1 where the net leaves it open
 */
public record Noise(int channels, int height, int width) {
  /**
   * The noise of a net; null where it is fed pictures. A file that does not tell its task is fed
   * noise where it gives pictures and its input has neither one channel nor three.
   *
   * @throws TrainException where it is fed noise of an unknown number of channels
   */
  public static @Nullable Noise of(Model model) {
    Task task = Specification.of(model.graph().name(), model.metadata()).task();
    ValueInfo input = model.graph().inputs().get(0);
    List<Dim> shape = input.type().shape();
    Dim channels = shape == null || shape.size() != 4 ? Dim.UNKNOWN : shape.get(1);
    boolean isNoise =
        task == null
            ? channels.isKnown() && !isOfPictures(shape) && isOfPictures(output(model).shape())
            : task.kind() == Task.Kind.GENERATION;
    if (!isNoise) {
      return null;
    }
    if (shape == null || !channels.isKnown()) {
      throw new TrainException(
          "input '%s': expected noise [N, channels, h, w] of a known number of channels, met %s"
              .formatted(input.name(), input.type()));
    }
    return new Noise((int) channels.size(), side(shape.get(2)), side(shape.get(3)));
  }

  private static TensorType output(Model model) {
    return model.graph().outputs().get(0).type();
  }

  private static boolean isOfPictures(@Nullable List<Dim> shape) {
    return shape != null
        && shape.size() == 4
        && (shape.get(1).equals(Dim.of(1)) || shape.get(1).equals(Dim.of(3)));
  }

  private static int side(Dim dim) {
    return dim.isKnown() ? (int) dim.size() : 1;
  }

  /**
   * The shape {@code [1, C, h, w]} of the picture that a net makes of it, as far as it is known.
   */
  public List<Dim> made(Model model) {
    ValueInfo input = model.graph().inputs().get(0);
    String output = model.graph().outputs().get(0).name();
    List<Dim> shape = List.of(Dim.of(1), Dim.of(channels), Dim.of(height), Dim.of(width));
    try {
      Map<String, TensorType> fed =
          Map.of(input.name(), new TensorType(input.type().elements(), shape));
      TensorType type = ShapeInference.infer(model.inlined(), fed).get(output);
      List<Dim> found = type == null ? null : type.shape();
      return found == null || found.size() != 4
          ? List.of(Dim.UNKNOWN, Dim.UNKNOWN, Dim.UNKNOWN, Dim.UNKNOWN)
          : found;
    } catch (OnnxException e) {
      throw new TrainException("noise %s: %s".formatted(this, e.getMessage()), e);
    }
  }

  /** The shape of a batch. */
  long[] shape(long pictures) {
    return new long[] {pictures, channels, height, width};
  }

  /** Writes that of one picture, drawn by a seed. */
  void put(FloatBuffer to, long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < channels * height * width; i++) {
      to.put((float) random.nextGaussian());
    }
  }

  /** Such as {@code [N, 100, 1, 1]}. */
  @Override
  public String toString() {
    return "[N, %d, %d, %d]".formatted(channels, height, width);
  }
}
