package io.fovea.image;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Conversion from the colours of an ICC profile to sRGB, of perceptual intent, or relative
 * colorimetric where the profile is a printer's.
 */
final class ColorProfile {
  private ColorProfile() {}

  /**
   * The samples in sRGB; grey where they are grey. Null where the profile is damaged or one of
   * another number of channels: readers take such a file as if it had none.
   */
  static @Nullable Picture toSrgb(Samples in, byte[] profile) {
    try {
      ICC_Profile from = ICC_Profile.getInstance(profile);
      if (from.getNumComponents() != in.channels()) {
        return null;
      }
      ICC_Profile to = ICC_Profile.getInstance(ColorSpace.CS_sRGB);
      byte[] rgb = Picture.allocate(in.width(), in.height(), 3);
      WritableRaster out = raster(in, rgb, 3);
      new ColorConvertOp(new ICC_Profile[] {from, to}, null)
          .filter(raster(in, in.data(), in.channels()), out);
      Picture converted = Picture.of(in.width(), in.height(), 3, rgb);
      return in.channels() == 1 ? converted.firstChannel() : converted;
    } catch (RuntimeException e) { // of many kinds, by what is damaged
      return null;
    }
  }

  private static WritableRaster raster(Samples size, byte[] data, int channels) {
    int[] bands = IntStream.range(0, channels).toArray();
    return Raster.createInterleavedRaster(
        new DataBufferByte(data, data.length),
        size.width(),
        size.height(),
        size.width() * channels,
        channels,
        bands,
        null);
  }
}
