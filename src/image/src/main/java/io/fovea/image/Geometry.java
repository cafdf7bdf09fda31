package io.fovea.image;

import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;

/**
 * What a step makes of a picture of one size: it is resized, of the result a rectangle is taken,
 * and that is framed. Resize and crop are one operation, so that only the pixels that stay are
 * computed.
 *
 * @param width width after the resize
 * @param height height after the resize
 * @param x left column of the rectangle
 * @param y top row of the rectangle
 * @param w width of the rectangle
 * @param h height of the rectangle
 * @param left columns of the frame, and so on
 * @param border what the frame shows
 * @param fill of a constant frame
 */
record Geometry(
    int width,
    int height,
    Resampling filter,
    int x,
    int y,
    int w,
    int h,
    int left,
    int top,
    int right,
    int bottom,
    Border border,
    Fill fill) {
  private static final Fill IGNORED = Fill.level(Mask.IGNORED);

  /** Whether a step is about geometry, not about values. */
  static boolean isOf(Step step) {
    return !(step instanceof Step.Decode
        || step instanceof Step.Color
        || step instanceof Step.Normalize);
  }

  /** What a step makes of a picture of this size; nothing, where it is about values. */
  static Geometry of(Step step, int width, int height) {
    if (step instanceof Resize s) {
      return resize(s.width(), s.height(), s.filter());
    } else if (step instanceof ResizeShorter s) {
      int longer = longer(s.size(), width, height);
      return width <= height
          ? resize(s.size(), longer, s.filter())
          : resize(longer, s.size(), s.filter());
    } else if (step instanceof CenterCrop s) {
      return keep(width, height).centerCrop(s);
    } else if (step instanceof Letterbox s) {
      double scale = Math.min((double) s.width() / width, (double) s.height() / height);
      int w = fit(width * scale, s.width());
      int h = fit(height * scale, s.height());
      int left = s.position().left(s.width() - w);
      int top = s.position().top(s.height() - h);
      return resize(w, h, s.filter())
          .frame(left, top, s.width() - w - left, s.height() - h - top, Border.CONSTANT, s.fill());
    } else if (step instanceof PadToMultiple s) {
      int right = Math.floorMod(-width, s.multiple());
      int bottom = Math.floorMod(-height, s.multiple());
      return keep(width, height).frame(0, 0, right, bottom, s.border(), s.fill());
    } else if (step instanceof LimitPixels s) {
      return limit(s, width, height);
    } else if (step instanceof Tiles s) {
      int right = Math.max(0, s.width() - width);
      int bottom = Math.max(0, s.height() - height);
      return keep(width, height).frame(0, 0, right, bottom, Border.REFLECT, Fill.BLACK);
    }
    return keep(width, height);
  }

  static Geometry keep(int width, int height) {
    return resize(width, height, Resampling.NEAREST);
  }

  private static Geometry limit(LimitPixels s, int width, int height) {
    double scale = Math.sqrt((double) s.pixels() / ((double) width * height));
    if (scale >= 1) {
      return keep(width, height);
    }
    int w = Math.max(1, (int) (width * scale));
    int h = (int) Math.max(1, Math.min((long) (height * scale), s.pixels() / w));
    return resize((int) Math.min(w, s.pixels() / h), h, s.filter());
  }

  static Geometry resize(int width, int height, Resampling filter) {
    return new Geometry(
        width, height, filter, 0, 0, width, height, 0, 0, 0, 0, Border.CONSTANT, Fill.BLACK);
  }

  /** Torchvision's {@code int(size * long / short)}. */
  private static int longer(int size, int width, int height) {
    long longer = (long) size * Math.max(width, height) / Math.min(width, height);
    return (int) Math.min(longer, Integer.MAX_VALUE);
  }

  private static int fit(double side, int most) {
    return Math.max(1, Math.min(most, (int) Math.rint(side)));
  }

  /** This, and then the middle of it; only for one that has no frame. */
  Geometry centerCrop(CenterCrop s) {
    int moreX = Math.max(0, s.width() - width);
    int moreY = Math.max(0, s.height() - height);
    return new Geometry(
        width,
        height,
        filter,
        middle(width, s.width()),
        middle(height, s.height()),
        Math.min(width, s.width()),
        Math.min(height, s.height()),
        moreX / 2,
        moreY / 2,
        moreX - moreX / 2,
        moreY - moreY / 2,
        Border.CONSTANT,
        Fill.BLACK);
  }

  /** Python's {@code int(round((side - crop) / 2.0))}: halves go to the even number. */
  private static int middle(int side, int crop) {
    return Math.max(0, (int) Math.rint((side - crop) / 2.0));
  }

  private Geometry frame(int left, int top, int right, int bottom, Border border, Fill fill) {
    return new Geometry(width, height, filter, x, y, w, h, left, top, right, bottom, border, fill);
  }

  /** The same of a mask: no class is blended with another, and a frame has none. */
  Geometry ofClasses() {
    return new Geometry(
        width,
        height,
        Resampling.NEAREST,
        x,
        y,
        w,
        h,
        left,
        top,
        right,
        bottom,
        Border.CONSTANT,
        IGNORED);
  }

  /** Width of the result. */
  int outWidth() {
    return Math.addExact(w, left + right);
  }

  /** Height of the result. */
  int outHeight() {
    return Math.addExact(h, top + bottom);
  }

  Picture apply(Picture source) {
    return Resampler.resize(source, this).pad(left, top, right, bottom, border, fill);
  }
}
