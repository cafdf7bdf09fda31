package io.fovea.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.IOException;

/** The first page of a TIFF or BigTIFF. */
final class TiffDecoder {
  private static final int BIG = 43;

  private TiffDecoder() {}

  /**
   * Decodes a file.
   *
   * @param bits bits a sample, which the decoder leaves in the low end of bytes or words; 0 where
   *     the file does not say
   */
  static Samples decode(byte[] file, Dimension size, int bits) throws IOException {
    return Rasters.samples(read(file, size), bits);
  }

  static BufferedImage read(byte[] file, Dimension size) throws IOException {
    return (isBig(file) ? ImageIo.BIG_TIFF : ImageIo.TIFF).read(file, size);
  }

  private static boolean isBig(byte[] file) {
    return file.length > 4 && file[file[0] == 'I' ? 2 : 3] == BIG;
  }
}
