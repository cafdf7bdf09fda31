package io.fovea.image;

import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Decode;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a network is fed: the steps from a picture of any size to a tensor {@code [C, H, W]}. They
 * serve training and scoring alike, and travel with the model as JSON. Immutable and thread-safe.
 *
 * <p>The order of the steps: at most one {@link Decode}, first, one {@link Color}, one {@link
 * Tiles}, last but for normalization, and one {@link Normalize}, last.
 */
public final class Preprocessing {
  private final List<Step> steps;
  private final Channels channels;
  private final int fused; // first of the steps that are one with writing the tensor
  private final float[][] levels;

  /**
   * Checks the order of the steps.
   *
   * @throws PictureException where a step is misplaced or repeated, or normalizes other channels
   *     than there are
   */
  public Preprocessing(List<Step> steps) {
    this.steps = List.copyOf(steps);
    for (Step step : steps.subList(Math.min(1, steps.size()), steps.size())) {
      if (step instanceof Decode) {
        throw problem("decode must be first");
      }
    }
    if (steps.stream().filter(Color.class::isInstance).count() > 1) {
      throw problem("more than one color");
    }
    checkTiles(steps);
    channels = channels(steps);
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
    fused = fused(this.steps);
    levels = levels(this.steps, channels.count());
  }

  private static void checkTiles(List<Step> steps) {
    for (int i = 0; i < steps.size() - 1; i++) {
      if (steps.get(i) instanceof Tiles && !(steps.get(i + 1) instanceof Normalize)) {
        throw problem(
            "%s after tiles, which must be last but for normalize".formatted(steps.get(i + 1)));
      }
    }
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
    return Preset.named(preset).preprocessing(-1, -1, -1);
  }

  /**
   * Of a preset, the same for a net that takes but one size or number of channels: crops and
   * resizes are of that size, {@code imagenet} resizes in proportion before, {@code zero-one} and
   * {@code raw} resize by bilinear, and turn grey for one channel. Other steps stay as they are.
   *
   * @param channels of the net, and its height and width; -1 where any fit
   */
  public Preprocessing fitting(long channels, long height, long width) {
    for (Preset preset : Preset.values()) {
      if (equals(preset.preprocessing(-1, -1, -1))) {
        return preset.preprocessing((int) channels, (int) height, (int) width);
      }
    }
    return this;
  }

  /** The steps in their order. */
  public List<Step> steps() {
    return steps;
  }

  /** Channels of the tensor: 1 or 3. */
  public int channels() {
    return channels.count();
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
    Picture p = apply(source, steps.size(), UnaryOperator.identity());
    return channels() == 3 ? p.toRgb() : p.toGrey();
  }

  /**
   * The mask after the geometry of the steps, resized by nearest, with {@link Mask#IGNORED} in
   * frames: of the size that {@link #picture} makes of a picture of the same size.
   *
   * @throws PictureException where the steps make it too large
   */
  public Mask mask(Mask source) {
    return Mask.of(apply(source.picture(), steps.size(), Geometry::ofClasses));
  }

  /** The reader that makes pictures as these steps want them. */
  public PictureReader reader() {
    PictureReader reader = PictureReader.standard();
    return !steps.isEmpty() && steps.get(0) instanceof Decode decode
        ? reader.with(decode).withReduction(this::reduction)
        : reader;
  }

  /**
   * What the sides of a picture may be divided by while it is decoded: 8, 4 or 2 where it stays as
   * large as what the first step about sizes resizes it to, and the steps allow it; else 1.
   */
  int reduction(int width, int height) {
    boolean allowed = !steps.isEmpty() && steps.get(0) instanceof Decode decode && decode.reduced();
    Step first =
        steps.stream()
            .filter(s -> !(s instanceof Decode || s instanceof Color))
            .findFirst()
            .orElse(null);
    if (!allowed || first == null) {
      return 1;
    }
    Geometry wanted = Geometry.of(first, width, height);
    int by = 8;
    while (by > 1
        && ((width - 1) / by < wanted.width() - 1 || (height - 1) / by < wanted.height() - 1)) {
      by /= 2;
    }
    return by;
  }

  /** The first steps; a change to grey waits for the next step of geometry. */
  private Picture apply(Picture source, int end, UnaryOperator<Geometry> change) {
    Picture p = source;
    boolean toGrey = false;
    for (int i = 0; i < end; i++) {
      Step step = steps.get(i);
      if (isGrey(step)) {
        toGrey = true;
      } else if (Geometry.isOf(step)) {
        Geometry geometry = change.apply(geometry(i, p.width(), p.height()));
        p = geometry.apply(toGrey ? p.toGrey() : framed(p, geometry));
        i += fusesWithNext(steps, i) ? 1 : 0;
      }
    }
    return p;
  }

  /** A grey picture in colour, where it is to be framed by one. */
  private Picture framed(Picture p, Geometry geometry) {
    return channels() == 3 && !geometry.fill().isGrey() ? p.toRgb() : p;
  }

  /** What a step, and with it a crop that follows it, makes of a picture of this size. */
  private Geometry geometry(int i, int width, int height) {
    Geometry geometry = Geometry.of(steps.get(i), width, height);
    return fusesWithNext(steps, i) ? geometry.centerCrop((CenterCrop) steps.get(i + 1)) : geometry;
  }

  private static boolean fusesWithNext(List<Step> steps, int i) {
    return steps.get(i) instanceof ResizeShorter
        && i + 1 < steps.size()
        && steps.get(i + 1) instanceof CenterCrop;
  }

  /** The last step of geometry, with one that it fuses with; past the end where there is none. */
  private static int fused(List<Step> steps) {
    int last = steps.size();
    for (int i = 0; i < steps.size(); i++) {
      if (Geometry.isOf(steps.get(i))) {
        last = i;
        i += fusesWithNext(steps, i) ? 1 : 0;
      }
    }
    return last;
  }

  private static boolean isGrey(Step step) {
    return step instanceof Color color && color.channels() == Channels.GREY;
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
      if (Geometry.isOf(step)) {
        Geometry geometry = Geometry.of(step, w, h);
        w = geometry.outWidth();
        h = geometry.outHeight();
      }
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
    if (prepared.channels() != channels()) {
      throw problem(
          "the tensor has %d channels, the picture is %s".formatted(channels(), prepared));
    }
    write(prepared, false, Geometry.keep(prepared.width(), prepared.height()), out, 1);
  }

  /**
   * Writes the tensor {@code [C, H, W]} of a picture of any size at the buffer's position and
   * advances it: what {@link #picture} and {@link #tensor} do, in one pass over the picture.
   *
   * @throws PictureException where the steps make it too large, or the buffer has too little room
   */
  public void write(Picture source, FloatBuffer out) {
    write(source, out, Runtime.getRuntime().availableProcessors());
  }

  /**
   * The same.
   *
   * @param threads that may work at a picture for which more than one are worth it, 1 or more: the
   *     calling one, and others of {@link java.util.concurrent.ForkJoinPool#commonPool}
   */
  public void write(Picture source, FloatBuffer out, int threads) {
    Picture p = apply(source, fused, UnaryOperator.identity());
    Geometry geometry =
        fused < steps.size()
            ? geometry(fused, p.width(), p.height())
            : Geometry.keep(p.width(), p.height());
    boolean toGrey = false;
    for (int i = 0; i < fused; i++) {
      toGrey = toGrey || (isGrey(steps.get(i)) && p.channels() == 3);
    }
    write(p, toGrey, geometry, out, threads);
  }

  private void write(
      Picture source, boolean toGrey, Geometry geometry, FloatBuffer out, int threads) {
    long size = (long) channels() * geometry.outWidth() * geometry.outHeight();
    if (out.remaining() < size) {
      throw problem("a tensor of %d values into room for %d".formatted(size, out.remaining()));
    }
    Planes planes =
        new Planes(
            out,
            out.position(),
            geometry,
            toGrey ? 1 : source.channels(),
            levels,
            channels == Channels.BGR);
    Resampler.run(source, toGrey, geometry, threads, planes);
    planes.frame();
    out.position(out.position() + (int) size);
  }

  /** What each of the 256 levels becomes in each plane. */
  private static float[][] levels(List<Step> steps, int planes) {
    float[][] levels = new float[planes][256];
    Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
    for (int plane = 0; plane < planes; plane++) {
      for (int level = 0; level < 256; level++) {
        levels[plane][level] =
            last instanceof Normalize n
                ? (level / n.divisor() - n.mean().get(plane)) / n.std().get(plane)
                : level;
      }
    }
    return levels;
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

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Preprocessing p && steps.equals(p.steps);
  }

  @Override
  public int hashCode() {
    return steps.hashCode();
  }

  @Override
  public String toString() {
    return toJson();
  }

  private static PictureException problem(String what) {
    return new PictureException("preprocessing", what);
  }
}
