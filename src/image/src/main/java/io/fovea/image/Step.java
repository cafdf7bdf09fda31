package io.fovea.image;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * One step of a {@link Preprocessing}. In JSON it is an object whose {@code step} is its name, such
 * as {@code center_crop}, beside its values. Sizes are in pixels, fills are levels in [0, 255].
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "step")
@JsonSubTypes({
  @Type(name = "color", value = Step.Color.class),
  @Type(name = "resize", value = Step.Resize.class),
  @Type(name = "resize_shorter", value = Step.ResizeShorter.class),
  @Type(name = "center_crop", value = Step.CenterCrop.class),
  @Type(name = "letterbox", value = Step.Letterbox.class),
  @Type(name = "pad_to_multiple", value = Step.PadToMultiple.class),
  @Type(name = "normalize", value = Step.Normalize.class)
})
public sealed interface Step {
  /** The largest side that a step may ask for. */
  int MAX_SIZE = 1 << 14;

  /** Planes of the tensor, in their order. */
  enum Channels {
    GREY,
    RGB,
    /** The planes of RGB in reverse; pictures stay RGB. */
    BGR;

    /** Number of planes: 1 or 3. */
    int count() {
      return this == GREY ? 1 : 3;
    }
  }

  /** Takes the picture to grey or colour; without this step tensors are RGB. */
  record Color(Channels channels) implements Step {}

  /** Stretches to a size, whatever the aspect ratio. */
  record Resize(int height, int width, Resampling filter) implements Step {
    public Resize {
      checkSize(height);
      checkSize(width);
    }
  }

  /** Resizes the shorter side to a size; the longer one follows, rounded down as in torchvision. */
  record ResizeShorter(int size, Resampling filter) implements Step {
    public ResizeShorter {
      checkSize(size);
    }
  }

  /** Takes the middle, as in torchvision; a smaller picture is first padded with 0. */
  record CenterCrop(int height, int width) implements Step {
    public CenterCrop {
      checkSize(height);
      checkSize(width);
    }
  }

  /** Resizes to fit inside, keeps the aspect ratio, and fills evenly on both sides. */
  record Letterbox(int height, int width, int fill, Resampling filter) implements Step {
    public Letterbox {
      checkSize(height);
      checkSize(width);
      checkLevel(fill);
    }
  }

  /** Keeps the pixels and fills to the right and below, until the sides divide by a number. */
  record PadToMultiple(int multiple, int fill) implements Step {
    public PadToMultiple {
      checkSize(multiple);
      checkLevel(fill);
    }
  }

  /**
   * Makes {@code (level / divisor - mean) / std} of every level, in float.
   *
   * @param mean one a plane, in the order of the planes
   * @param std one a plane, none 0
   */
  record Normalize(float divisor, List<Float> mean, List<Float> std) implements Step {
    public Normalize {
      mean = List.copyOf(mean);
      std = List.copyOf(std);
      boolean finite = Float.isFinite(divisor) && mean.stream().allMatch(Float::isFinite);
      boolean divides = divisor != 0 && std.stream().allMatch(s -> Float.isFinite(s) && s != 0);
      if (!finite || !divides) {
        throw problem(
            "normalize by %s, %s, %s: expected finite numbers, a divisor and std other than 0"
                .formatted(divisor, mean, std));
      }
    }
  }

  private static void checkSize(int pixels) {
    if (pixels < 1 || pixels > MAX_SIZE) {
      throw problem("a size of %d: expected 1 to %d".formatted(pixels, MAX_SIZE));
    }
  }

  private static void checkLevel(int fill) {
    if (fill < 0 || fill > 255) {
      throw problem("a fill of %d: expected 0 to 255".formatted(fill));
    }
  }

  private static PictureException problem(String what) {
    return new PictureException("preprocessing", what);
  }
}
