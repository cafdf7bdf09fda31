package io.fovea.image.opencv;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A PNG less what its samples do not depend on, such as gamma, transparency and further frames: of
 * that, libraries print warnings.
 *
 * @param essence signature, header, palette and data, each proved by its checksum
 * @param isGrey whether its pixels have one channel
 * @see <a href="https://www.w3.org/TR/png-3/">Portable Network Graphics</a>
 */
record PngFile(byte[] essence, boolean isGrey) {
  private static final int SIGNATURE = 8;
  private static final int FRAME = 12; // bytes of a chunk beside its content
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final int LONGEST_SIDE = 1_000_000; // of libpng
  private static final int INDEXED = 3;
  private static final Set<Integer> DEPTHS = Set.of(1, 2, 4, 8, 16);

  /** The file; null where it is damaged, or its palette holds only greys. */
  static @Nullable PngFile of(byte[] file) {
    if (file.length < SIGNATURE) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(file);
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
    out.write(file, 0, SIGNATURE);
    int at = SIGNATURE;
    int color = -1;
    int depth = 0;
    int before = 0;
    boolean palette = false;
    boolean data = false;
    while (at + FRAME <= file.length) {
      int length = in.getInt(at);
      int type = in.getInt(at + 4);
      int content = at + 8;
      if (length < 0 || length > file.length - at - FRAME || (type == IHDR) != (at == SIGNATURE)) {
        return null;
      }
      if (type == IHDR || type == PLTE || type == IDAT || type == IEND) {
        if (checksum(file, at + 4, length + 4) != in.getInt(content + length)) {
          return null;
        }
        if (type == IHDR) {
          if (length != 13 || !isSound(in.slice(content, length))) {
            return null;
          }
          depth = file[content + 8];
          color = file[content + 9];
          out.write(file, at, length + FRAME);
        } else if (type == PLTE && color == INDEXED) {
          if (palette || data || length % 3 != 0 || isGrey(file, content, length)) {
            return null;
          }
          palette = true;
          writePalette(file, content, Math.min(length, 3 << depth), 3 << depth, out);
        } else if (type == IDAT) {
          if (data && before != IDAT) {
            return null;
          }
          data = true;
          out.write(file, at, length + FRAME);
        } else if (type == IEND) {
          out.write(file, at, length + FRAME);
          boolean whole = data && palette == (color == INDEXED);
          return whole ? new PngFile(out.toByteArray(), (color & 2) == 0) : null;
        }
      }
      before = type;
      at = content + length + 4;
    }
    return null;
  }

  /** Whether a header is one that libpng takes: side, side, depth, colour, three methods. */
  private static boolean isSound(ByteBuffer header) {
    int depth = header.get(8);
    boolean color =
        switch (header.get(9)) {
          case 0 -> DEPTHS.contains(depth);
          case INDEXED -> depth < 16 && DEPTHS.contains(depth);
          case 2, 4, 6 -> depth == 8 || depth == 16;
          default -> false;
        };
    int width = header.getInt(0);
    int height = header.getInt(4);
    return color
        && Math.min(width, height) > 0
        && Math.max(width, height) <= LONGEST_SIDE
        && header.get(10) == 0
        && header.get(11) == 0
        && (header.get(12) & ~1) == 0;
  }

  /** Whether a palette might be one of levels, of which pictures with one channel are made. */
  private static boolean isGrey(byte[] file, int from, int length) {
    for (int i = from; i < from + length; i += 3) {
      if (file[i] != file[i + 1] || file[i] != file[i + 2]) {
        return false;
      }
    }
    return true;
  }

  /** The palette at the length that its indices can reach: what they find past its end is black. */
  private static void writePalette(
      byte[] file, int from, int length, int full, ByteArrayOutputStream out) {
    ByteBuffer chunk = ByteBuffer.allocate(full + FRAME);
    chunk.putInt(full).putInt(PLTE).put(file, from, length);
    chunk.putInt(full + 8, checksum(chunk.array(), 4, full + 4));
    out.write(chunk.array(), 0, full + FRAME);
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
