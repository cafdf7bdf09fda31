package io.fovea.image;

import com.twelvemonkeys.imageio.color.DiscreteAlphaIndexColorModel;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What decoders return, as samples of 8 bits. Only stored samples are read, as {@code getRGB} would
 * apply gamma and colour management: 1, 2 and 4 bits are scaled to 0..255, of more than 8 the
 * highest 8 count, negative ones are 0, palettes are looked up.
 */
final class Rasters {
  /** A palette in which every index is a level. */
  private static final int[] OWN_LEVELS = IntStream.range(0, 256).map(i -> i * 0x010101).toArray();

  private Rasters() {}

  /** The samples of an image that fill the bits that it declares. */
  static Samples samples(BufferedImage image) {
    return samples(image, 0, image.getColorModel().isAlphaPremultiplied());
  }

  /**
   * The samples of an image.
   *
   * @param bits bits a sample that are in use; 0 for all that the image declares
   * @param associated whether colours are stored as alpha leaves them
   */
  static Samples samples(BufferedImage image, int bits, boolean associated) {
    ColorModel colors = image.getColorModel();
    Raster raster = image.getRaster();
    if (colors instanceof IndexColorModel palette) {
      int[] table = new int[palette.getMapSize()];
      palette.getRGBs(table);
      Samples samples = look(raster, table);
      return palette.hasAlpha() ? samples.with(() -> alphas(raster, table)) : samples;
    }
    if (colors instanceof DiscreteAlphaIndexColorModel palette) {
      int entries = 1 << raster.getSampleModel().getSampleSize(0);
      return look(raster, IntStream.range(0, entries).map(palette::getRGB).toArray())
          .with(() -> band(raster, 1, 0));
    }
    int type = colors.getColorSpace().getType();
    return switch (type) {
      case ColorSpace.TYPE_GRAY -> samples(raster, 1, bits, colors.hasAlpha(), associated);
      case ColorSpace.TYPE_RGB -> samples(raster, 3, bits, colors.hasAlpha(), associated);
      case ColorSpace.TYPE_CMYK -> samples(raster, 4, bits, colors.hasAlpha(), associated);
      default -> throw new IllegalArgumentException("its colour space is not read here");
    };
  }

  /** One channel of the palette's indices; of an image that has no palette, its samples. */
  static Samples indices(BufferedImage image) {
    ColorModel colors = image.getColorModel();
    boolean indexed =
        colors instanceof IndexColorModel || colors instanceof DiscreteAlphaIndexColorModel;
    if (!indexed) {
      return samples(image);
    }
    if (image.getSampleModel().getSampleSize(0) > 8) {
      throw new IllegalArgumentException("its palette has more than 256 entries");
    }
    return look(image.getRaster(), OWN_LEVELS);
  }

  /** The image that encoders want. */
  static BufferedImage image(Picture p) {
    int type = p.channels() == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
    BufferedImage image = new BufferedImage(p.width(), p.height(), type);
    image.getRaster().setDataElements(0, 0, p.width(), p.height(), p.pixels());
    return image;
  }

  private static Samples samples(
      Raster raster, int channels, int bits, boolean hasAlpha, boolean associated) {
    byte[] out = pack(raster, channels, bits);
    Samples samples = Samples.opaque(raster.getWidth(), raster.getHeight(), channels, out);
    if (!hasAlpha) {
      return samples;
    }
    if (associated) {
      divideByAlpha(out, band(raster, channels, bits), channels);
    }
    return samples.with(() -> band(raster, channels, bits));
  }

  /** One band, 8 bits a sample. */
  private static byte[] band(Raster raster, int band, int bits) {
    int[] bands = {band};
    return pack(
        raster.createChild(
            raster.getMinX(),
            raster.getMinY(),
            raster.getWidth(),
            raster.getHeight(),
            raster.getMinX(),
            raster.getMinY(),
            bands),
        1,
        bits);
  }

  /** The first {@code channels} bands, interleaved, 8 bits a sample. */
  static byte[] pack(Raster raster, int channels, int bits) {
    if (raster.getNumBands() < channels) {
      throw new IllegalArgumentException(
          "%d channels, expected %d".formatted(raster.getNumBands(), channels));
    }
    int size = Math.multiplyExact(raster.getWidth(), raster.getHeight());
    byte[] own = interleaved(raster, channels);
    if (own != null && (bits == 0 || bits == 8)) {
      return own;
    }
    byte[] out = new byte[Math.multiplyExact(size, channels)];
    for (int band = 0; band < channels; band++) {
      int declared = raster.getSampleModel().getSampleSize(band);
      int used = bits == 0 ? declared : Math.min(bits, declared);
      if (used == 8
          && raster.getParent() == null
          && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
          && raster.getDataBuffer() instanceof DataBufferByte buffer) {
        packBytes(raster, model, buffer, band, out, channels);
      } else {
        packBand(raster, band, used, out, channels);
      }
    }
    return out;
  }

  /** The samples of a raster as they are where no other layout is wanted, else null. */
  private static byte @Nullable [] interleaved(Raster raster, int channels) {
    return raster.getParent() == null
            && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
            && raster.getDataBuffer() instanceof DataBufferByte buffer
            && buffer.getOffset() == 0
            && buffer.getNumBanks() == 1
            && buffer.getData().length == raster.getWidth() * raster.getHeight() * channels
            && model.getScanlineStride() == raster.getWidth() * channels
            && Arrays.equals(model.getBandOffsets(), IntStream.range(0, channels).toArray())
        ? buffer.getData()
        : null;
  }

  /** The fast way, for the layout that nearly every decoder uses. */
  private static void packBytes(
      Raster raster,
      PixelInterleavedSampleModel model,
      DataBufferByte buffer,
      int band,
      byte[] out,
      int channels) {
    byte[] in = buffer.getData();
    int start = buffer.getOffset() + model.getBandOffsets()[band];
    int step = model.getPixelStride();
    for (int y = 0, at = band; y < raster.getHeight(); y++) {
      int from = start + y * model.getScanlineStride();
      for (int x = 0; x < raster.getWidth(); x++, at += channels, from += step) {
        out[at] = in[from];
      }
    }
  }

  private static void packBand(Raster raster, int band, int bits, byte[] out, int channels) {
    int type = raster.getDataBuffer().getDataType();
    if (type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE) {
      packFloats(raster, band, out, channels);
      return;
    }
    boolean signed = type == DataBuffer.TYPE_SHORT;
    int w = raster.getWidth();
    int most = bits < 8 ? (1 << bits) - 1 : 255;
    int[] row = new int[w];
    for (int y = 0, at = band; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, band, row);
      for (int x = 0; x < w; x++, at += channels) {
        int value = signed ? Math.max(0, row[x]) : row[x];
        out[at] = (byte) (bits >= 8 ? value >>> (bits - 8) : value * 255 / most);
      }
    }
  }

  private static void packFloats(Raster raster, int band, byte[] out, int channels) {
    int w = raster.getWidth();
    float[] row = new float[w];
    for (int y = 0, at = band; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, band, row);
      for (int x = 0; x < w; x++, at += channels) {
        out[at] = level(row[x]);
      }
    }
  }

  /** A floating-point level, which has no range to scale from: cut to whole ones of 0 to 255. */
  static byte level(float value) {
    return (byte) Math.max(0, Math.min((int) value, 255));
  }

  /** The samples of a palette's indices; its colours are 0xRRGGBB, their highest byte is alpha. */
  private static Samples look(Raster raster, int[] colors) {
    return look(raster, colors, isRamp(colors) ? 1 : 3);
  }

  private static Samples look(Raster raster, int[] colors, int channels) {
    int w = raster.getWidth();
    int h = raster.getHeight();
    byte[] out = Picture.allocate(w, h, channels);
    int[] row = new int[w];
    for (int y = 0, at = 0; y < h; y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, 0, row);
      for (int x = 0; x < w; x++) {
        int color = row[x] < colors.length ? colors[row[x]] : 0; // past the palette's end: black
        if (channels == 3) {
          out[at++] = (byte) (color >> 16);
          out[at++] = (byte) (color >> 8);
        }
        out[at++] = (byte) color;
      }
    }
    return Samples.opaque(w, h, channels, out);
  }

  private static byte[] alphas(Raster raster, int[] colors) {
    return look(raster, IntStream.of(colors).map(c -> (c >>> 24) * 0x010101).toArray(), 1).data();
  }

  /** Whether a palette is none: decoders hand over grey of less than 8 bits as an even ramp. */
  private static boolean isRamp(int[] colors) {
    int last = colors.length - 1;
    boolean up = last > 0;
    boolean down = last > 0;
    for (int i = 0; i <= last; i++) {
      int color = colors[i] & 0xffffff;
      up = up && color == i * 255 / last * 0x010101;
      down = down && color == (last - i) * 255 / last * 0x010101;
    }
    return up || down;
  }

  /** Takes the alpha out of samples that it was put in. */
  private static void divideByAlpha(byte[] samples, byte[] alphas, int channels) {
    for (int i = 0; i < samples.length; i++) {
      int alpha = alphas[i / channels] & 0xff;
      if (alpha != 0) {
        samples[i] = (byte) Math.min(255, (samples[i] & 0xff) * 255 / alpha);
      }
    }
  }
}
