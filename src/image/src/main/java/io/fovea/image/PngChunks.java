package io.fovea.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Predicate;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a PNG that say something about its pixels. Nothing is allocated for a length that
 * the file does not have, and compressed chunks are inflated to a limit.
 *
 * @see <a href="https://www.w3.org/TR/png-3/">PNG specification</a>
 */
final class PngChunks {
  private static final int SIGNATURE = 8;
  private static final int MAX_INFLATED = 1 << 23; // profiles of printers have a few megabytes
  private static final String EXIF_KEYWORD = "Raw profile type exif";

  private PngChunks() {}

  /** The content of the first chunk of a type; null where there is none. */
  static byte @Nullable [] first(byte[] file, String type) {
    return first(file, type, content -> true);
  }

  private static byte @Nullable [] first(byte[] file, String type, Predicate<byte[]> good) {
    ByteBuffer in = ByteBuffer.wrap(file);
    int wanted = ByteBuffer.wrap(type.getBytes(StandardCharsets.US_ASCII)).getInt();
    long at = SIGNATURE;
    while (at + 8 <= file.length) {
      long length = in.getInt((int) at) & 0xffffffffL;
      int content = (int) at + 8;
      if (in.getInt(content - 4) == wanted && length <= file.length - content) {
        byte[] found = Arrays.copyOfRange(file, content, content + (int) length);
        if (good.test(found)) {
          return found;
        }
      }
      at += 12 + length;
    }
    return null;
  }

  /** The ICC profile; null where there is none. */
  static byte @Nullable [] profile(byte[] file) throws IOException {
    byte[] chunk = first(file, "iCCP");
    return chunk == null ? null : inflate(chunk, indexOf((byte) 0, chunk) + 2);
  }

  /**
   * The EXIF tags, as a TIFF: a chunk of their own, or the text that ImageMagick writes, of hex
   * digits after three lines. Null where there are none.
   */
  static byte @Nullable [] exif(byte[] file) throws IOException {
    byte[] own = first(file, "eXIf");
    if (own != null) {
      return own;
    }
    byte[] keyword = (EXIF_KEYWORD + '\0').getBytes(StandardCharsets.US_ASCII);
    Predicate<byte[]> isExif = text -> Arrays.mismatch(text, keyword) == keyword.length;
    byte[] packed = first(file, "zTXt", isExif);
    byte[] plain = packed == null ? first(file, "tEXt", isExif) : null;
    if (packed == null && plain == null) {
      return null;
    }
    byte[] text = packed == null ? plain : inflate(packed, keyword.length + 1);
    String[] lines = new String(text, StandardCharsets.ISO_8859_1).split("\n", 4);
    byte[] exif = HexFormat.of().parseHex(lines[3].replaceAll("\\s", ""));
    int start = exif.length > 6 && exif[0] == 'E' ? 6 : 0; // "Exif", two zeros
    return Arrays.copyOfRange(exif, start, exif.length);
  }

  private static int indexOf(byte wanted, byte[] in) throws IOException {
    for (int i = 0; i < in.length; i++) {
      if (in[i] == wanted) {
        return i;
      }
    }
    throw new IOException("a text without an end");
  }

  private static byte[] inflate(byte[] packed, int from) throws IOException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed, from, packed.length - from);
      byte[] out = new byte[4096];
      int length = 0;
      for (int n = 1; n > 0 && length < MAX_INFLATED; length += n) {
        out = length == out.length ? Arrays.copyOf(out, 2 * length) : out;
        n = inflater.inflate(out, length, out.length - length);
      }
      return Arrays.copyOf(out, length);
    } catch (DataFormatException e) {
      throw new IOException(e);
    } finally {
      inflater.end();
    }
  }
}
