package io.fovea.runtime;

import io.fovea.image.Mapping;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A model that makes pictures of pictures, such as super-resolution, style transfer and denoising,
 * or of noise, such as the generator of a GAN: its output is {@code [N, C, h, w]}, C 1 or 3.
 * Thread-safe; closing waits for runs under way.
 *
 * <p><b>Noise.</b> What a file whose task is {@link Task.Kind#GENERATION} is fed are standard
 * normal numbers, one of each channel where its input leaves height and width open. It is asked to
 * {@link #generate}; all others {@link #transform}.
 *
 * <p><b>Size.</b> Where the preprocessing keeps the pixels, the result is of the picture's size
 * times the net's scale, sample for sample: twice as wide and high for a net of two. Where it
 * resizes, the scale says nothing about the picture, and the result is resized (bicubic) to the
 * picture's own size. Frames are cut off; where the preprocessing crops, the result shows what is
 * left. To run a net of one fixed size at its own scale, feed it tiles instead of a resize.
 *
 * <p><b>Levels.</b> The range of the output becomes 0 to 255, rounded and clipped. It is what the
 * file's {@link Task} says; else [0, 1] where the output is probabilities; else [-1, 1] of noise,
 * and of pictures what normalization makes of levels 0 and 255, where that is one range for all
 * planes, as [0, 1] or [-1, 1]; else [0, 255].
 *
 * <p><b>Colours.</b> Three planes are in the order of those that the net is fed. A net of one plane
 * in and out that meets a coloured picture gives it another luma; chroma (YCbCr as in JPEG) is the
 * picture's own, resized bicubically.
 */
public final class PictureTransformer implements View<Picture> {
  private final PictureFeed feed;
  private final Task.Range range;
  private final boolean reversed;

  private PictureTransformer(PictureFeed feed, Task.@Nullable Range otherwise) {
    this.feed = feed;
    Task task = feed.model().specification().task();
    if (task != null && task.output() == Task.Output.LOGITS) {
      throw feed.problem("a picture is made of values or probabilities, not of logits");
    }
    Task.Range own = task == null ? null : task.range();
    Task.Range said = own == null ? otherwise : own;
    this.range = said == null ? usual(feed) : said;
    this.reversed =
        feed.preprocessing().steps().stream()
            .anyMatch(s -> s instanceof Step.Color c && c.channels() == Step.Channels.BGR);
    long[] shape = feed.model().outputShape();
    if (shape.length > 0) {
      check(shape);
    }
  }

  private void check(long[] shape) {
    if (shape.length != 4 || (shape[1] >= 0 && shape[1] != 1 && shape[1] != 3)) {
      throw feed.misfit("[N, 1 or 3, h, w]", shape);
    }
  }

  private static Task.Range usual(PictureFeed feed) {
    if (feed.model().output() == Task.Output.PROBABILITIES) {
      return new Task.Range(0, 1);
    }
    if (generates(feed)) {
      return new Task.Range(-1, 1);
    }
    Task.Range found = Task.Range.of(feed.preprocessing());
    return found == null ? new Task.Range(0, 255) : found;
  }

  /** Loads a file that says how pictures are fed to it, or makes them of noise. */
  public static PictureTransformer load(Path file, Device device) {
    return load(file, device, null);
  }

  /**
   * Loads a file.
   *
   * @param otherwise how pictures are fed to it where the file does not say; null if it must
   * @throws ScoringException where the file makes no pictures or the device is not usable
   */
  public static PictureTransformer load(
      Path file, Device device, @Nullable Preprocessing otherwise) {
    return of(ImageModel.load(file, device), otherwise, null);
  }

  /**
   * A loaded model as a transformer, which closes it.
   *
   * @param otherwise how pictures are fed to it where the file does not say
   * @param range of its output where the file does not say; null for the usual one
   */
  public static PictureTransformer of(
      ImageModel model, @Nullable Preprocessing otherwise, Task.@Nullable Range range) {
    return PictureFeed.view(
        model, Task.Kind.PICTURE, otherwise, feed -> new PictureTransformer(feed, range));
  }

  @Override
  public ImageModel model() {
    return feed.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return feed.preprocessing();
  }

  /** What becomes black and white. */
  public Task.Range range() {
    return range;
  }

  /**
   * The same model fed by overlapping windows of pictures, whose outputs are blended, as if its
   * preprocessing said so; closing either closes it. The output of a picture is held as a whole.
   */
  public PictureTransformer tiled(Step.Tiles tiles) {
    checkFed();
    return new PictureTransformer(feed.tiled(tiles), range);
  }

  /**
   * The same model with what it makes of a picture and its mirror image averaged; closing either
   * closes it.
   *
   * @throws ScoringException where five crops are asked for, which do not show all of a picture
   */
  public PictureTransformer averaging(Averaging views) {
    checkFed();
    return new PictureTransformer(feed.averagingFlips(views), range);
  }

  /** Whether the model makes pictures of noise. */
  public boolean generates() {
    return generates(feed);
  }

  private static boolean generates(PictureFeed feed) {
    Task task = feed.model().specification().task();
    return task != null && task.kind() == Task.Kind.GENERATION;
  }

  /**
   * Pictures of noise, in batches of at most 32.
   *
   * @param count 0 or more
   * @param seed draws the noise of the first picture, {@code seed + 1} that of the second, and so
   *     on: the same seed gives the same picture, alone or among others
   * @throws ScoringException where the model makes pictures of pictures
   */
  public List<Picture> generate(int count, long seed) {
    if (!generates()) {
      throw feed.problem(
          "takes pictures, not noise: transform them; expected a model of generation");
    }
    long[] shape = model().inputShape();
    if (shape[1] < 0) {
      throw feed.problem("input: expected a number of channels, met " + ImageModel.text(shape));
    }
    long fixed = shape[0];
    long[] one = {1, shape[1], Math.max(1, shape[2]), Math.max(1, shape[3])};
    int size = Math.toIntExact(one[1] * one[2] * one[3]);
    List<Picture> made = new ArrayList<>();
    while (made.size() < count) {
      int most = fixed > 0 ? (int) fixed : PictureFeed.LARGEST_BATCH;
      int some = Math.min(most, count - made.size());
      int n = fixed > 0 ? most : some;
      FloatBuffer noise = FloatBuffer.allocate(Math.multiplyExact(n, size));
      for (int i = 0; i < n; i++) {
        Noise.put(noise, size, seed + made.size() + i);
      }
      Output out = model().run(noise.flip(), new long[] {n, one[1], one[2], one[3]});
      for (int i = 0; i < some; i++) {
        made.add(generated(out, i));
      }
    }
    return made;
  }

  private Picture generated(Output out, int item) {
    long[] s = out.shape();
    check(s);
    int h = Math.toIntExact(s[2]);
    int w = Math.toIntExact(s[3]);
    SampleGrid grid = new SampleGrid(out.values(), item, (int) s[1], h, w, h, w);
    return grid.picture(Cut.whole(w), Cut.whole(h), range, reversed);
  }

  private void checkFed() {
    if (generates()) {
      throw feed.problem(
          "takes noise %s, not pictures: generate them; expected a model of picture"
              .formatted(ImageModel.text(model().inputShape())));
    }
  }

  /** What the model makes of one picture. */
  public Picture transform(Picture picture) {
    return transform(List.of(picture)).get(0);
  }

  /**
   * What it makes of some, in their order; those of equal tensor shape run in batches of at most 32
   * pictures and 2^24 numbers.
   *
   * @throws ScoringException where the preprocessing keeps the pixels and the output is no whole
   *     multiple or part of the tensor's size, or the model makes pictures of noise
   */
  public List<Picture> transform(List<Picture> pictures) {
    checkFed();
    return feed.grids(pictures, UnaryOperator.identity(), this::picture);
  }

  private Picture picture(Picture own, SampleGrid grid) {
    check(new long[] {1, grid.channels(), grid.height(), grid.width()});
    Mapping mapping = preprocessing().mapping(own.width(), own.height());
    boolean resized = mapping.x().scale() != 1 || mapping.y().scale() != 1;
    if (!resized) {
      checkScale(grid);
    }
    Cut x = Cut.of(mapping.x(), own.width(), grid.tensorWidth(), grid.width());
    Cut y = Cut.of(mapping.y(), own.height(), grid.tensorHeight(), grid.height());
    Picture made = grid.picture(x, y, range, reversed);
    if (resized) {
      made = made.resize(x.own(), y.own(), Resampling.BICUBIC);
    }
    boolean luma = made.channels() == 1 && preprocessing().channels() == 1;
    return luma && own.channels() == 3
        ? Chroma.under(made, own.crop(x.begin(), y.begin(), x.own(), y.own()))
        : made;
  }

  private void checkScale(SampleGrid grid) {
    int h = grid.tensorHeight();
    int w = grid.tensorWidth();
    if (!isWhole(h, grid.height()) || !isWhole(w, grid.width())) {
      throw feed.problem(
          "the output of %dx%d is no whole multiple or part of the tensor's %dx%d; a step"
                  .formatted(grid.height(), grid.width(), h, w)
              + " pad_to_multiple may make it one");
    }
  }

  private static boolean isWhole(int tensor, int samples) {
    return tensor % samples == 0 || samples % tensor == 0;
  }

  @Override
  public List<Picture> answers(List<Picture> pictures) {
    return transform(pictures);
  }

  @Override
  public List<Integer> fed(Picture picture) {
    checkFed();
    return feed.fed(picture);
  }
}
