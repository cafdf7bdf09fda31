package io.fovea.image;

import java.awt.image.BufferedImage;
import java.io.IOException;

/** The first page of a TIFF or BigTIFF. */
final class TiffDecoder {
  private static final int BIG = 43;
  private static final int LZMA = 34925;

  private TiffDecoder() {}

  /** Decodes a file; of samples of other than 8 and 16 bits the low end of words is in use. */
  static Samples decode(byte[] file, Header header) throws IOException {
    return Rasters.samples(read(file, header), header.bits(), header.hasAssociatedAlpha());
  }

  static BufferedImage read(byte[] file, Header header) throws IOException {
    if (header.compression() == LZMA) {
      throw new IOException("a TIFF that is compressed by LZMA, which is not read here");
    }
    return (isBig(file) ? ImageIo.BIG_TIFF : ImageIo.TIFF).read(file, header.size());
  }

  private static boolean isBig(byte[] file) {
    return file.length > 4 && file[file[0] == 'I' ? 2 : 3] == BIG;
  }
}
