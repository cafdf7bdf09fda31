package io.fovea.image;

import java.io.IOException;

/**
 * The largest picture that may be decoded; asked of headers, before anything is decoded.
 *
 * <p>A picture of more than 64 MiB of samples must also be plausible for the length of its file: at
 * most 1,100 bytes of samples a byte of the file. Deflate, and so PNG and most TIFFs, reaches
 * 1,032, JPEG some 500, photographs 10, large masks and drawings some hundred. What can reach more,
 * CCITT and WebP, does so only for pages that are blank, which are small enough.
 *
 * @param pixels width times height, as the user allows
 */
record PixelLimit(long pixels) {
  private static final long FREE_BYTES = 64L << 20;
  private static final long MOST_PER_BYTE = 1_100;

  /**
   * Checks what a header claims.
   *
   * @param fileLength bytes of the file
   */
  void check(Header header, int fileLength) throws IOException {
    int width = header.width();
    int height = header.height();
    if (width < 1 || height < 1) {
      throw new IOException("its header says %dx%d".formatted(width, height));
    }
    if (width > pixels / height) {
      throw new IOException(
          "%dx%d is over the limit of %,d pixels".formatted(width, height, pixels));
    }
    long claimed = (long) width * height * header.bytesPerPixel();
    if (claimed > FREE_BYTES && claimed > MOST_PER_BYTE * fileLength) {
      throw new IOException(
          "its header claims %dx%d, %,d bytes of samples, which a file of %,d bytes cannot hold"
              .formatted(width, height, claimed, fileLength));
    }
  }
}
