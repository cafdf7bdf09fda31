package io.fovea.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Which class each pixel of a picture is of: one value in [0, 255] a pixel, {@link #IGNORED} where
 * there is none. Immutable and thread-safe.
 */
public final class Mask {
  /** The value of a pixel of no class, such as a border that was not labelled or not seen. */
  public static final int IGNORED = 255;

  private static final String LABELS = "fovea.labels"; // as models have it
  private static final JsonMapper JSON = new JsonMapper();

  private final Picture picture;

  private Mask(Picture picture) {
    this.picture = picture;
  }

  /**
   * A mask of these values; the array is not copied.
   *
   * @param classes {@code [height, width]}, row-major, each value 0 to 255
   * @throws PictureException where the sizes do not agree
   */
  public static Mask of(int width, int height, byte[] classes) {
    return new Mask(Picture.of(width, height, 1, classes));
  }

  /** A picture of one channel as a mask. */
  static Mask of(Picture grey) {
    return new Mask(grey);
  }

  /**
   * Reads a file with {@link PictureReader#standard()}. The classes are the palette's indices in a
   * PNG, GIF, BMP or TIFF that has a palette, else the grey levels as {@link PictureReader} gives
   * them: scaled to 255 where they have less than 8 bits, the high byte where they have 16.
   *
   * @throws PictureException where it cannot be read, or holds colours
   */
  public static Mask read(Path file) {
    Picture p = PictureReader.standard().readIndices(file);
    if (p.channels() == 1) {
      return new Mask(p);
    }
    byte[] rgb = p.pixels();
    byte[] classes = Picture.allocate(p.width(), p.height(), 1);
    for (int i = 0, at = 0; i < classes.length; i++, at += 3) {
      if (rgb[at] != rgb[at + 1] || rgb[at] != rgb[at + 2]) {
        throw new PictureException(
            file.toString(),
            "a mask has one channel, or a palette; this picture has the colour %d, %d, %d at %d,%d"
                .formatted(
                    rgb[at] & 0xff,
                    rgb[at + 1] & 0xff,
                    rgb[at + 2] & 0xff,
                    i % p.width(),
                    i / p.width()));
      }
      classes[i] = rgb[at];
    }
    return of(p.width(), p.height(), classes);
  }

  /** Width in pixels. */
  public int width() {
    return picture.width();
  }

  /** Height in pixels. */
  public int height() {
    return picture.height();
  }

  /**
   * The values {@code [height, width]}, row-major, 0 to 255. This is the array itself, which nobody
   * may change.
   */
  public byte[] classes() {
    return picture.pixels();
  }

  /** The class of a pixel, 0 to 255. */
  public int at(int x, int y) {
    return picture.pixels()[y * picture.width() + x] & 0xff;
  }

  /** Pixels of each of the 256 values. */
  public long[] areas() {
    long[] areas = new long[256];
    for (byte c : picture.pixels()) {
      areas[c & 0xff]++;
    }
    return areas;
  }

  /** The rectangle whose top left pixel is {@code (x, y)}, as {@link Picture#crop}. */
  public Mask crop(int x, int y, int width, int height) {
    return new Mask(picture.crop(x, y, width, height));
  }

  /** The mirror image: left becomes right. */
  public Mask flipHorizontally() {
    return new Mask(picture.flipHorizontally());
  }

  /** The mask with a border of one value, as {@link Picture#pad}. */
  public Mask pad(int left, int top, int right, int bottom, int value) {
    return new Mask(picture.pad(left, top, right, bottom, value));
  }

  /** The mask at another size, each pixel of the class of the nearest one. */
  public Mask resize(int width, int height) {
    return new Mask(picture.resize(width, height, Resampling.NEAREST));
  }

  /** Grey, of these values. */
  Picture picture() {
    return picture;
  }

  /**
   * Writes a PNG of 8 bits with the palette of Pascal VOC, whole or not at all; a file of that name
   * is replaced. {@link #read} gives the same values again.
   *
   * @param labels names of the classes in their order, which the file keeps as a JSON array in the
   *     text {@code fovea.labels}; empty where unknown
   * @throws PictureException where it cannot be written
   */
  public void writePng(Path file, List<String> labels) {
    BufferedImage image =
        new BufferedImage(
            width(), height(), BufferedImage.TYPE_BYTE_INDEXED, ClassColors.palette());
    image.getRaster().setDataElements(0, 0, width(), height(), classes());
    Map<String, String> texts = labels.isEmpty() ? Map.of() : Map.of(LABELS, json(labels));
    WholeFile.write(file, PngEncoder.encode(image, texts));
  }

  /**
   * A picture of the classes' names beside the colours that {@link #writePng} and {@link #overlay}
   * give them.
   *
   * @throws PictureException where this Java cannot write text, as it has no fonts
   */
  public static Picture legend(List<String> labels) {
    return Legend.draw(labels);
  }

  private static String json(List<String> labels) {
    try {
      return JSON.writeValueAsString(labels);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e); // every text has its JSON
    }
  }

  /**
   * The colours of the classes over a picture; class 0 and {@link #IGNORED} leave it as it is.
   *
   * @param opacity of the colours, from 0 (the picture alone) to 1
   * @return an RGB picture
   * @throws PictureException where the sizes differ, or the opacity is none
   */
  public Picture overlay(Picture below, double opacity) {
    if (below.width() != width() || below.height() != height()) {
      throw new PictureException("mask", "%s over a picture of %s".formatted(this, below));
    }
    if (!(opacity >= 0 && opacity <= 1)) {
      throw new PictureException("mask", "an opacity of " + opacity + ": expected 0 to 1");
    }
    byte[] in = below.toRgb().pixels();
    byte[] out = in.clone();
    for (int i = 0; i < classes().length; i++) {
      int c = classes()[i] & 0xff;
      if (c != 0 && c != IGNORED) {
        for (int k = 0, shift = 16; k < 3; k++, shift -= 8) {
          int level = in[3 * i + k] & 0xff;
          int color = ClassColors.of(c) >> shift & 0xff;
          out[3 * i + k] = (byte) Math.round(level + (color - level) * opacity);
        }
      }
    }
    return Picture.of(width(), height(), 3, out);
  }

  @Override
  public String toString() {
    return "%dx%d mask".formatted(width(), height());
  }
}
