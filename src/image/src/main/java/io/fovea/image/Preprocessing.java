package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;

import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Decode;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a network is fed: the steps from a picture of any size to a tensor {@code [C, H, W]}. They
 * serve training and scoring alike, and travel with the model as JSON. Immutable and thread-safe.
 *
 * @param steps in their order: at most one {@link Decode}, first, one {@link Color}, one {@link
 *     Tiles}, last but for normalization, and one {@link Normalize}, last
 */
public record Preprocessing(List<Step> steps) {
  private static final Map<String, Preprocessing> PRESETS =
      new TreeMap<>(
          Map.of(
              "imagenet",
              of(
                  new Color(Channels.RGB),
                  new ResizeShorter(256, BILINEAR),
                  new CenterCrop(224, 224),
                  new Normalize(
                      255, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f))),
              "zero-one",
              of(new Color(Channels.RGB), levels(255, 0, 0, 0)),
              "raw",
              of(new Color(Channels.RGB)),
              "caffe",
              of(
                  new Color(Channels.BGR),
                  new Resize(224, 224, BILINEAR),
                  levels(1, 104, 117, 123))));

  /**
   * Checks the order of the steps.
   *
   * @throws PictureException where a step is misplaced or repeated, or normalizes other channels
   *     than there are
   */
  public Preprocessing {
    steps = List.copyOf(steps);
    for (Step step : steps.subList(Math.min(1, steps.size()), steps.size())) {
      if (step instanceof Decode) {
        throw problem("decode must be first");
      }
    }
    if (steps.stream().filter(Color.class::isInstance).count() > 1) {
      throw problem("more than one color");
    }
    checkTiles(steps);
    Channels channels = channels(steps);
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) instanceof Normalize n) {
        if (i < steps.size() - 1) {
          throw problem("%s after normalize, which must be last".formatted(steps.get(i + 1)));
        }
        if (n.mean().size() != channels.count() || n.std().size() != channels.count()) {
          throw problem(
              "normalize has %d means and %d std, %s has %d channels"
                  .formatted(n.mean().size(), n.std().size(), channels, channels.count()));
        }
      }
    }
  }

  private static void checkTiles(List<Step> steps) {
    for (int i = 0; i < steps.size() - 1; i++) {
      if (steps.get(i) instanceof Tiles && !(steps.get(i + 1) instanceof Normalize)) {
        throw problem(
            "%s after tiles, which must be last but for normalize".formatted(steps.get(i + 1)));
      }
    }
  }

  private static Normalize levels(float divisor, float... mean) {
    return new Normalize(divisor, List.of(mean[0], mean[1], mean[2]), List.of(1f, 1f, 1f));
  }

  /** These steps. */
  public static Preprocessing of(Step... steps) {
    return new Preprocessing(List.of(steps));
  }

  /**
   * A preset: {@code imagenet} (shorter side 256, centre 224, RGB by the usual mean and deviation),
   * {@code zero-one} (any size, RGB in [0, 1]), {@code raw} (any size, RGB in [0, 255]), {@code
   * caffe} (stretched to 224x224, BGR in [0, 255] less 104, 117, 123).
   *
   * @throws PictureException listing the presets, where there is none of that name
   */
  public static Preprocessing named(String preset) {
    Preprocessing found = PRESETS.get(preset);
    if (found == null) {
      throw problem(
          "no preset '%s'; there are %s".formatted(preset, String.join(", ", PRESETS.keySet())));
    }
    return found;
  }

  /** Channels of the tensor: 1 or 3. */
  public int channels() {
    return channels(steps).count();
  }

  private static Channels channels(List<Step> steps) {
    for (Step step : steps) {
      if (step instanceof Color color) {
        return color.channels();
      }
    }
    return Channels.RGB;
  }

  /**
   * The picture after all steps but the last, {@link Normalize}: of the tensor's size and number of
   * channels; RGB, also where the tensor is BGR.
   *
   * @throws PictureException where the steps make it too large
   */
  public Picture picture(Picture source) {
    Picture p = fit(source, UnaryOperator.identity());
    return channels() == 3 ? p.toRgb() : p;
  }

  /**
   * The mask after the geometry of the steps, resized by nearest, with {@link Mask#IGNORED} in
   * frames: of the size that {@link #picture} makes of a picture of the same size.
   *
   * @throws PictureException where the steps make it too large
   */
  public Mask mask(Mask source) {
    return Mask.of(fit(source.picture(), Geometry::ofClasses));
  }

  private Picture fit(Picture source, UnaryOperator<Geometry> change) {
    Picture p = source;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step instanceof Color color && color.channels() == Channels.GREY) {
        p = p.toGrey();
      } else {
        Geometry geometry = Geometry.of(step, p.width(), p.height());
        if (step instanceof ResizeShorter
            && i + 1 < steps.size()
            && steps.get(i + 1) instanceof CenterCrop crop) {
          geometry = geometry.centerCrop(crop);
          i++;
        }
        p = change.apply(geometry).apply(p);
      }
    }
    return p;
  }

  /**
   * The windows that a network is fed instead of the whole picture; null where it is fed the whole.
   * They are taken from what {@link #picture} returns, which is at least as large.
   */
  public @Nullable Tiles tiles() {
    return steps.stream()
        .filter(Tiles.class::isInstance)
        .map(Tiles.class::cast)
        .findFirst()
        .orElse(null);
  }

  /**
   * The shape {@code {C, H, W}} of the tensor of a picture of this size; where the network is fed
   * tiles, of all of it.
   */
  public int[] shape(int width, int height) {
    int w = width;
    int h = height;
    for (Step step : steps) {
      Geometry geometry = Geometry.of(step, w, h);
      w = geometry.outWidth();
      h = geometry.outHeight();
    }
    return new int[] {channels(), h, w};
  }

  /** Where the pixels of a picture of this size lie in its tensor. */
  public Mapping mapping(int width, int height) {
    int w = width;
    int h = height;
    Mapping.Line x = Mapping.Line.identity(w);
    Mapping.Line y = Mapping.Line.identity(h);
    for (Step step : steps) {
      Geometry g = Geometry.of(step, w, h);
      x = x.then(w, g.width(), g.x(), g.w(), g.left());
      y = y.then(h, g.height(), g.y(), g.h(), g.top());
      w = g.outWidth();
      h = g.outHeight();
    }
    return new Mapping(x, y);
  }

  /**
   * Writes the tensor {@code [C, H, W]} at the buffer's position and advances it.
   *
   * @param prepared what {@link #picture} returned
   * @throws PictureException where the picture has other channels, or the buffer too little room
   */
  public void tensor(Picture prepared, FloatBuffer out) {
    int c = channels();
    byte[] pixels = prepared.pixels();
    if (prepared.channels() != c) {
      throw problem("the tensor has %d channels, the picture is %s".formatted(c, prepared));
    }
    if (out.remaining() < pixels.length) {
      throw problem(
          "a tensor of %d values into room for %d".formatted(pixels.length, out.remaining()));
    }
    boolean reversed = channels(steps) == Channels.BGR;
    float[] row = new float[prepared.width()];
    for (int plane = 0; plane < c; plane++) {
      float[] values = values(plane);
      int at = reversed ? c - 1 - plane : plane;
      for (int y = 0; y < prepared.height(); y++) {
        for (int x = 0; x < row.length; x++, at += c) {
          row[x] = values[pixels[at] & 0xff];
        }
        out.put(row);
      }
    }
  }

  /** What each of the 256 levels becomes in a plane. */
  private float[] values(int plane) {
    float[] values = new float[256];
    Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
    for (int level = 0; level < values.length; level++) {
      values[level] =
          last instanceof Normalize n
              ? (level / n.divisor() - n.mean().get(plane)) / n.std().get(plane)
              : level;
    }
    return values;
  }

  /** The steps as a JSON array: {@code [{"step": "center_crop", "height": 224, ...}, ...]}. */
  public String toJson() {
    return PreprocessingJson.write(steps);
  }

  /**
   * The steps that {@link #toJson} wrote.
   *
   * @throws PictureException naming the step, key or value that is wrong
   */
  public static Preprocessing fromJson(String json) {
    return new Preprocessing(new ArrayList<>(PreprocessingJson.read(json)));
  }

  private static PictureException problem(String what) {
    return new PictureException("preprocessing", what);
  }
}
