package io.fovea.image.opencv;

import io.fovea.image.Picture;
import io.fovea.image.PictureDecoder;
import java.lang.ref.SoftReference;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  /**
   * Pixels on their way to Java. OpenCV uses them again for a picture of the same size: fresh
   * memory for a large one takes a fifth of the time.
   */
  private static final Queue<SoftReference<Mat>> POOL = new ConcurrentLinkedQueue<>();

  private static final long LARGEST_KEPT = 64 << 20;

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
            png.essence(), png.isGrey() ? GREY | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION : RGB);
  }

  private static @Nullable Picture decode(byte[] file, int flags) {
    Mat pixels = borrow();
    try (PointerScope scope = new PointerScope()) {
      Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, new BytePointer(file));
      boolean empty = opencv_imgcodecs.imdecode(encoded, flags, pixels).empty();
      int channels = pixels.channels();
      if (empty || !pixels.isContinuous() || pixels.depth() != opencv_core.CV_8U) {
        return null;
      }
      byte[] samples = new byte[Math.toIntExact(pixels.total() * channels)];
      pixels.data().get(samples);
      return Picture.of(pixels.cols(), pixels.rows(), channels, samples);
    } catch (RuntimeException e) {
      return null; // OpenCV's own; the default decoder says what is wrong
    } finally {
      giveBack(pixels);
    }
  }

  /** Room for pixels, kept even where whoever calls has a scope of its own. */
  private static Mat borrow() {
    SoftReference<Mat> pooled = POOL.poll();
    Mat found = pooled == null ? null : pooled.get();
    return found == null ? new Mat().retainReference() : found;
  }

  private static void giveBack(Mat pixels) {
    if (pixels.total() * pixels.channels() > LARGEST_KEPT) {
      pixels.release();
    }
    POOL.add(new SoftReference<>(pixels));
  }
}
