package io.fovea.image.opencv;

import io.fovea.image.Picture;
import io.fovea.image.PictureDecoder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.jspecify.annotations.Nullable;

/**
 * JPEG, PNG and WebP by OpenCV. Files that are damaged, or of which its libraries make other pixels
 * than the default decoders, are left to those; apart from WebP, where its pixels are right and
 * theirs are not.
 */
public final class OpenCvDecoder implements PictureDecoder {
  private static final int GREY = opencv_imgcodecs.IMREAD_GRAYSCALE;
  private static final int RGB =
      opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;

  static {
    // JavaCPP limits memory to four heaps; read when the first Pointer class loads.
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    opencv_core.setNumThreads(1); // whoever reads many pictures has threads of their own
  }

  @Override
  public String name() {
    return "OpenCV " + opencv_core.CV_VERSION();
  }

  @Override
  public boolean reads(Format format) {
    return true;
  }

  @Override
  public @Nullable Picture decode(byte[] file, Format format, int reduction) {
    return switch (format) {
      case JPEG -> jpeg(file, reduction);
      case PNG -> reduction == 1 ? png(file) : null;
      case WEBP -> reduction == 1 && WebpFile.isWhole(file) ? decode(file, RGB) : null;
    };
  }

  private static @Nullable Picture jpeg(byte[] file, int reduction) {
    JpegFile jpeg = JpegFile.of(file);
    if (jpeg == null) {
      return null;
    }
    int reduced =
        switch (reduction) {
          case 1 -> 0;
          case 2 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
          case 4 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_4;
          case 8 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_8;
          default -> throw new IllegalArgumentException("a reduction of " + reduction);
        };
    int colors = jpeg.components() == 1 ? GREY | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION : RGB;
    return decode(file, colors | reduced);
  }

  private static @Nullable Picture png(byte[] file) {
    PngFile png = PngFile.of(file);
    return png == null
        ? null
        : decode(
            png.essence(),
            png.isGrey() ? GREY | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION : RGB);
  }

  private static @Nullable Picture decode(byte[] file, int flags) {
    try (PointerScope scope = new PointerScope()) {
      BytePointer bytes = new BytePointer(file);
      Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, bytes);
      Mat decoded = opencv_imgcodecs.imdecode(encoded, flags);
      int channels = decoded.channels();
      if (decoded.empty() || !decoded.isContinuous() || decoded.depth() != opencv_core.CV_8U) {
        return null;
      }
      byte[] pixels = new byte[Math.toIntExact(decoded.total() * channels)];
      decoded.data().get(pixels);
      return Picture.of(decoded.cols(), decoded.rows(), channels, pixels);
    } catch (RuntimeException | OutOfMemoryError e) {
      return null; // what OpenCV throws: the default decoder says what is wrong
    }
  }
}
