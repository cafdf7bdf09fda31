package io.fovea.image;

import io.fovea.image.Step.Decode;
import io.fovea.image.Step.Profile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntBinaryOperator;
import org.apache.commons.imaging.ImageFormats;
import org.jspecify.annotations.Nullable;

/**
 * Reads JPEG, PNG, GIF, BMP, TIFF, WebP, PNM and ICO files as Pillow does: upright by their EXIF
 * orientation, palettes looked up, alpha dropped, of 16 bits the high byte, no colour management.
 * Grey files give one channel, all others three; of several frames or pages the first is read.
 * JPEG, PNG and WebP are decoded by a {@link PictureDecoder} where one is on the class path, and
 * where it gives the same pixels; of lossy WebP it gives better ones. Immutable and thread-safe.
 */
public final class PictureReader {
  private static final PictureReader STANDARD =
      new PictureReader(
          178_956_970,
          1L << 30,
          new Decode(Profile.IGNORED, Alpha.DROPPED, false),
          true,
          (width, height) -> 1);
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final PixelLimit limit;
  private final long maxBytes;
  private final Decode decode;
  private final boolean plugIns;
  private final IntBinaryOperator reduction; // of an upright width and height

  private PictureReader(
      long maxPixels, long maxBytes, Decode decode, boolean plugIns, IntBinaryOperator reduction) {
    this.limit = new PixelLimit(maxPixels);
    this.maxBytes = maxBytes;
    this.decode = decode;
    this.plugIns = plugIns;
    this.reduction = reduction;
  }

  /**
   * The reader that {@link Picture#read} uses: up to 178,956,970 pixels in files of up to 1 GiB. A
   * picture of more than 64 MiB of samples (22 million pixels of RGB) must also have at most 1,100
   * bytes of them a byte of its file, more than compression makes of any real one: files that claim
   * to be larger are refused by their headers, before anything is allocated for their pixels.
   */
  public static PictureReader standard() {
    return STANDARD;
  }

  /**
   * A reader that refuses larger pictures by their headers, before anything is allocated for their
   * pixels.
   *
   * @param maxPixels width times height, at least 1
   */
  public PictureReader withMaxPixels(long maxPixels) {
    return new PictureReader(positive(maxPixels), maxBytes, decode, plugIns, reduction);
  }

  /**
   * A reader that refuses larger files; those of 2 GiB and more never fit.
   *
   * @param maxBytes size of the file as it is stored, at least 1
   */
  public PictureReader withMaxBytes(long maxBytes) {
    long most = Math.min(positive(maxBytes), LARGEST_ARRAY - 1);
    return new PictureReader(limit.pixels(), most, decode, plugIns, reduction);
  }

  /** A reader that makes pictures as a preprocessing wants them: of its profiles and its alpha. */
  public PictureReader with(Decode decode) {
    return new PictureReader(limit.pixels(), maxBytes, decode, plugIns, reduction);
  }

  /**
   * A reader that may leave out rows and columns of JPEGs which a preprocessing would only average.
   *
   * @param reduction what a picture of an upright width and height may be divided by: 1, 2, 4 or 8
   */
  PictureReader withReduction(IntBinaryOperator reduction) {
    return new PictureReader(limit.pixels(), maxBytes, decode, plugIns, reduction);
  }

  /** A reader that decodes everything itself, whatever is on the class path. */
  public PictureReader withoutPlugIns() {
    return new PictureReader(limit.pixels(), maxBytes, decode, false, reduction);
  }

  /**
   * Names of the decoders that were found on the class path, in the order in which they are asked.
   */
  public static List<String> plugIns() {
    return PlugIns.names();
  }

  /**
   * Begins to load the decoders on the class path, on a thread of their own: natives take most of a
   * second, which the first picture need not wait for. Whoever reads early waits for the rest.
   */
  public static void prepare() {
    Thread loading = new Thread(PlugIns::names, "fovea-decoders");
    loading.setDaemon(true);
    loading.start();
  }

  private static long positive(long limit) {
    if (limit < 1) {
      throw new PictureException("reader", "a limit of " + limit + " lets nothing through");
    }
    return limit;
  }

  /**
   * Reads a file.
   *
   * @throws PictureException where it is not there, too large, damaged or of an unknown format
   */
  public Picture read(Path file) {
    return read(bytes(file), file.toString());
  }

  /**
   * Reads a file as {@link #read(Path)}; where a PNG, GIF, BMP or TIFF has a palette, one channel
   * of its indices.
   */
  Picture readIndices(Path file) {
    PictureReader plain = with(STANDARD.decode).withoutPlugIns();
    return plain.decode(bytes(file), file.toString(), PictureReader::indices);
  }

  private byte[] bytes(Path file) {
    String name = file.toString();
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes((int) maxBytes + 1);
    } catch (NoSuchFileException e) {
      throw new PictureException(name, "no such file", e);
    } catch (IOException | OutOfMemoryError e) {
      throw new PictureException(name, "cannot be read: " + e, e);
    }
  }

  /**
   * Reads the bytes of a file.
   *
   * @param name how messages name it
   * @throws PictureException where they are too many, damaged or of an unknown format
   */
  public Picture read(byte[] bytes, String name) {
    return decode(bytes, name, PictureReader::colors);
  }

  /** Which decoder reads the file of a header. */
  @FunctionalInterface
  private interface Choice {
    Decoder decoder(Header header) throws IOException;
  }

  private Picture decode(byte[] bytes, String name, Choice choice) {
    if (bytes.length == 0) {
      throw new PictureException(name, "it is empty");
    }
    if (bytes.length > maxBytes) {
      throw new PictureException(name, "over the limit of %,d bytes".formatted(maxBytes));
    }
    try {
      Header header = Header.of(bytes);
      limit.check(header, bytes.length);
      Picture quick = plugIns ? plugIn(bytes, header) : null;
      if (quick != null) {
        return header.orientation().apply(quick);
      }
      Samples stored = choice.decoder(header).decode(bytes);
      byte[] profile = decode.profile() == Profile.SRGB ? header.profile() : null;
      return header.orientation().apply(stored.picture(profile, decode.alpha()));
    } catch (Throwable e) { // decoders fail in every way on damaged files, also with errors
      throw new PictureException(name, reason(e), e);
    }
  }

  /** What a decoder on the class path makes of a file; null where that is not for it. */
  private @Nullable Picture plugIn(byte[] file, Header header) throws IOException {
    boolean opaque = decode.alpha().over() == null || header.format() == ImageFormats.JPEG;
    if (decode.profile() != Profile.IGNORED || !opaque) {
      return null;
    }
    return switch (header.format()) {
      case JPEG ->
          JpegHeader.of(file).isPlain()
              ? PlugIns.decode(file, PictureDecoder.Format.JPEG, reduction(header))
              : null;
      case PNG -> PlugIns.decode(file, PictureDecoder.Format.PNG, 1);
      case WEBP -> PlugIns.decode(file, PictureDecoder.Format.WEBP, 1);
      default -> null;
    };
  }

  private int reduction(Header header) {
    return header.orientation().transposed()
        ? reduction.applyAsInt(header.height(), header.width())
        : reduction.applyAsInt(header.width(), header.height());
  }

  private static Decoder colors(Header header) throws IOException {
    return switch (header.format()) {
      case JPEG -> JpegDecoder::decode;
      case PNG -> file -> PngDecoder.decode(file, header.size());
      case GIF -> GifDecoder::decode;
      case BMP -> file -> Rasters.samples(ImageIo.BMP.read(file, header.size()));
      case TIFF -> file -> TiffDecoder.decode(file, header);
      case WEBP -> file -> WebpDecoder.decode(file, header.size());
      case PBM, PGM, PPM, PAM -> PnmDecoder::decode;
      case PNM -> PfmDecoder::decode;
      case ICO -> file -> IcoDecoder.decode(file, header.size());
      default -> throw new IOException("not a picture of a format that is read here");
    };
  }

  private static Decoder indices(Header header) throws IOException {
    if (!header.hasPalette()) {
      return colors(header);
    }
    return switch (header.format()) {
      case PNG -> file -> Rasters.indices(ImageIo.PNG.read(file, header.size()));
      case GIF -> GifDecoder::indices;
      case BMP -> file -> Rasters.indices(ImageIo.BMP.read(file, header.size()));
      case TIFF -> file -> Rasters.indices(TiffDecoder.read(file, header));
      default -> colors(header);
    };
  }

  private static String reason(Throwable e) {
    if (e instanceof OutOfMemoryError) {
      return "not enough memory";
    }
    String message = e.getMessage();
    boolean told = e instanceof IOException || e instanceof IllegalArgumentException;
    return told && message != null && !message.isBlank()
        ? message
        : "damaged ("
            + e.getClass().getSimpleName()
            + (message == null ? ")" : ": " + message + ")");
  }
}
