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
import java.util.stream.IntStream;

/**
 * What decoders return, as pictures. Only stored samples are read, as {@code getRGB} would apply
 * gamma and colour management: 1, 2 and 4 bits are scaled to 0..255, of more than 8 the highest 8
 * count, palettes are looked up, alpha is dropped.
 */
final class Rasters {
  /** A palette in which every index is a level. */
  private static final int[] OWN_LEVELS = IntStream.range(0, 256).map(i -> i * 0x010101).toArray();

  private Rasters() {}

  /** The picture of an image whose samples fill the bits that it declares. */
  static Picture picture(BufferedImage image) {
    return picture(image, 0);
  }

  /**
   * The picture of an image.
   *
   * @param bits bits a sample that are in use; 0 for all that the image declares
   */
  static Picture picture(BufferedImage image, int bits) {
    ColorModel colors = image.getColorModel();
    Raster raster = image.getRaster();
    if (colors instanceof IndexColorModel palette) {
      int[] table = new int[palette.getMapSize()];
      palette.getRGBs(table);
      return look(raster, table);
    }
    if (colors instanceof DiscreteAlphaIndexColorModel palette) {
      int entries = 1 << raster.getSampleModel().getSampleSize(0);
      return look(raster, IntStream.range(0, entries).map(palette::getRGB).toArray());
    }
    int type = colors.getColorSpace().getType();
    return switch (type) {
      case ColorSpace.TYPE_GRAY -> samples(raster, 1, bits, colors);
      case ColorSpace.TYPE_RGB -> samples(raster, 3, bits, colors);
      case ColorSpace.TYPE_CMYK -> Cmyk.toRgb(pack(raster, 4, bits), raster);
      default -> throw new IllegalArgumentException("its colour space is not read here");
    };
  }

  /** One channel of the palette's indices; of an image that has no palette, its picture. */
  static Picture indices(BufferedImage image) {
    ColorModel colors = image.getColorModel();
    boolean indexed =
        colors instanceof IndexColorModel || colors instanceof DiscreteAlphaIndexColorModel;
    if (!indexed) {
      return picture(image);
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

  private static Picture samples(Raster raster, int channels, int bits, ColorModel colors) {
    byte[] out = pack(raster, channels, bits);
    if (colors.hasAlpha() && colors.isAlphaPremultiplied()) {
      divideByAlpha(out, pack(raster, channels + 1, bits), channels);
    }
    return Picture.of(raster.getWidth(), raster.getHeight(), channels, out);
  }

  /** The first {@code channels} bands, interleaved, 8 bits a sample. */
  static byte[] pack(Raster raster, int channels, int bits) {
    if (raster.getNumBands() < channels) {
      throw new IllegalArgumentException(
          "%d channels, expected %d".formatted(raster.getNumBands(), channels));
    }
    int size = Math.multiplyExact(raster.getWidth(), raster.getHeight());
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
      throw new IllegalArgumentException("floating-point samples have no range to scale from");
    }
    if (type == DataBuffer.TYPE_SHORT) {
      throw new IllegalArgumentException("samples with a sign have no range to scale from");
    }
    int w = raster.getWidth();
    int most = bits < 8 ? (1 << bits) - 1 : 255;
    int[] row = new int[w];
    for (int y = 0, at = band; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, band, row);
      for (int x = 0; x < w; x++, at += channels) {
        out[at] = (byte) (bits >= 8 ? row[x] >>> (bits - 8) : row[x] * 255 / most);
      }
    }
  }

  /** The picture of a palette's indices; its colours are 0xRRGGBB, their highest byte is alpha. */
  private static Picture look(Raster raster, int[] colors) {
    int w = raster.getWidth();
    int h = raster.getHeight();
    int channels = isRamp(colors) ? 1 : 3;
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
    return Picture.of(w, h, channels, out);
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

  /** Takes the alpha out of {@code all}, which has it as its last channel, where it was put in. */
  private static void divideByAlpha(byte[] out, byte[] all, int channels) {
    for (int i = 0, at = 0; i < all.length; i += channels + 1) {
      int alpha = all[i + channels] & 0xff;
      for (int k = 0; k < channels; k++, at++) {
        if (alpha != 0) {
          out[at] = (byte) Math.min(255, (all[i + k] & 0xff) * 255 / alpha);
        }
      }
    }
  }
}
