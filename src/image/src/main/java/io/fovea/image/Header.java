package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.util.List;
import org.apache.commons.imaging.FormatCompliance;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.jpeg.JpegImageParser;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.tiff.TiffField;
import org.apache.commons.imaging.formats.tiff.TiffImageMetadata;
import org.apache.commons.imaging.formats.tiff.TiffImagingParameters;
import org.apache.commons.imaging.formats.tiff.TiffReader;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;
import org.apache.commons.imaging.formats.tiff.taginfos.TagInfo;
import org.apache.commons.imaging.formats.webp.WebPImageMetadata;
import org.apache.commons.imaging.formats.webp.WebPImageParser;
import org.apache.commons.imaging.formats.webp.WebPImagingParameters;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a file before anything is decoded: its format, the size that it claims, and its
 * EXIF tags as Commons Imaging finds them.
 */
final class Header {
  private static final int PNG_COLOR_TYPE = 25;
  private static final int INDEXED = 3; // in PNG, and as the photometric interpretation of TIFF

  private final byte[] file;
  private final ImageFormats format;
  private final List<TiffField> tags; // of the first directory
  private final Dimension size;

  private Header(byte[] file, ImageFormats format) throws IOException {
    this.file = file;
    this.format = format;
    this.tags = tags(format, file);
    this.size =
        format == ImageFormats.TIFF
            ? new Dimension(
                number(TiffTagConstants.TIFF_TAG_IMAGE_WIDTH, 0),
                number(TiffTagConstants.TIFF_TAG_IMAGE_LENGTH, 0))
            : Sizes.of(format, file);
  }

  /**
   * The header of a file; where its tags are damaged, as if it had none.
   *
   * @throws IOException where the header is cut or damaged, or of no format that is read
   * @throws RuntimeException likewise
   */
  static Header of(byte[] file) throws IOException {
    return new Header(file, format(file));
  }

  private static ImageFormats format(byte[] file) throws IOException {
    if (isIco(file)) {
      return ImageFormats.ICO;
    }
    return Imaging.guessFormat(file) instanceof ImageFormats known ? known : ImageFormats.UNKNOWN;
  }

  /** Its two first bytes are zeros, which Commons Imaging does not take for a sign. */
  private static boolean isIco(byte[] file) {
    return file.length > 4 && file[0] == 0 && file[1] == 0 && file[2] == 1 && file[3] == 0;
  }

  private static List<TiffField> tags(ImageFormats format, byte[] file) {
    ByteSource source = ByteSource.array(file);
    try {
      if (format == ImageFormats.TIFF) {
        return new TiffReader(false)
            .readFirstDirectory(source, false, FormatCompliance.getDefault())
            .directories
            .get(0)
            .getDirectoryEntries();
      }
      TiffImageMetadata exif = exif(format, source);
      if (exif != null
          && exif.getDirectories().get(0) instanceof TiffImageMetadata.Directory first) {
        return first.getAllFields(); // the second directory is a thumbnail's
      }
    } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // a picture is as good as its pixels
    }
    return List.of();
  }

  private static @Nullable TiffImageMetadata exif(ImageFormats format, ByteSource source)
      throws IOException {
    TiffImagingParameters plain = new TiffImagingParameters().setReadThumbnails(false);
    if (format == ImageFormats.JPEG) {
      return new JpegImageParser().getExifMetadata(source, plain);
    } else if (format == ImageFormats.PNG) {
      return new PngImageParser().getExifMetadata(source, plain);
    } else if (format == ImageFormats.WEBP) {
      WebPImageMetadata webp =
          new WebPImageParser().getMetadata(source, new WebPImagingParameters());
      return webp == null ? null : webp.getExif();
    }
    return null;
  }

  ImageFormats format() {
    return format;
  }

  /** Width and height as they are stored, before the picture is turned upright. */
  Dimension size() {
    return new Dimension(size);
  }

  /** Columns as they are stored. */
  int width() {
    return size.width;
  }

  /** Rows as they are stored. */
  int height() {
    return size.height;
  }

  Orientation orientation() {
    return Orientation.of(number(TiffTagConstants.TIFF_TAG_ORIENTATION, 1));
  }

  /** Bits a sample; 0 where the file does not say. */
  int bits() {
    return number(TiffTagConstants.TIFF_TAG_BITS_PER_SAMPLE, 0);
  }

  /** Whether samples are indices; also for bitmaps of more bits, whose decoder tells. */
  boolean hasPalette() {
    return switch (format) {
      case GIF, BMP -> true;
      case PNG -> file.length > PNG_COLOR_TYPE && file[PNG_COLOR_TYPE] == INDEXED;
      case TIFF -> number(TiffTagConstants.TIFF_TAG_PHOTOMETRIC_INTERPRETATION, 0) == INDEXED;
      default -> false;
    };
  }

  private int number(TagInfo tag, int otherwise) {
    for (TiffField field : tags) {
      if (field.getTag() == tag.tag) {
        try {
          return field.getIntArrayValue()[0];
        } catch (IOException | RuntimeException e) {
          return otherwise;
        }
      }
    }
    return otherwise;
  }
}
