package io.fovea.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.util.function.BiFunction;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;

/**
 * The first frame of a GIF on its canvas. What the frame leaves free has the transparent colour of
 * the palette, else its first colour, as Pillow has it.
 *
 * @param left columns of the canvas left of the frame
 * @param top rows of the canvas above the frame
 * @param free palette index of what the frame leaves free
 */
record GifDecoder(int width, int height, int left, int top, int free) {
  private static final int HEADER_SIZE = 13;

  static Picture decode(byte[] file, PixelLimit limit) throws IOException {
    return open(file, limit, GifDecoder::place);
  }

  /** One channel of the palette's indices. */
  static Picture indices(byte[] file, PixelLimit limit) throws IOException {
    return open(file, limit, GifDecoder::placeIndices);
  }

  private static Picture open(
      byte[] file, PixelLimit limit, BiFunction<GifDecoder, BufferedImage, Picture> place)
      throws IOException {
    if (file.length < HEADER_SIZE) {
      throw new IOException("it ends within its header");
    }
    return ImageIo.GIF.open(
        file,
        reader -> {
          GifDecoder canvas = canvas(file, reader);
          limit.check(canvas.width, canvas.height);
          return place.apply(canvas, reader.read(0));
        });
  }

  private static GifDecoder canvas(byte[] file, ImageReader reader) throws IOException {
    IIOMetadataNode tree =
        (IIOMetadataNode) reader.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0");
    int left = number(tree, "ImageDescriptor", "imageLeftPosition");
    int top = number(tree, "ImageDescriptor", "imageTopPosition");
    return new GifDecoder(
        Math.max(unsigned16(file, 6), left + reader.getWidth(0)),
        Math.max(unsigned16(file, 8), top + reader.getHeight(0)),
        left,
        top,
        number(tree, "GraphicControlExtension", "transparentColorIndex"));
  }

  private static int number(IIOMetadataNode tree, String element, String attribute) {
    return tree.getElementsByTagName(element).item(0) instanceof IIOMetadataNode node
        ? Integer.parseInt(node.getAttribute(attribute))
        : 0;
  }

  private static int unsigned16(byte[] file, int at) {
    return (file[at] & 0xff) | (file[at + 1] & 0xff) << 8;
  }

  private Picture placeIndices(BufferedImage image) {
    Picture frame = Rasters.indices(image);
    int right = width - frame.width() - left;
    return frame.pad(left, top, right, height - frame.height() - top, free);
  }

  private Picture place(BufferedImage image) {
    Picture frame = Rasters.picture(image);
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    int color =
        image.getColorModel() instanceof IndexColorModel palette && free < palette.getMapSize()
            ? palette.getRGB(free)
            : 0;
    byte[] out = Picture.allocate(width, height, 3);
    for (int i = 0; i < out.length; ) {
      out[i++] = (byte) (color >> 16);
      out[i++] = (byte) (color >> 8);
      out[i++] = (byte) color;
    }
    byte[] in = frame.toRgb().pixels();
    int stride = frame.width() * 3;
    for (int y = 0; y < frame.height(); y++) {
      System.arraycopy(in, y * stride, out, ((top + y) * width + left) * 3, stride);
    }
    return Picture.of(width, height, 3, out);
  }
}
