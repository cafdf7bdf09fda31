package io.fovea.image;

import java.awt.Dimension;
import java.io.IOException;
import java.util.List;
import org.apache.commons.imaging.FormatCompliance;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.jpeg.JpegImageParser;
import org.apache.commons.imaging.formats.jpeg.JpegImagingParameters;
import org.apache.commons.imaging.formats.tiff.TiffField;
import org.apache.commons.imaging.formats.tiff.TiffReader;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;
import org.apache.commons.imaging.formats.tiff.fieldtypes.AbstractFieldType;
import org.apache.commons.imaging.formats.tiff.taginfos.TagInfo;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a file before anything is decoded: its format, the size that it claims, and its
 * EXIF tags as Commons Imaging finds them.
 */
final class Header {
  private static final int PROFILE = 34675;
  private static final int INDEXED = 3; // a photometric interpretation

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
   */
  static Header of(byte[] file) throws IOException {
    return new Header(file, format(file));
  }

  private static ImageFormats format(byte[] file) throws IOException {
    if (isIco(file)) {
      return ImageFormats.ICO;
    }
    if (PfmDecoder.is(file)) {
      return ImageFormats.PNM;
    }
    return Imaging.guessFormat(file) instanceof ImageFormats known ? known : ImageFormats.UNKNOWN;
  }

  /** Its two first bytes are zeros, which Commons Imaging does not take for a sign. */
  private static boolean isIco(byte[] file) {
    return file.length > 4 && file[0] == 0 && file[1] == 0 && file[2] == 1 && file[3] == 0;
  }

  private static List<TiffField> tags(ImageFormats format, byte[] file) {
    try {
      byte[] tiff = tiff(format, file);
      if (tiff != null) { // only the first directory: the next one is a thumbnail or a page
        return new TiffReader(false)
            .readFirstDirectory(ByteSource.array(tiff), false, FormatCompliance.getDefault())
            .directories
            .get(0)
            .getDirectoryEntries();
      }
    } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // a picture is as good as its pixels
    }
    return List.of();
  }

  private static byte @Nullable [] tiff(ImageFormats format, byte[] file) throws IOException {
    return switch (format) {
      case TIFF -> file;
      case JPEG -> new JpegImageParser().getExifRawData(ByteSource.array(file));
      case PNG -> PngChunks.exif(file);
      case WEBP -> WebpDecoder.chunk(file, "EXIF");
      default -> null;
    };
  }

  /** The ICC profile; null where there is none, or none that can be read. */
  byte @Nullable [] profile() {
    try {
      TiffField field = field(PROFILE);
      return switch (format) {
        case JPEG ->
            new JpegImageParser()
                .getIccProfileBytes(ByteSource.array(file), new JpegImagingParameters());
        case PNG -> PngChunks.profile(file);
        case WEBP -> WebpDecoder.profile(file);
        case TIFF -> field == null ? null : field.getByteArrayValue();
        default -> null;
      };
    } catch (IOException | RuntimeException e) {
      return null;
    }
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

  /** Bytes of samples that a decoder holds for a pixel, at least one a channel of the picture. */
  int bytesPerPixel() throws IOException {
    return switch (format) {
      case JPEG -> JpegHeader.of(file).ids().length;
      case PNG -> PngDecoder.bytesPerPixel(file);
      case TIFF ->
          hasPalette()
              ? 3
              : number(TiffTagConstants.TIFF_TAG_SAMPLES_PER_PIXEL, 1)
                  * Math.max(1, (bits() + 7) / 8);
      case GIF, BMP -> 3;
      case WEBP -> 8; // of which half is for the decoder's objects
      default -> 4;
    };
  }

  Orientation orientation() {
    TiffField field = field(TiffTagConstants.TIFF_TAG_ORIENTATION.tag);
    return field == null || field.getFieldType() == AbstractFieldType.BYTE // Pillow's ignores these
        ? Orientation.UPRIGHT
        : Orientation.of(number(TiffTagConstants.TIFF_TAG_ORIENTATION, 1));
  }

  /** Whether the colours of a TIFF are stored as alpha leaves them. */
  boolean hasAssociatedAlpha() {
    return number(TiffTagConstants.TIFF_TAG_EXTRA_SAMPLES, 0) == 1;
  }

  /** What TIFF calls its way of compression. */
  int compression() {
    return number(TiffTagConstants.TIFF_TAG_COMPRESSION, 1);
  }

  /** Bits a sample; 0 where the file does not say. */
  int bits() {
    return number(TiffTagConstants.TIFF_TAG_BITS_PER_SAMPLE, 0);
  }

  /** Whether samples are indices; also for bitmaps of more bits, whose decoder tells. */
  boolean hasPalette() {
    return switch (format) {
      case GIF, BMP -> true;
      case PNG -> PngDecoder.hasPalette(file);
      case TIFF -> number(TiffTagConstants.TIFF_TAG_PHOTOMETRIC_INTERPRETATION, 0) == INDEXED;
      default -> false;
    };
  }

  private @Nullable TiffField field(int tag) {
    for (TiffField field : tags) {
      if (field.getTag() == tag) {
        return field;
      }
    }
    return null;
  }

  private int number(TagInfo tag, int otherwise) {
    try {
      TiffField field = field(tag.tag);
      if (field == null) {
        return otherwise;
      }
      int value = field.getIntArrayValue()[0];
      return field.getFieldType() == AbstractFieldType.SHORT ? value & 0xffff : value;
    } catch (IOException | RuntimeException e) {
      return otherwise;
    }
  }
}
