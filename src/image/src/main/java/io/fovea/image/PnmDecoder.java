package io.fovea.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.pnm.PnmImageParser;
import org.apache.commons.imaging.formats.pnm.PnmImagingParameters;

/** PBM, PGM, PPM and PAM by Commons Imaging, which hands over every one of them as ARGB. */
final class PnmDecoder {
  private PnmDecoder() {}

  static Samples decode(byte[] file) throws IOException {
    PnmImageParser parser = new PnmImageParser();
    PnmImagingParameters none = new PnmImagingParameters();
    ByteSource source = ByteSource.array(restated(file));
    Samples rgb = Rasters.samples(parser.getBufferedImage(source, none));
    return isGrey(file) ? Samples.of(rgb.picture(null, Alpha.DROPPED).firstChannel()) : rgb;
  }

  /**
   * The file as the parser wants it. A plain PBM (P1) gets a space after every digit of its pixels,
   * of which it takes what stands together for one number, and 1 for white; P1 to P3 get a space at
   * the end, without which it loses the last number.
   */
  private static byte[] restated(byte[] file) {
    return switch (file[1]) {
      case '1' -> restatedBits(file);
      case '2', '3' -> {
        byte[] out = Arrays.copyOf(file, file.length + 1);
        out[file.length] = ' ';
        yield out;
      }
      default -> file;
    };
  }

  private static byte[] restatedBits(byte[] file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(2 * file.length);
    int words = 0; // "P1", width, height, pixels
    boolean inWord = false;
    boolean inComment = false;
    for (byte b : file) {
      inComment = b == '#' || (inComment && b != '\n' && b != '\r');
      boolean space = inComment || Character.isWhitespace(b);
      words += space || inWord ? 0 : 1;
      inWord = !space;
      if (space || words <= 3) {
        out.write(space ? ' ' : b);
      } else {
        out.write(b == '0' ? '1' : b == '1' ? '0' : b);
        out.write(' ');
      }
    }
    return out.toByteArray();
  }

  private static boolean isGrey(byte[] file) {
    return switch (file[1]) {
      case '1', '2', '4', '5' -> true;
      default -> false;
    };
  }
}
