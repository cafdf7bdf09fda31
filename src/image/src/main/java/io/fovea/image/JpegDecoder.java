package io.fovea.image;

import java.awt.Dimension;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * JPEG, from the raw samples of its components: decoders that convert colours themselves apply an
 * embedded profile, or refuse the file for it. The conversion is libjpeg's, to the bit.
 */
final class JpegDecoder {
  private static final int LOSSLESS = 0xc3;
  private static final int HALF = 1 << 15;

  // Contributions of the two chroma samples, with 16 fraction bits where two of them are added.
  private static final int[] CR_TO_RED = new int[256];
  private static final int[] CB_TO_BLUE = new int[256];
  private static final int[] CR_TO_GREEN = new int[256];
  private static final int[] CB_TO_GREEN = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int x = i - 128;
      CR_TO_RED[i] = (fixed(1.40200) * x + HALF) >> 16;
      CB_TO_BLUE[i] = (fixed(1.77200) * x + HALF) >> 16;
      CR_TO_GREEN[i] = -fixed(0.71414) * x;
      CB_TO_GREEN[i] = -fixed(0.34414) * x + HALF;
    }
  }

  private JpegDecoder() {}

  static Samples decode(byte[] file) throws IOException {
    JpegHeader header = JpegHeader.of(file);
    if (header.process() == LOSSLESS) {
      return Rasters.samples(ImageIo.LENIENT_JPEG.read(file, header.size()));
    }
    JpegHeader.Colors colors = header.colors();
    Raster raster = raster(file, header.size());
    int channels = header.ids().length;
    byte[] samples = Rasters.pack(raster, channels, 8);
    if (colors == JpegHeader.Colors.YCC || colors == JpegHeader.Colors.YCCK) {
      toRgb(samples, channels);
    }
    if (channels == 4) {
      invert(samples, colors);
    }
    return Samples.opaque(raster.getWidth(), raster.getHeight(), channels, samples);
  }

  private static Raster raster(byte[] file, Dimension size) throws IOException {
    try {
      return ImageIo.JPEG.open(file, size, reader -> reader.readRaster(0, null));
    } catch (IOException | RuntimeException strict) {
      try {
        return ImageIo.LENIENT_JPEG.open(file, size, reader -> reader.readRaster(0, null));
      } catch (IOException | RuntimeException e) {
        strict.addSuppressed(e);
        throw strict;
      }
    }
  }

  /** In place; a fourth channel stays. */
  private static void toRgb(byte[] samples, int channels) {
    for (int i = 0; i < samples.length; i += channels) {
      int y = samples[i] & 0xff;
      int cb = samples[i + 1] & 0xff;
      int cr = samples[i + 2] & 0xff;
      samples[i] = clip(y + CR_TO_RED[cr]);
      samples[i + 1] = clip(y + ((CB_TO_GREEN[cb] + CR_TO_GREEN[cr]) >> 16));
      samples[i + 2] = clip(y + CB_TO_BLUE[cb]);
    }
  }

  /**
   * JPEGs hold inks inverted, by the convention of Adobe's programs. In YCCK it is the true inks
   * that the first three channels make once they are converted.
   */
  private static void invert(byte[] samples, JpegHeader.Colors colors) {
    for (int i = 0; i < samples.length; i++) {
      if (colors == JpegHeader.Colors.CMYK || i % 4 == 3) {
        samples[i] = (byte) ~samples[i];
      }
    }
  }

  private static int fixed(double x) {
    return (int) (x * (1 << 16) + 0.5);
  }

  private static byte clip(int v) {
    return (byte) (v < 0 ? 0 : Math.min(v, 255));
  }
}
