package io.fovea.image;

import java.io.IOException;

/** The largest picture that may be decoded; asked of headers, before anything is decoded. */
record PixelLimit(long pixels) {
  void check(long width, long height) throws IOException {
    if (width < 1 || height < 1) {
      throw new IOException("its header says %dx%d".formatted(width, height));
    }
    if (width > pixels / height) {
      throw new IOException(
          "%dx%d is over the limit of %,d pixels".formatted(width, height, pixels));
    }
  }
}
