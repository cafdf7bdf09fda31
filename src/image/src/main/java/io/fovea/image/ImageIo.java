package io.fovea.image;

import com.twelvemonkeys.imageio.plugins.bmp.BMPImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.BigTIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.function.Supplier;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * The decoders of ImageIO, each named here and not left to what is first on the class path: the
 * JDK's for JPEG, PNG and GIF, TwelveMonkeys' for the rest and for the JPEGs that the JDK refuses.
 */
enum ImageIo {
  JPEG(jdk(ImageReaderSpi.class, "jpeg")),
  LENIENT_JPEG(registered(JPEGImageReaderSpi.class, JPEGImageReaderSpi::new)),
  PNG(jdk(ImageReaderSpi.class, "png")),
  GIF(jdk(ImageReaderSpi.class, "gif")),
  BMP(registered(BMPImageReaderSpi.class, BMPImageReaderSpi::new)),
  TIFF(registered(TIFFImageReaderSpi.class, TIFFImageReaderSpi::new)),
  BIG_TIFF(registered(BigTIFFImageReaderSpi.class, BigTIFFImageReaderSpi::new)),
  WEBP(registered(WebPImageReaderSpi.class, WebPImageReaderSpi::new));

  private final ImageReaderSpi provider;

  ImageIo(ImageReaderSpi provider) {
    this.provider = provider;
  }

  /** What is done with an open reader. */
  @FunctionalInterface
  interface Use<T> {
    T with(ImageReader reader) throws IOException;
  }

  /**
   * Opens a file that is in memory; nothing is cached on a disk.
   *
   * @param size of its first image, as it was found to be allowed; a decoder that sees another one
   *     is not let loose
   */
  <T> T open(byte[] file, Dimension size, Use<T> use) throws IOException {
    ImageReader reader = provider.createReaderInstance();
    try (ImageInputStream in = new ByteArrayImageInputStream(file)) {
      reader.setInput(in, false, true);
      if (reader.getWidth(0) != size.width || reader.getHeight(0) != size.height) {
        throw new IOException(
            "its headers say %dx%d and %dx%d"
                .formatted(size.width, size.height, reader.getWidth(0), reader.getHeight(0)));
      }
      return use.with(reader);
    } finally {
      reader.dispose();
    }
  }

  /** The first image of a file. */
  BufferedImage read(byte[] file, Dimension size) throws IOException {
    return open(file, size, reader -> reader.read(0));
  }

  /** The JDK's own provider of a format. */
  static <T> T jdk(Class<T> type, String format) {
    Iterator<T> all = IIORegistry.getDefaultInstance().getServiceProviders(type, false);
    while (all.hasNext()) {
      T spi = all.next();
      if (spi.getClass().getName().startsWith("com.sun.imageio.plugins." + format + ".")) {
        return spi;
      }
    }
    throw new IllegalStateException(
        "this JDK has no %s of %s".formatted(type.getSimpleName(), format));
  }

  /**
   * The registered provider; where ImageIO did not find it, as it looks through the class loader of
   * the thread that used it first, it is registered now: readers of TIFF look up that of JPEG.
   */
  private static <T extends ImageReaderSpi> T registered(Class<T> type, Supplier<T> make) {
    IIORegistry registry = IIORegistry.getDefaultInstance();
    T found = registry.getServiceProviderByClass(type);
    if (found != null) {
      return found;
    }
    T made = make.get();
    registry.registerServiceProvider(made);
    return made;
  }
}
