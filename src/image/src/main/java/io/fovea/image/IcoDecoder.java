package io.fovea.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.ico.IcoImageParser;

/**
 * The largest icon of an ICO file: a PNG as any other, a bitmap by Commons Imaging. Of icons of one
 * size the one with the fewest bits a pixel wins, as in Pillow.
 */
final class IcoDecoder {
  private static final int HEADER = 6;
  private static final int ENTRY = 16;

  private IcoDecoder() {}

  /** One line of the directory: sizes in pixels, offset and length in bytes. */
  private record Icon(int at, int width, int height, int bits, int length, int offset) {
    static Icon of(ByteBuffer file, int at) {
      int width = file.get(at) & 0xff;
      int height = file.get(at + 1) & 0xff;
      int colors = file.get(at + 2) & 0xff;
      int bits = file.getShort(at + 6) & 0xffff;
      return new Icon(
          at,
          width == 0 ? 256 : width,
          height == 0 ? 256 : height,
          bits != 0
              ? bits
              : colors != 0 ? Integer.SIZE - Integer.numberOfLeadingZeros(colors - 1) : 256,
          file.getInt(at + 8),
          file.getInt(at + 12));
    }

    int area() {
      return width * height;
    }

    byte[] content(byte[] file) throws IOException {
      if (offset < 0 || offset > file.length || length < 0) {
        throw new IOException("its icon lies outside of the file");
      }
      return Arrays.copyOfRange(file, offset, offset + Math.min(length, file.length - offset));
    }
  }

  /** The size of the icon that is read. */
  static Dimension size(byte[] file) throws IOException {
    byte[] content = largest(file).content(file);
    if (isPng(content)) {
      return Sizes.of(ImageFormats.PNG, content);
    }
    Dimension size = Sizes.bitmap(Sizes.littleEndian(content), 0);
    return new Dimension(size.width, size.height / 2); // the mask lies below the colours
  }

  private static boolean isPng(byte[] content) {
    return content.length > 8 && content[0] == (byte) 0x89 && content[1] == 'P';
  }

  private static Icon largest(byte[] file) throws IOException {
    ByteBuffer in = Sizes.littleEndian(file);
    List<Icon> icons = new ArrayList<>();
    for (int i = 0; i < (in.getShort(4) & 0xffff); i++) {
      icons.add(Icon.of(in, HEADER + i * ENTRY));
    }
    return icons.stream()
        .min(Comparator.comparingInt(Icon::area).reversed().thenComparingInt(Icon::bits))
        .orElseThrow(() -> new IOException("it has no icon"));
  }

  static Samples decode(byte[] file, Dimension size) throws IOException {
    Icon icon = largest(file);
    byte[] content = icon.content(file);
    if (isPng(content)) {
      return PngDecoder.decode(content, size);
    }
    return Rasters.samples(bitmap(Sizes.littleEndian(file), icon, content));
  }

  /** Decodes a file that holds this icon alone. */
  private static BufferedImage bitmap(ByteBuffer file, Icon icon, byte[] content)
      throws IOException {
    ByteBuffer one =
        ByteBuffer.allocate(HEADER + ENTRY + content.length).order(ByteOrder.LITTLE_ENDIAN);
    one.putShort((short) 0).putShort((short) 1).putShort((short) 1);
    one.put(file.slice(icon.at, 8)).putInt(content.length).putInt(HEADER + ENTRY).put(content);
    return new IcoImageParser().getAllBufferedImages(ByteSource.array(one.array())).get(0);
  }
}
