package io.fovea.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * The first frame of a GIF on its canvas. What the frame leaves free has the transparent colour of
 * the palette, else its first colour, as Pillow has it.
 *
 * @param canvas as large as the header says, or larger where the frame leaves it
 * @param frame size of the frame
 * @param left columns of the canvas left of the frame
 * @param top rows of the canvas above the frame
 * @param free palette index of what the frame leaves free
 */
record GifDecoder(Dimension canvas, Dimension frame, int left, int top, int free) {
  private static final int HEADER_SIZE = 13;
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int IMAGE = 0x2c;

  /** Reads up to the descriptor of the first frame. */
  static GifDecoder of(byte[] bytes) throws IOException {
    ByteBuffer file = Sizes.littleEndian(bytes);
    int at = HEADER_SIZE + tableSize(file.get(10));
    int free = 0;
    while (file.get(at) == EXTENSION) {
      if ((file.get(at + 1) & 0xff) == GRAPHIC_CONTROL && (file.get(at + 3) & 1) != 0) {
        free = file.get(at + 6) & 0xff;
      }
      at += 2;
      while (file.get(at) != 0) {
        at += 1 + (file.get(at) & 0xff);
      }
      at++;
    }
    if (file.get(at) != IMAGE) {
      throw new IOException("it has no frame");
    }
    int left = Sizes.unsigned16(file, at + 1);
    int top = Sizes.unsigned16(file, at + 3);
    int width = Sizes.unsigned16(file, at + 5);
    int height = Sizes.unsigned16(file, at + 7);
    Dimension canvas =
        new Dimension(
            Math.max(Sizes.unsigned16(file, 6), left + width),
            Math.max(Sizes.unsigned16(file, 8), top + height));
    return new GifDecoder(canvas, new Dimension(width, height), left, top, free);
  }

  private static int tableSize(byte flags) {
    return (flags & 0x80) == 0 ? 0 : 3 * (2 << (flags & 7));
  }

  static Samples decode(byte[] file) throws IOException {
    GifDecoder gif = of(file);
    return gif.place(ImageIo.GIF.read(file, gif.frame));
  }

  /** One channel of the palette's indices. */
  static Samples indices(byte[] file) throws IOException {
    GifDecoder gif = of(file);
    Samples frame = Rasters.indices(ImageIo.GIF.read(file, gif.frame));
    return Samples.of(
        gif.place(
            Picture.of(frame.width(), frame.height(), 1, frame.data()), Fill.level(gif.free)));
  }

  private Samples place(BufferedImage image) {
    Samples placed = Rasters.samples(image);
    if (canvas.equals(frame)) {
      return placed;
    }
    int color =
        image.getColorModel() instanceof IndexColorModel palette && free < palette.getMapSize()
            ? palette.getRGB(free)
            : 0xff000000;
    Fill fill = new Fill(color >> 16 & 0xff, color >> 8 & 0xff, color & 0xff);
    Samples out = Samples.of(place(placed.picture(null, Alpha.DROPPED).toRgb(), fill));
    Supplier<byte[]> alpha = placed.alpha();
    return alpha == null
        ? out
        : out.with(
            () ->
                place(
                        Picture.of(frame.width, frame.height, 1, alpha.get()),
                        Fill.level(color >>> 24))
                    .pixels());
  }

  private Picture place(Picture p, Fill fill) {
    return p.pad(
        left,
        top,
        canvas.width - frame.width - left,
        canvas.height - frame.height - top,
        Border.CONSTANT,
        fill);
  }
}
