package io.fovea.image;

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
  static Picture decode(byte[] file, PixelLimit limit, int bits) throws IOException {
    ImageIo decoder = isBig(file) ? ImageIo.BIG_TIFF : ImageIo.TIFF;
    return Rasters.picture(decoder.read(file, limit), bits);
  }

  private static boolean isBig(byte[] file) {
    return file.length > 4 && file[file[0] == 'I' ? 2 : 3] == BIG;
  }
}
