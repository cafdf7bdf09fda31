package io.fovea.image.opencv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a WebP's container says. */
final class WebpFile {
  private WebpFile() {}

  /** Whether all is there that the file says it has. */
  static boolean isWhole(byte[] file) {
    if (file.length < 12) {
      return false;
    }
    long size = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xffffffffL;
    return size + 8 <= file.length;
  }
}
