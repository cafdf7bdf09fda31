package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The portable float map: rows of floating-point levels from the bottom up.
 *
 * @param channels 1 (grey) or 3 (RGB)
 * @param start where the samples start
 * @param order of the bytes of a sample
 * @see <a href="https://www.pauldebevec.com/Research/HDR/PFM/">PFM</a>
 */
record PfmDecoder(Dimension size, int channels, int start, ByteOrder order) {
  private static final int MOST_HEADER = 200;
  private static final Pattern HEADER =
      Pattern.compile("P([fF])\\s+(\\d{1,9})\\s+(\\d{1,9})\\s+([-+.0-9eE]{1,30})\\s");

  static boolean is(byte[] file) {
    return file.length > 3
        && file[0] == 'P'
        && (file[1] == 'f' || file[1] == 'F')
        && Character.isWhitespace(file[2]);
  }

  static PfmDecoder of(byte[] file) throws IOException {
    int length = Math.min(file.length, MOST_HEADER);
    Matcher m = HEADER.matcher(new String(file, 0, length, StandardCharsets.ISO_8859_1));
    if (!m.lookingAt()) {
      throw new IOException("its header is damaged");
    }
    return new PfmDecoder(
        new Dimension(Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3))),
        m.group(1).equals("f") ? 1 : 3,
        m.end(),
        m.group(4).startsWith("-") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
  }

  static Samples decode(byte[] file) throws IOException {
    PfmDecoder pfm = of(file);
    int row = pfm.size.width * pfm.channels;
    if ((file.length - pfm.start) / Float.BYTES / row < pfm.size.height) {
      throw new IOException("it ends within its samples");
    }
    ByteBuffer in = ByteBuffer.wrap(file).order(pfm.order).position(pfm.start);
    byte[] out = Picture.allocate(pfm.size.width, pfm.size.height, pfm.channels);
    for (int y = pfm.size.height - 1; y >= 0; y--) {
      for (int i = 0; i < row; i++) {
        out[y * row + i] = Rasters.level(in.getFloat());
      }
    }
    return Samples.opaque(pfm.size.width, pfm.size.height, pfm.channels, out);
  }
}
