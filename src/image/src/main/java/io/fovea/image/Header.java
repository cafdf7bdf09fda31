package io.fovea.image;

import java.io.IOException;
import java.util.List;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.jpeg.JpegImageParser;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.tiff.TiffField;
import org.apache.commons.imaging.formats.tiff.TiffImageMetadata;
import org.apache.commons.imaging.formats.tiff.TiffImageParser;
import org.apache.commons.imaging.formats.tiff.TiffImagingParameters;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;
import org.apache.commons.imaging.formats.tiff.taginfos.TagInfo;
import org.apache.commons.imaging.formats.webp.WebPImageMetadata;
import org.apache.commons.imaging.formats.webp.WebPImageParser;
import org.apache.commons.imaging.formats.webp.WebPImagingParameters;
import org.jspecify.annotations.Nullable;

/**
 * What Commons Imaging finds in a file before anything is decoded: its format and its EXIF tags.
 */
final class Header {
  private static final int PNG_COLOR_TYPE = 25;
  private static final int INDEXED = 3; // in PNG, and as the photometric interpretation of TIFF

  private final byte[] file;
  private final ImageFormats format;
  private final TiffImageMetadata.@Nullable Directory tags;

  private Header(byte[] file, ImageFormats format, TiffImageMetadata.@Nullable Directory tags) {
    this.file = file;
    this.format = format;
    this.tags = tags;
  }

  /** The header of a file; where its tags are damaged, as if it had none. */
  static Header of(byte[] file) throws IOException {
    ImageFormats format = format(file);
    return new Header(file, format, firstDirectory(format, file));
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

  private static TiffImageMetadata.@Nullable Directory firstDirectory(
      ImageFormats format, byte[] file) {
    try {
      TiffImageMetadata exif = exif(format, ByteSource.array(file));
      if (exif == null) {
        return null;
      }
      List<?> all = exif.getDirectories(); // the second is a thumbnail's, or the next page's
      return all.isEmpty() ? null : (TiffImageMetadata.Directory) all.get(0);
    } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return null; // a picture is as good as its pixels
    }
  }

  private static @Nullable TiffImageMetadata exif(ImageFormats format, ByteSource source)
      throws IOException {
    TiffImagingParameters plain = new TiffImagingParameters().setReadThumbnails(false);
    if (format == ImageFormats.JPEG) {
      return new JpegImageParser().getExifMetadata(source, plain);
    } else if (format == ImageFormats.PNG) {
      return new PngImageParser().getExifMetadata(source, plain);
    } else if (format == ImageFormats.TIFF) {
      return (TiffImageMetadata) new TiffImageParser().getMetadata(source, plain);
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
    try {
      TiffField field = tags == null ? null : tags.findField(tag);
      return field == null ? otherwise : field.getIntArrayValue()[0];
    } catch (IOException | RuntimeException e) {
      return otherwise;
    }
  }
}
