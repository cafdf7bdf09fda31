package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import java.nio.FloatBuffer;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A rectangle of a picture, drawn at random; its top left pixel is {@code (x, y)}. */
record Box(int x, int y, int width, int height) {
  private static final int TRIES = 10; // after which what is asked for is given up

  /**
   * What is cut out of a picture and then stretched (random resized crops; <a
   * href="https://arxiv.org/abs/1409.4842">Szegedy 2014</a>): of an even share of its area, of a
   * logarithmically even aspect ratio. Where ten draws do not fit, the middle.
   *
   * @param least share of the area; all is the most
   * @param widest width over height; its inverse is the narrowest
   */
  static Box cut(Random random, double least, double widest, int width, int height) {
    for (int i = 0; i < TRIES; i++) {
      double area = even(random, least, 1) * width * height;
      double aspect = aspect(random, 1 / widest, widest);
      int w = (int) Math.rint(Math.sqrt(area * aspect));
      int h = (int) Math.rint(Math.sqrt(area / aspect));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        return placed(random, w, h, width, height);
      }
    }
    double ratio = (double) width / height;
    int w = ratio > widest ? (int) Math.rint(height * widest) : width;
    int h = ratio < 1 / widest ? (int) Math.rint(width * widest) : height;
    return new Box((width - w) / 2, (height - h) / 2, w, h);
  }

  /**
   * What is erased of a picture (<a href="https://arxiv.org/abs/1708.04896">Zhong 2017</a>): 2 to
   * 33 % of its area, 0.3 to 3.3 times as high as wide. Null where ten draws do not fit.
   */
  static @Nullable Box erased(Random random, int width, int height) {
    for (int i = 0; i < TRIES; i++) {
      double area = even(random, 0.02, 0.33) * width * height;
      double aspect = aspect(random, 0.3, 3.3);
      int w = (int) Math.rint(Math.sqrt(area / aspect));
      int h = (int) Math.rint(Math.sqrt(area * aspect));
      if (w < width && h < height) {
        return placed(random, w, h, width, height);
      }
    }
    return null;
  }

  /**
   * What is pasted from another picture: around any pixel, as far as it lies in the picture; empty
   * where the share is too small for a pixel.
   *
   * @param share of the area, where nothing lies outside
   */
  static Box pasted(Random random, double share, int width, int height) {
    int x = random.nextInt(width);
    int y = random.nextInt(height);
    int halfWidth = (int) (0.5 * Math.sqrt(share) * width);
    int halfHeight = (int) (0.5 * Math.sqrt(share) * height);
    int left = Math.max(0, x - halfWidth);
    int top = Math.max(0, y - halfHeight);
    int right = Math.min(width, x + halfWidth);
    int bottom = Math.min(height, y + halfHeight);
    return new Box(left, top, right - left, bottom - top);
  }

  private static Box placed(Random random, int w, int h, int width, int height) {
    int x = random.nextInt(width - w + 1);
    int y = random.nextInt(height - h + 1);
    return new Box(x, y, w, h);
  }

  private static double even(Random random, double least, double most) {
    return least + random.nextDouble() * (most - least);
  }

  private static double aspect(Random random, double least, double most) {
    return Math.exp(even(random, Math.log(least), Math.log(most)));
  }

  int area() {
    return width * height;
  }

  /**
   * Of a picture as it was read, stretched to the size that a preprocessing gives the whole, or a
   * tile.
   */
  Picture of(Picture whole, Preprocessing fed) {
    int[] shape = shape(whole.width(), whole.height(), fed);
    Picture part = whole.crop(x, y, width, height);
    return shape[0] == 1
        ? part.toGrey().resize(shape[2], shape[1], filter(fed))
        : part.resize(shape[2], shape[1], filter(fed)).toRgb();
  }

  /** The same of its mask, by nearest. */
  Mask of(Mask whole, Preprocessing fed) {
    int[] shape = shape(whole.width(), whole.height(), fed);
    Mask part = whole.crop(x, y, width, height);
    Picture levels = Picture.of(width, height, 1, part.classes());
    Picture stretched = levels.resize(shape[2], shape[1], Resampling.NEAREST);
    return Mask.of(shape[2], shape[1], stretched.pixels());
  }

  private static int[] shape(int width, int height, Preprocessing fed) {
    Step.Tiles tiles = fed.tiles();
    return tiles == null
        ? fed.shape(width, height)
        : new int[] {fed.channels(), tiles.height(), tiles.width()};
  }

  /** The filter of a preprocessing's first resize. */
  private static Resampling filter(Preprocessing fed) {
    for (Step step : fed.steps()) {
      if (step instanceof Step.Resize s) {
        return s.filter();
      } else if (step instanceof Step.ResizeShorter s) {
        return s.filter();
      } else if (step instanceof Step.Letterbox s) {
        return s.filter();
      } else if (step instanceof Step.LimitPixels s) {
        return s.filter();
      }
    }
    return Resampling.BILINEAR;
  }

  /**
   * Writes 0, the mean of normalized levels, over this part of a picture.
   *
   * @param pixels holds {@code [channels, h, w]} from {@code start} on
   */
  void erase(FloatBuffer pixels, int start, int channels, int h, int w) {
    float[] nothing = new float[width];
    for (int k = 0; k < channels; k++) {
      for (int row = y; row < y + height; row++) {
        pixels.put(start + (k * h + row) * w + x, nothing);
      }
    }
  }
}
