package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** WebP. The decoder applies an embedded profile, so that it is not shown one. */
final class WebpDecoder {
  private static final int FIRST_CHUNK = 12;
  private static final String PROFILE = "ICCP";
  private static final byte[] UNKNOWN = "XXXX".getBytes(StandardCharsets.US_ASCII);

  private WebpDecoder() {}

  static Samples decode(byte[] file, Dimension size) throws IOException {
    byte[] shown = file.clone();
    int profile = find(file, PROFILE);
    if (profile >= 0) {
      System.arraycopy(UNKNOWN, 0, shown, profile - 8, UNKNOWN.length);
    }
    return Rasters.samples(ImageIo.WEBP.read(shown, size));
  }

  /** The content of the first chunk of a type; null where there is none. */
  static byte @Nullable [] chunk(byte[] file, String type) {
    int at = find(file, type);
    return at < 0 || length(file, at) > file.length - at
        ? null
        : Arrays.copyOfRange(file, at, at + (int) length(file, at));
  }

  static byte @Nullable [] profile(byte[] file) {
    return chunk(file, PROFILE);
  }

  /** Where the content of the first chunk of a type starts; -1 where there is none. */
  private static int find(byte[] file, String type) {
    int wanted = Sizes.littleEndian(type.getBytes(StandardCharsets.US_ASCII)).getInt();
    ByteBuffer in = Sizes.littleEndian(file);
    long at = FIRST_CHUNK;
    while (at + 8 <= file.length) {
      int content = (int) at + 8;
      if (in.getInt(content - 8) == wanted) {
        return content;
      }
      long length = length(file, content);
      at += 8 + length + (length & 1);
    }
    return -1;
  }

  private static long length(byte[] file, int content) {
    return Sizes.littleEndian(file).getInt(content - 4) & 0xffffffffL;
  }
}
