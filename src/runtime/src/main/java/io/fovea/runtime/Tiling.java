package io.fovea.runtime;

import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a network over windows of a picture and blends what it says. Only the blended output is held
 * as a whole; of the windows, a batch at a time.
 */
record Tiling(PictureFeed feed, Step.Tiles tiles) {
  /** Where a window lies: which of the columns' and of the rows'. */
  private record Window(int column, int row) {}

  /**
   * The blended output of a picture. Where the output is coarser than the input, the picture is
   * reflected to the right and below until it is of whole samples, and the grid covers that.
   *
   * @param prepared the picture after preprocessing, at least a tile in size
   * @param mirrored whether its mirror image is run instead
   * @throws ScoringException where windows cannot land on whole samples of the output
   */
  SampleGrid run(Picture prepared, boolean mirrored) {
    SampleGrid[] first = new SampleGrid[1];
    Picture corner = prepared.crop(0, 0, tiles.width(), tiles.height());
    feed.prepared(List.of(corner), 1, (which, grid) -> first[0] = grid.copy());
    SampleGrid tile = first[0];
    int stride = stride(tile);
    Picture all = mirrored ? whole(prepared, stride).flipHorizontally() : whole(prepared, stride);
    TileLine x = TileLine.of(all.width(), tiles.width(), tiles.overlap(), tile.width());
    TileLine y = TileLine.of(all.height(), tiles.height(), tiles.overlap(), tile.height());
    long size = (long) tile.channels() * y.total() * x.total();
    if (size > Integer.MAX_VALUE - 8) {
      throw feed.problem(
          "an output of %d x %d x %d is more than one array can hold"
              .formatted(tile.channels(), y.total(), x.total()));
    }
    float[] canvas = new float[(int) size];
    List<Window> others = new ArrayList<>();
    for (int i = 0; i < x.count() * y.count(); i++) {
      others.add(new Window(i % x.count(), i / x.count()));
    }
    if (!mirrored) {
      add(tile, others.remove(0), x, y, canvas);
    }
    int batch = feed.largestBatch((long) tile.channels() * tile.height() * tile.width(), corner);
    for (int from = 0; from < others.size(); from += batch) {
      List<Window> some = others.subList(from, Math.min(others.size(), from + batch));
      List<Picture> crops = some.stream().map(w -> crop(all, x, y, w)).toList();
      feed.prepared(crops, batch, (which, grid) -> add(grid, some.get(which), x, y, canvas));
    }
    return new SampleGrid(
        canvas, 0, tile.channels(), y.total(), x.total(), all.height(), all.width());
  }

  private static Picture whole(Picture prepared, int stride) {
    return Preprocessing.of(
            new Step.Color(prepared.channels() == 1 ? Step.Channels.GREY : Step.Channels.RGB),
            new Step.PadToMultiple(stride, Border.REFLECT, Fill.BLACK))
        .picture(prepared);
  }

  private Picture crop(Picture all, TileLine x, TileLine y, Window w) {
    return all.crop(x.starts()[w.column], y.starts()[w.row], tiles.width(), tiles.height());
  }

  /** Pixels for a sample; 1 where there are more samples than pixels. */
  private int stride(SampleGrid tile) {
    int h = tile.height();
    int w = tile.width();
    boolean even = isEven(tiles.height(), h) && isEven(tiles.width(), w);
    if (!even || (long) h * tiles.width() != (long) w * tiles.height()) {
      throw feed.problem(
          "a tile of %dx%d gives an output of %dx%d: expected a whole multiple or part of it, the"
                  .formatted(tiles.height(), tiles.width(), h, w)
              + " same for both sides; other tiles may fit");
    }
    int stride = Math.max(1, tiles.height() / h);
    if (Math.min(tiles.height(), tiles.width()) < tiles.overlap() + stride) {
      throw feed.problem(
          "a tile of %dx%d gives an output of %dx%d, too few to overlap by %d pixels"
              .formatted(tiles.height(), tiles.width(), h, w, tiles.overlap()));
    }
    return stride;
  }

  private static boolean isEven(int pixels, int samples) {
    return pixels % samples == 0 || samples % pixels == 0;
  }

  private static void add(SampleGrid tile, Window at, TileLine x, TileLine y, float[] canvas) {
    float[] across = x.weights()[at.column];
    float[] down = y.weights()[at.row];
    for (int c = 0; c < tile.channels(); c++) {
      for (int row = 0; row < tile.height(); row++) {
        int from = ((tile.item() * tile.channels() + c) * tile.height() + row) * tile.width();
        int to =
            (c * y.total() + y.outStarts()[at.row] + row) * x.total() + x.outStarts()[at.column];
        for (int k = 0; k < across.length; k++) {
          canvas[to + k] += tile.values()[from + k] * across[k] * down[row];
        }
      }
    }
  }
}
