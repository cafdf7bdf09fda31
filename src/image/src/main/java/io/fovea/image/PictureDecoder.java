package io.fovea.image;

import org.jspecify.annotations.Nullable;

/**
 * A faster decoder of some formats, found by {@link java.util.ServiceLoader} on the class path. It
 * gives the pixels that the reader's own decoders give, or nothing. Thread-safe.
 */
public interface PictureDecoder {
  /** The formats that it may be asked for. */
  enum Format {
    /** Of 8 bits, Huffman coded, grey or YCbCr; others are never asked for. */
    JPEG,
    PNG,
    WEBP
  }

  /** What it is, for reports, such as {@code OpenCV 4.13.0}. */
  String name();

  /** Whether it reads files of a format at all. */
  boolean reads(Format format);

  /**
   * Decodes a file whose header was found good, and its size allowed.
   *
   * @param file all of its bytes
   * @param reduction 1 for the picture as it is, 2, 4 or 8 for one of half, quarter or eighth its
   *     width and height, rounded up; other than 1 for {@link Format#JPEG} only
   * @return the picture as it is stored, not yet upright, alpha dropped, profile ignored; null
   *     where this decoder would not give those very pixels, or cannot, or the file is damaged:
   *     then the reader's own decoder reads it, or says what is wrong
   */
  @Nullable Picture decode(byte[] file, Format format, int reduction);
}
