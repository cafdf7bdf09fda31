package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** WebP. The decoder applies an embedded profile, so that it is not shown one. */
final class WebpDecoder {
  private static final int FIRST_CHUNK = 12;
  private static final byte[] UNKNOWN = "XXXX".getBytes(StandardCharsets.US_ASCII);

  private WebpDecoder() {}

  static Picture decode(byte[] file, Dimension size) throws IOException {
    return Rasters.picture(ImageIo.WEBP.read(withoutProfile(file), size));
  }

  /** The file with chunks {@code ICCP} renamed to something that readers skip. */
  private static byte[] withoutProfile(byte[] file) {
    byte[] out = file.clone();
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    long at = FIRST_CHUNK;
    while (at + 8 <= file.length) {
      int start = (int) at;
      if (file[start] == 'I' && file[start + 1] == 'C' && file[start + 2] == 'C') {
        System.arraycopy(UNKNOWN, 0, out, start, UNKNOWN.length);
      }
      long size = in.getInt(start + 4) & 0xffffffffL;
      at += 8 + size + (size & 1);
    }
    return out;
  }
}
