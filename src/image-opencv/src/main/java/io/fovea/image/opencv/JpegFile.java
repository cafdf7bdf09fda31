package io.fovea.image.opencv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A JPEG whose segments were walked without decoding any: whole up to its end marker, and coded so
 * that every libjpeg makes the same pixels of it.
 *
 * @see <a href="https://www.w3.org/Graphics/JPEG/itu-t81.pdf">ITU-T T.81</a>
 */
record JpegFile(int components) {
  private static final int SOF0 = 0xc0;
  private static final int SOF2 = 0xc2;
  private static final int DHT = 0xc4;
  private static final int SOF15 = 0xcf;
  private static final int RST0 = 0xd0;
  private static final int RST7 = 0xd7;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int DCT = 64; // coefficients of a block
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The file; null where it is cut, has odd segments, or libraries differ on it. */
  static @Nullable JpegFile of(byte[] file) {
    try {
      return new Walk(file).walk();
    } catch (IndexOutOfBoundsException e) {
      return null; // cut
    }
  }

  /** One pass over a file. */
  private static final class Walk {
    private final byte[] file;
    private int at = 2; // behind the start marker
    private int[] ids = {};
    private boolean progressive;

    /** Of each component's coefficients the bits that are still missing; -1 where all are. */
    private int[][] missing = {};

    Walk(byte[] file) {
      this.file = file;
    }

    @Nullable JpegFile walk() {
      while (true) {
        if (u8(at) != 0xff) {
          return null;
        }
        while (u8(at) == 0xff) {
          at++;
        }
        int marker = u8(at);
        if (marker == EOI) {
          return isComplete() ? new JpegFile(ids.length) : null;
        }
        int content = at + 3;
        int length = u16(at + 1);
        if (marker < SOF0 || (marker >= RST0 && marker <= RST7) || length < 2) {
          return null;
        }
        at += 1 + length;
        if (isFrame(marker) && !frame(marker, content)) {
          return null;
        }
        if (marker == SOS && !(scan(content) && skipCoded())) {
          return null;
        }
      }
    }

    private static boolean isFrame(int marker) {
      return marker <= SOF15 && marker != DHT;
    }

    private boolean frame(int marker, int content) {
      int count = u8(content + 5);
      boolean known = marker <= SOF2 && (count == 1 || count == 3) && u16(content + 1) > 0;
      if (!known || ids.length > 0) {
        return false;
      }
      progressive = marker == SOF2;
      ids = new int[count];
      missing = new int[count][DCT];
      int across = 0;
      int down = 0;
      for (int i = 0; i < count; i++) {
        Arrays.fill(missing[i], -1);
        ids[i] = u8(content + 6 + 3 * i);
        across = Math.max(across, u8(content + 7 + 3 * i) >> 4);
        down = Math.max(down, u8(content + 7 + 3 * i) & 15);
      }
      for (int i = 0; i < count; i++) {
        int h = u8(content + 7 + 3 * i) >> 4;
        int v = u8(content + 7 + 3 * i) & 15;
        // Full, or half across, or half both ways: how others are enlarged depends on the version.
        if (!(h == across && v == down) && !(2 * h == across && (v == down || 2 * v == down))) {
          return false;
        }
      }
      return true;
    }

    private boolean scan(int content) {
      int count = u8(content);
      int from = u8(content + 1 + 2 * count);
      int to = u8(content + 2 + 2 * count);
      int bits = u8(content + 3 + 2 * count) & 15;
      if (from > to || to >= DCT || (!progressive && (from != 0 || to != DCT - 1 || bits != 0))) {
        return false;
      }
      for (int i = 0; i < count; i++) {
        int id = u8(content + 1 + 2 * i);
        int component = 0;
        while (component < ids.length && ids[component] != id) {
          component++;
        }
        if (component == ids.length) {
          return false;
        }
        Arrays.fill(missing[component], from, to + 1, bits);
      }
      return true;
    }

    /** Goes to the marker after a scan's coded data; false where restarts are out of order. */
    private boolean skipCoded() {
      int restart = RST0;
      while (true) {
        while (at + Long.BYTES <= file.length && !hasMarker((long) LONGS.get(file, at))) {
          at += Long.BYTES;
        }
        while (file[at] != (byte) 0xff) {
          at++;
        }
        int next = u8(at + 1);
        if (next == restart) {
          restart = RST0 | ((restart + 1) & 7);
        } else if (next != 0) {
          return next < RST0 || next > RST7;
        }
        at += 2;
      }
    }

    /** Whether one of eight bytes is 0xff: of their complements, whether one is zero. */
    private static boolean hasMarker(long bytes) {
      return (~bytes - 0x0101010101010101L & bytes & 0x8080808080808080L) != 0;
    }

    /** Blocks that lack something are smoothed, by each version in its own way. */
    private boolean isComplete() {
      return ids.length > 0
          && Arrays.stream(missing).flatMapToInt(Arrays::stream).allMatch(bits -> bits == 0);
    }

    private int u8(int i) {
      return file[i] & 0xff;
    }

    private int u16(int i) {
      return u8(i) << 8 | u8(i + 1);
    }
  }
}
