package io.fovea.image;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * One step of a {@link Preprocessing}. In JSON it is an object whose {@code step} is its name, such
 * as {@code center_crop}, beside its values. Sizes are in pixels.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "step")
@JsonSubTypes({
  @Type(name = "decode", value = Step.Decode.class),
  @Type(name = "color", value = Step.Color.class),
  @Type(name = "resize", value = Step.Resize.class),
  @Type(name = "resize_shorter", value = Step.ResizeShorter.class),
  @Type(name = "center_crop", value = Step.CenterCrop.class),
  @Type(name = "letterbox", value = Step.Letterbox.class),
  @Type(name = "pad_to_multiple", value = Step.PadToMultiple.class),
  @Type(name = "limit_pixels", value = Step.LimitPixels.class),
  @Type(name = "tiles", value = Step.Tiles.class),
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

  /** What is done about the colour profile of a file. */
  enum Profile {
    IGNORED,
    /** Colours are converted to sRGB. */
    SRGB
  }

  /**
   * How a file becomes a picture; the first step. Without it profiles are ignored, alpha is
   * dropped, and every pixel is decoded.
   *
   * @param reduced whether JPEGs may be decoded at a half, quarter or eighth of their size where
   *     the steps make them smaller still and a {@link PictureDecoder} is there that can: faster,
   *     and other pixels; not for results in the pixels of the file, such as masks
   */
  record Decode(Profile profile, Alpha alpha, boolean reduced) implements Step {}

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

  /** Where a picture lies in a frame that is larger. */
  enum Position {
    /** Evenly between both sides; an odd pixel goes to the right and below. */
    CENTER,
    TOP_LEFT,
    TOP_RIGHT,
    BOTTOM_LEFT,
    BOTTOM_RIGHT;

    /** Columns of the frame left of the picture, of {@code free} ones. */
    int left(int free) {
      return switch (this) {
        case CENTER -> free / 2;
        case TOP_LEFT, BOTTOM_LEFT -> 0;
        case TOP_RIGHT, BOTTOM_RIGHT -> free;
      };
    }

    /** Rows of the frame above the picture, of {@code free} ones. */
    int top(int free) {
      return switch (this) {
        case CENTER -> free / 2;
        case TOP_LEFT, TOP_RIGHT -> 0;
        case BOTTOM_LEFT, BOTTOM_RIGHT -> free;
      };
    }
  }

  /** Resizes to fit inside, keeps the aspect ratio, and fills what is left with a colour. */
  record Letterbox(int height, int width, Fill fill, Resampling filter, Position position)
      implements Step {
    public Letterbox {
      checkSize(height);
      checkSize(width);
    }

    /** In the middle of a grey frame. */
    public Letterbox(int height, int width, int level, Resampling filter) {
      this(height, width, Fill.level(level), filter, Position.CENTER);
    }
  }

  /**
   * Keeps the pixels and adds a frame to the right and below, until the sides divide by a number.
   *
   * @param fill of a constant border
   */
  record PadToMultiple(int multiple, Border border, Fill fill) implements Step {
    public PadToMultiple {
      checkSize(multiple);
    }

    /** With a frame of one level. */
    public PadToMultiple(int multiple, int level) {
      this(multiple, Border.CONSTANT, Fill.level(level));
    }
  }

  /**
   * Makes pictures of more pixels smaller, by the least that keeps the aspect ratio.
   *
   * @param pixels most of width times height, at least 1
   */
  record LimitPixels(long pixels, Resampling filter) implements Step {
    public LimitPixels {
      if (pixels < 1) {
        throw problem("a limit of %d pixels: expected 1 or more".formatted(pixels));
      }
    }
  }

  /**
   * Feeds windows of one size, side by side with an overlap, whose results are blended; the last
   * step but {@link Normalize}. Pictures smaller than a window are reflected to the right and
   * below. For results that lie in the plane: masks and pictures.
   *
   * @param overlap pixels that neighbours share at least, less than half a window
   */
  record Tiles(int height, int width, int overlap) implements Step {
    public Tiles {
      checkSize(height);
      checkSize(width);
      if (overlap < 0 || 2 * overlap >= Math.min(height, width)) {
        throw problem(
            "tiles of %dx%d that overlap by %d: expected less than half a tile"
                .formatted(width, height, overlap));
      }
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

  private static PictureException problem(String what) {
    return new PictureException("preprocessing", what);
  }
}
