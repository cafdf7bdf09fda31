package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Small pictures inside a page, as {@code data:} addresses. */
final class Thumbnail {
  private static final int SIDE = 144; // pixels at most
  private static final int EXACT = 64; // pixels up to which nothing is lost

  private Thumbnail() {}

  /** A picture, made smaller where it is large. */
  static String url(Picture picture) {
    int longest = Math.max(picture.width(), picture.height());
    Picture small =
        longest <= SIDE
            ? picture
            : picture.resize(
                Math.max(1, picture.width() * SIDE / longest),
                Math.max(1, picture.height() * SIDE / longest),
                Resampling.BILINEAR);
    byte[] rgb = small.toRgb().pixels();
    BufferedImage image =
        new BufferedImage(small.width(), small.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < rgb.length / 3; i++) {
      int colour = (rgb[3 * i] & 255) << 16 | (rgb[3 * i + 1] & 255) << 8 | rgb[3 * i + 2] & 255;
      image.setRGB(i % small.width(), i / small.width(), colour);
    }
    return url(image, longest <= EXACT ? "png" : "jpeg");
  }

  /**
   * An image as a file.
   *
   * @param format png or jpeg
   */
  static String url(BufferedImage image, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, bytes)) {
        throw new IllegalStateException("no writer of " + format); // Java has both
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    String text = Base64.getEncoder().encodeToString(bytes.toByteArray());
    return "data:image/" + format + ";base64," + text;
  }
}
