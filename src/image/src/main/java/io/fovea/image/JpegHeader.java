package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;

/**
 * What the segments of a JPEG before its first scan say about its colours.
 *
 * @param process the low byte of the frame's marker: 0xC0 baseline, 0xC2 progressive, 0xC3 lossless
 * @param bits bits a sample
 * @param size width and height; a height of 0 is told after the first scan, which is not read here
 * @param ids identifiers of the components
 * @param jfif whether there is a JFIF segment
 * @param adobe the transform of the Adobe segment; -1 where there is none
 * @see <a href="https://www.w3.org/Graphics/JPEG/itu-t81.pdf">ITU-T T.81</a>
 */
record JpegHeader(int process, int bits, Dimension size, int[] ids, boolean jfif, int adobe) {
  private static final int PROGRESSIVE = 0xc2;
  private static final int MAX_SCANS = 100;

  /** How the samples of the components code colours. */
  enum Colors {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  static JpegHeader of(byte[] file) throws IOException {
    boolean jfif = false;
    int adobe = -1;
    int at = 2;
    JpegHeader frame = null;
    while (true) {
      while (at < file.length && file[at] != (byte) 0xff) {
        at++;
      }
      while (at < file.length && file[at] == (byte) 0xff) {
        at++;
      }
      if (at + 3 > file.length) {
        break;
      }
      int marker = file[at++] & 0xff;
      if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) {
        continue; // they have no content
      }
      int length = unsigned16(file, at);
      int content = at + 2;
      int end = Math.min(at + length, file.length);
      if (marker == 0xda || marker == 0xd9) {
        break;
      } else if (marker == 0xe0 && length >= 16 && starts(file, content, "JFIF\0")) {
        jfif = true;
      } else if (marker == 0xee && length >= 14 && starts(file, content, "Adobe")) {
        adobe = file[content + 11] & 0xff;
      } else if (isFrame(marker) && end >= content + 6) {
        int[] ids = new int[Math.min(file[content + 5] & 0xff, (end - content - 6) / 3)];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = file[content + 6 + 3 * i] & 0xff;
        }
        Dimension size =
            new Dimension(unsigned16(file, content + 3), unsigned16(file, content + 1));
        frame = new JpegHeader(marker, file[content] & 0xff, size, ids, false, -1);
      }
      at += Math.max(length, 2);
    }
    if (frame != null && frame.process == PROGRESSIVE && scans(file, at) > MAX_SCANS) {
      throw new IOException("it has more than %d scans".formatted(MAX_SCANS));
    }
    if (frame == null) {
      throw new IOException("it has no frame header");
    }
    return new JpegHeader(frame.process, frame.bits, frame.size, frame.ids, jfif, adobe);
  }

  /** Each takes its time, however few bytes it has. */
  private static int scans(byte[] file, int from) {
    int scans = 1;
    for (int i = from; i + 1 < file.length; i++) {
      if (file[i] == (byte) 0xff && file[i + 1] == (byte) 0xda) {
        scans++;
      }
    }
    return scans;
  }

  private static int unsigned16(byte[] file, int at) {
    return (file[at] & 0xff) << 8 | (file[at + 1] & 0xff);
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static boolean starts(byte[] file, int at, String magic) {
    if (at + 12 > file.length) {
      return false;
    }
    for (int i = 0; i < magic.length(); i++) {
      if (file[at + i] != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The rules of libjpeg, which everybody's JPEGs are made to suit. */
  Colors colors() throws IOException {
    return switch (ids.length) {
      case 1 -> Colors.GREY;
      case 3 -> threeAreRgb() ? Colors.RGB : Colors.YCC;
      case 4 -> adobe == -1 || adobe == 0 ? Colors.CMYK : Colors.YCCK;
      default -> throw new IOException("a JPEG of %d components".formatted(ids.length));
    };
  }

  /** Whether it is one that every decoder reads alike: 8 bits, Huffman codes, grey or YCbCr. */
  boolean isPlain() throws IOException {
    boolean coded = process >= 0xc0 && process <= 0xc2;
    boolean few = ids.length == 1 || (ids.length == 3 && colors() == Colors.YCC);
    return coded && few && adobe <= 1 && bits == 8 && size.height > 0;
  }

  private boolean threeAreRgb() {
    if (jfif) {
      return false;
    }
    return adobe == -1 ? ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B' : adobe == 0;
  }
}
