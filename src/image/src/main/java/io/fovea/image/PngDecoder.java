package io.fovea.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;

/** PNG by the JDK; the colour that is transparent, where there is one, is found here. */
final class PngDecoder {
  private static final int SIZE = 16;
  private static final int BITS = 24;
  private static final int COLOR_TYPE = 25;
  private static final int INDEXED = 3;

  private PngDecoder() {}

  /** The size in the header, which is the first chunk. */
  static Dimension size(byte[] file) throws IOException {
    if (file.length <= COLOR_TYPE) {
      throw new IOException("it ends within its header");
    }
    ByteBuffer in = ByteBuffer.wrap(file);
    return new Dimension(in.getInt(SIZE), in.getInt(SIZE + 4));
  }

  static int bytesPerPixel(byte[] file) {
    int samples =
        switch (file[COLOR_TYPE]) {
          case 0 -> 1;
          case INDEXED, 2 -> 3;
          case 4 -> 2;
          default -> 4;
        };
    return samples * (file[BITS] == 16 ? 2 : 1);
  }

  static boolean hasPalette(byte[] file) {
    return file[COLOR_TYPE] == INDEXED;
  }

  static Samples decode(byte[] file, Dimension size) throws IOException {
    BufferedImage image = ImageIo.PNG.read(file, size);
    Samples samples = Rasters.samples(image);
    int channels = file[COLOR_TYPE] == 2 ? 3 : file[COLOR_TYPE] == 0 ? 1 : 0;
    byte[] key = PngChunks.first(file, "tRNS");
    if (channels == 0 || key == null || key.length < 2 * channels) {
      return samples;
    }
    return samples.with(() -> opaqueUnless(key, image.getRaster(), channels, file[BITS]));
  }

  /** Few bits may have been scaled to 8 by the decoder, which then misses the colour. */
  private static byte[] opaqueUnless(byte[] key, Raster raster, int channels, int bits) {
    int most = (1 << bits) - 1;
    ByteBuffer transparent = ByteBuffer.wrap(key);
    int w = raster.getWidth();
    byte[] alpha = new byte[w * raster.getHeight()];
    int[] row = new int[w];
    for (int k = 0; k < channels; k++) {
      int stored = transparent.getShort(2 * k) & most;
      boolean isScaled = raster.getSampleModel().getSampleSize(k) > bits;
      int value = isScaled ? stored * 255 / most : stored;
      for (int y = 0, at = 0; y < raster.getHeight(); y++) {
        raster.getSamples(0, y, w, 1, k, row);
        for (int x = 0; x < w; x++, at++) {
          if (row[x] != value) {
            alpha[at] = -1;
          }
        }
      }
    }
    return alpha;
  }
}
