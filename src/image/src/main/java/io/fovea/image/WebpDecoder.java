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
  private static final int ANIMATION_FRAME = 16;
  private static final int MOST = (1 << 14) - 1;
  private static final String PROFILE = "ICCP";
  private static final byte[] UNKNOWN = "XXXX".getBytes(StandardCharsets.US_ASCII);

  private WebpDecoder() {}

  /**
   * The size of the canvas; where a file has no header of its own for that, of its only frame.
   *
   * @throws IOException where the frame leaves the canvas
   */
  static Dimension size(byte[] file) throws IOException {
    ByteBuffer in = Sizes.littleEndian(file);
    int canvas = find(file, "VP8X");
    int animated = find(file, "ANMF");
    Dimension frame = frame(in, animated < 0 ? FIRST_CHUNK : animated + ANIMATION_FRAME);
    if (canvas < 0) {
      return frame;
    }
    Dimension size = new Dimension(unsigned24(in, canvas + 4) + 1, unsigned24(in, canvas + 7) + 1);
    if (frame.width > size.width || frame.height > size.height) {
      throw new IOException(
          "its headers say %dx%d and %dx%d"
              .formatted(size.width, size.height, frame.width, frame.height));
    }
    return size;
  }

  /** The size that the first frame says behind a place. */
  private static Dimension frame(ByteBuffer in, int from) throws IOException {
    int lossy = find(in.array(), "VP8 ", from);
    int lossless = find(in.array(), "VP8L", from);
    int content = Math.max(lossy, lossless);
    if (content >= 0 && length(in.array(), content) > in.capacity() - content) {
      throw new IOException("it ends within its frame"); // the decoder would go on for long
    }
    if (lossless >= 0 && (lossy < 0 || lossless < lossy)) {
      int bits = in.getInt(lossless + 1);
      return new Dimension((bits & MOST) + 1, (bits >>> 14 & MOST) + 1);
    }
    if (lossy < 0) {
      throw new IOException("it has no frame");
    }
    return new Dimension(
        Sizes.unsigned16(in, lossy + 6) & MOST, Sizes.unsigned16(in, lossy + 8) & MOST);
  }

  private static int unsigned24(ByteBuffer in, int at) {
    return Sizes.unsigned16(in, at) | (in.get(at + 2) & 0xff) << 16;
  }

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
    return find(file, type, FIRST_CHUNK);
  }

  private static int find(byte[] file, String type, int from) {
    int wanted = Sizes.littleEndian(type.getBytes(StandardCharsets.US_ASCII)).getInt();
    ByteBuffer in = Sizes.littleEndian(file);
    long at = from;
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
