package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.pnm.PnmImageParser;
import org.apache.commons.imaging.formats.pnm.PnmImagingParameters;

/**
 * The size that a file claims, as it is stored: of PNM by Commons Imaging; of the others, where it
 * refuses some kinds, misreads large ones or allocates what they claim, from their headers. TIFF
 * has its size among its tags.
 */
final class Sizes {
  private static final int BMP_HEADER = 14;
  private static final int OS2_HEADER_SIZE = 12;

  private Sizes() {}

  /**
   * The size of the first picture of a file.
   *
   * @throws IOException where the header is cut or damaged
   */
  static Dimension of(ImageFormats format, byte[] file) throws IOException {
    try {
      return read(format, file);
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("it ends within its header", e);
    }
  }

  private static Dimension read(ImageFormats format, byte[] file) throws IOException {
    return switch (format) {
      case JPEG -> JpegHeader.of(file).size();
      case PNG -> PngDecoder.size(file);
      case GIF -> GifDecoder.of(file).canvas();
      case BMP -> bitmap(littleEndian(file), BMP_HEADER);
      case WEBP -> WebpDecoder.size(file);
      case PNM -> PfmDecoder.of(file).size();
      case PBM, PGM, PPM, PAM ->
          new PnmImageParser().getImageSize(ByteSource.array(file), new PnmImagingParameters());
      case ICO -> IcoDecoder.size(file);
      default -> throw new IOException("not a picture of a format that is read here");
    };
  }

  /** The size in the information header of a bitmap; rows from the top have a negative height. */
  static Dimension bitmap(ByteBuffer file, int header) {
    return file.getInt(header) == OS2_HEADER_SIZE
        ? new Dimension(unsigned16(file, header + 4), unsigned16(file, header + 6))
        : new Dimension(file.getInt(header + 4), Math.abs(file.getInt(header + 8)));
  }

  static ByteBuffer littleEndian(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  static int unsigned16(ByteBuffer file, int at) {
    return file.getShort(at) & 0xffff;
  }
}
