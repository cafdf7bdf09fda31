package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import io.fovea.train.Dataset;
import io.fovea.train.PixelStatistics;
import io.fovea.train.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how pictures are fed to the net that is trained. */
final class FeedOptions {
  private static final int SAMPLE = 1000;

  @Option(
      names = "--size",
      paramLabel = "N|HxW",
      description = {
        "height and width of the net's pictures, and of windows where it makes pictures; default:",
        "the data's, or the paper's; pictures alone that are larger: windows of the paper's size"
      })
  @Nullable String size;

  @Option(
      names = "--preprocessing",
      paramLabel = "NAME|FILE",
      description = "a preset or a JSON file instead of --size")
  @Nullable String preset;

  /** How a file is fed: as it says, or as the options say. */
  Preprocessing fed(String name, Model file, Dataset all, @Nullable Integer channels)
      throws IOException {
    Preprocessing own = Specification.of(name, file.metadata()).preprocessing();
    boolean pairs = all.task() == Task.Kind.PICTURE;
    if (own != null && preset == null && (size == null || pairs)) {
      return pairs ? windowed(own, all, size == null ? null : sides(size)) : own;
    }
    List<Dim> input = file.graph().inputs().get(0).type().shape();
    if (pairs && input != null && input.size() == 4 && input.get(1).isKnown()) {
      return fed(all, null, (int) input.get(1).size());
    }
    return fed(all, null, channels);
  }

  /**
   * How the pictures that a net makes of noise are brought to its size.
   *
   * @param shape {@code [1, C, H, W]} of what it makes, as far as it is known
   */
  Preprocessing made(List<Dim> shape) throws IOException {
    if (preset != null) {
      return ServingOptions.preprocessing(preset);
    }
    if (size == null && !(shape.get(2).isKnown() && shape.get(3).isKnown())) {
      throw new Fovea.UserException(
          "the file does not say how large the pictures are that it makes; give --size");
    }
    int[] sides =
        size != null
            ? sides(size)
            : new int[] {(int) shape.get(2).size(), (int) shape.get(3).size()};
    return covering(sides[0], sides[1], shape.get(1).equals(Dim.of(1)) ? 1 : 3);
  }

  /** Brings pictures of any size to one, as levels in [0, 1]: in proportion where it is square. */
  static Preprocessing covering(int height, int width, int channels) {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step.Color(channels == 1 ? Step.Channels.GREY : Step.Channels.RGB));
    if (height == width) {
      steps.add(new Step.ResizeShorter(height, Resampling.BILINEAR));
      steps.add(new Step.CenterCrop(height, width));
    } else {
      steps.add(new Step.Resize(height, width, Resampling.BILINEAR));
    }
    steps.add(levels(channels));
    return new Preprocessing(steps);
  }

  private static Step levels(int channels) {
    return new Step.Normalize(
        255, Collections.nCopies(channels, 0f), Collections.nCopies(channels, 1f));
  }

  /** How a new net is fed: as the options say, or as fits data and architecture. */
  Preprocessing fed(Dataset all, @Nullable Architecture architecture, @Nullable Integer channels)
      throws IOException {
    int[] sides = size == null ? null : sides(size);
    if (sides != null
        && architecture != null
        && Math.min(sides[0], sides[1]) < architecture.smallest()) {
      throw new Fovea.UserException(
          "--size: %s takes pictures of %d pixels or more, met %s"
              .formatted(architecture.name(), architecture.smallest(), size));
    }
    if (size != null && preset != null) {
      throw new Fovea.UserException("--size and --preprocessing both say how pictures are fed");
    }
    if (preset != null) {
      return ServingOptions.preprocessing(preset);
    }
    if (all.task() == Task.Kind.PICTURE) {
      if (sides == null && architecture != null) {
        sides = windows(all, architecture);
      }
      return channels == null && architecture != null
          ? kept(all, architecture.channels(), sides)
          : kept(all, channels, sides);
    }
    if (sides == null && architecture != null) {
      sides = ownSize(all, architecture);
    }
    if (sides == null) {
      throw new Fovea.UserException(
          "the file does not say how pictures are fed to it; give --size");
    }
    return measured(all, channels, sides);
  }

  /** {@code {height, width}} of {@code 224} or {@code 450x700}. */
  static int[] sides(String text) {
    if (!text.matches("\\d{1,5}(x\\d{1,5})?")) {
      throw new Fovea.UserException(
          "--size: expected a number or HEIGHTxWIDTH, met '%s'".formatted(text));
    }
    String[] parts = text.split("x");
    return new int[] {Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1])};
  }

  /**
   * The data's own size where its pictures agree and the net takes it, else the paper's; masks are
   * learned at their own size, pictures of classes at most at the paper's, and square.
   */
  private static int[] ownSize(Dataset all, Architecture a) {
    Picture first = all.picture(0);
    Picture last = all.picture(all.size() - 1);
    int width = first.width();
    int height = first.height();
    boolean even = width == last.width() && height == last.height();
    boolean takes = Math.min(width, height) >= a.smallest();
    boolean usual = width == height && width <= a.size();
    return even && takes && (usual || all.task() == Task.Kind.SEGMENTATION)
        ? new int[] {height, width}
        : new int[] {a.size(), a.size()};
  }

  /** Pictures alone that are larger than the paper's, or differ, are seen in its windows. */
  private static int @Nullable [] windows(Dataset all, Architecture a) {
    Picture first = all.picture(0);
    Picture last = all.picture(all.size() - 1);
    boolean even = first.width() == last.width() && first.height() == last.height();
    boolean small = Math.max(first.width(), first.height()) <= a.size();
    boolean alone = all.target(all.size() - 1) instanceof Target.Itself;
    return !alone || (even && small) ? null : new int[] {a.size(), a.size()};
  }

  /** Keeps the pixels, as levels in [0, 1]; with a size, in windows of it. */
  private static Preprocessing kept(
      Dataset pairs, @Nullable Integer channels, int @Nullable [] sides) {
    int count = channels != null ? channels : pairs.picture(0).channels();
    Step color = new Step.Color(count == 1 ? Step.Channels.GREY : Step.Channels.RGB);
    return windowed(Preprocessing.of(color, levels(count)), pairs, sides);
  }

  /** The same in windows of a size, of which neighbours share an eighth; null for as it is. */
  private static Preprocessing windowed(Preprocessing fed, Dataset pairs, int @Nullable [] sides) {
    if (sides == null) {
      Picture first = pairs.picture(0);
      Picture last = pairs.picture(pairs.size() - 1);
      int[] shape = fed.shape(first.width(), first.height());
      if (fed.tiles() == null && !Arrays.equals(shape, fed.shape(last.width(), last.height()))) {
        throw new Fovea.UserException(
            "the pictures differ in size; give --size to train on windows of one");
      }
      return fed;
    }
    List<Step> steps = new ArrayList<>(fed.steps());
    steps.removeIf(Step.Tiles.class::isInstance);
    boolean normalizes = !steps.isEmpty() && steps.get(steps.size() - 1) instanceof Step.Normalize;
    Step tiles = new Step.Tiles(sides[0], sides[1], Math.min(sides[0], sides[1]) / 8);
    steps.add(steps.size() - (normalizes ? 1 : 0), tiles);
    return new Preprocessing(steps);
  }

  /** Stretches to a size and brings the data to mean 0 and deviation 1. */
  static Preprocessing measured(Dataset data, @Nullable Integer channels, int[] sides) {
    int count = channels != null ? channels : data.picture(0).channels();
    Step.Color color = new Step.Color(count == 1 ? Step.Channels.GREY : Step.Channels.RGB);
    Step.Resize resize = new Step.Resize(sides[0], sides[1], Resampling.BILINEAR);
    PixelStatistics seen = PixelStatistics.of(data, Preprocessing.of(color, resize), SAMPLE);
    return Preprocessing.of(color, resize, seen.normalize());
  }
}
