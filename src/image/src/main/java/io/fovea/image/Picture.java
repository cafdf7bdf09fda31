package io.fovea.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A decoded picture: upright, 8 bits a sample, one channel (grey) or three (RGB). Immutable and
 * thread-safe.
 */
public final class Picture {
  private final int width;
  private final int height;
  private final int channels;
  private final byte[] pixels;

  private Picture(int width, int height, int channels, byte[] pixels) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.pixels = pixels;
  }

  /**
   * A picture of these pixels; the array is not copied.
   *
   * @param channels 1 (grey) or 3 (RGB)
   * @param pixels {@code [height, width, channels]}, row-major, each sample 0 to 255
   * @throws PictureException where the sizes do not agree
   */
  public static Picture of(int width, int height, int channels, byte[] pixels) {
    int wanted = bytes(width, height, channels);
    if (pixels.length != wanted) {
      throw problem(
          "%dx%d with %d channels wants %d bytes, not %d"
              .formatted(width, height, channels, wanted, pixels.length));
    }
    return new Picture(width, height, channels, pixels);
  }

  /**
   * Reads a file with {@link PictureReader#standard()}.
   *
   * @throws PictureException where it cannot be read
   */
  public static Picture read(Path file) {
    return PictureReader.standard().read(file);
  }

  /**
   * Reads the bytes of a file with {@link PictureReader#standard()}.
   *
   * @throws PictureException where they cannot be read
   */
  public static Picture read(byte[] file) {
    return PictureReader.standard().read(file, "picture");
  }

  /** Width in pixels. */
  public int width() {
    return width;
  }

  /** Height in pixels. */
  public int height() {
    return height;
  }

  /** 1 (grey) or 3 (RGB). */
  public int channels() {
    return channels;
  }

  /**
   * The samples {@code [height, width, channels]}, row-major, 0 to 255. This is the array itself,
   * which nobody may change.
   */
  public byte[] pixels() {
    return pixels;
  }

  /** Three channels; a grey picture's value three times. */
  public Picture toRgb() {
    if (channels == 3) {
      return this;
    }
    byte[] rgb = allocate(width, height, 3);
    for (int i = 0, at = 0; i < pixels.length; i++) {
      rgb[at++] = pixels[i];
      rgb[at++] = pixels[i];
      rgb[at++] = pixels[i];
    }
    return new Picture(width, height, 3, rgb);
  }

  /** One channel: luma of ITU-R 601-2 in 16-bit fixed point, rounded, as Pillow has it. */
  public Picture toGrey() {
    if (channels == 1) {
      return this;
    }
    byte[] grey = allocate(width, height, 1);
    for (int i = 0, at = 0; i < grey.length; i++, at += 3) {
      int red = pixels[at] & 0xff;
      int green = pixels[at + 1] & 0xff;
      int blue = pixels[at + 2] & 0xff;
      grey[i] = (byte) luma(red, green, blue);
    }
    return new Picture(width, height, 1, grey);
  }

  /** One channel: the red one. */
  Picture firstChannel() {
    byte[] first = allocate(width, height, 1);
    for (int i = 0; i < first.length; i++) {
      first[i] = pixels[i * channels];
    }
    return new Picture(width, height, 1, first);
  }

  /** What three levels are in grey. */
  static int luma(int red, int green, int blue) {
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }

  /**
   * The rectangle whose top left pixel is {@code (x, y)}.
   *
   * @throws PictureException where it is empty or leaves the picture
   */
  public Picture crop(int x, int y, int width, int height) {
    if (x == 0 && y == 0 && width == this.width && height == this.height) {
      return this;
    }
    if (x < 0 || y < 0 || width > this.width - x || height > this.height - y) {
      throw problem(
          "a crop of %dx%d at %d,%d leaves a picture of %dx%d"
              .formatted(width, height, x, y, this.width, this.height));
    }
    byte[] out = allocate(width, height, channels);
    for (int row = 0, stride = width * channels; row < height; row++) {
      int from = ((y + row) * this.width + x) * channels;
      System.arraycopy(pixels, from, out, row * stride, stride);
    }
    return new Picture(width, height, channels, out);
  }

  /** The mirror image: left becomes right. */
  public Picture flipHorizontally() {
    return Orientation.FLIPPED.apply(this);
  }

  /**
   * The picture with a border.
   *
   * @param left columns to add, and so on; none negative
   * @param level of every channel of the border, in [0, 255]
   * @throws PictureException where a border is negative, the result too large or the level none
   */
  public Picture pad(int left, int top, int right, int bottom, int level) {
    return pad(left, top, right, bottom, Border.CONSTANT, Fill.level(level));
  }

  /** The picture with a border that shows something. */
  Picture pad(int left, int top, int right, int bottom, Border border, Fill fill) {
    if ((left | top | right | bottom) < 0) {
      throw problem("a border of %d, %d, %d, %d".formatted(left, top, right, bottom));
    }
    if ((left | top | right | bottom) == 0) {
      return this;
    }
    long w = (long) width + left + right;
    long h = (long) height + top + bottom;
    byte[] out = allocate(w, h, channels);
    int own = width * channels;
    int stride = (int) w * channels;
    for (int y = 0; y < h; y++) {
      int row = border.source(y - top, height);
      int at = y * stride;
      if (row < 0) {
        frame(row, 0, (int) w, border, fill, out, at);
      } else {
        frame(row, -left, 0, border, fill, out, at);
        System.arraycopy(pixels, row * own, out, at + left * channels, own);
        frame(row, width, width + right, border, fill, out, at + (left + width) * channels);
      }
    }
    return new Picture((int) w, (int) h, channels, out);
  }

  /** Columns of a row that lie outside of it; all is fill where there is no row. */
  private void frame(int row, int from, int to, Border border, Fill fill, byte[] out, int start) {
    int at = start;
    for (int x = from; x < to; x++) {
      int column = row < 0 ? -1 : border.source(x, width);
      for (int k = 0; k < channels; k++) {
        out[at++] =
            column < 0
                ? (byte) fill.level(k, channels)
                : pixels[(row * width + column) * channels + k];
      }
    }
  }

  /**
   * The picture at another size, stretched where the aspect ratio differs.
   *
   * @throws PictureException where the size is not positive or too large
   */
  public Picture resize(int width, int height, Resampling filter) {
    bytes(width, height, channels);
    return Resampler.resize(this, Geometry.resize(width, height, filter));
  }

  /**
   * Writes a PNG, whole or not at all; a file of that name is replaced.
   *
   * @throws PictureException where it cannot be written
   */
  public void writePng(Path file) {
    WholeFile.write(file, PngEncoder.encode(Rasters.image(this), Map.of()));
  }

  /**
   * Writes a JPEG, whole or not at all; a file of that name is replaced. Every pixel keeps a chroma
   * sample of its own.
   *
   * @param quality from 0 to 1, such as 0.95
   * @throws PictureException where it cannot be written, as of more than 65,535 pixels to a side
   */
  public void writeJpeg(Path file, double quality) {
    if (!(quality >= 0 && quality <= 1)) {
      throw new PictureException(file.toString(), "a quality of " + quality + ": expected 0 to 1");
    }
    byte[] encoded;
    try {
      encoded = JpegEncoder.encode(Rasters.image(this), quality);
    } catch (IOException e) {
      throw new PictureException(file.toString(), "cannot be written: " + e.getMessage(), e);
    }
    WholeFile.write(file, encoded);
  }

  /** Room for the samples of a picture; refuses what no array can hold. */
  static byte[] allocate(long width, long height, int channels) {
    return new byte[bytes(width, height, channels)];
  }

  private static int bytes(long width, long height, int channels) {
    if (channels != 1 && channels != 3) {
      throw problem("%d channels: expected 1 (grey) or 3 (RGB)".formatted(channels));
    }
    if (width < 1 || height < 1) {
      throw problem("a size of %dx%d: expected 1x1 or more".formatted(width, height));
    }
    if (height > (Integer.MAX_VALUE - 8) / channels / width) {
      throw problem("%dx%d is more than one array can hold".formatted(width, height));
    }
    return (int) (width * height * channels);
  }

  private static PictureException problem(String what) {
    return new PictureException("picture", what);
  }

  @Override
  public String toString() {
    return "%dx%d %s".formatted(width, height, channels == 1 ? "grey" : "RGB");
  }
}
