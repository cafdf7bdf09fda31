package io.fovea.bench;

import io.fovea.image.Picture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** A JPEG as cameras make them: a photograph of the larger data, repeated; else a drawn one. */
final class Photo {
  private static final Path PHOTOS =
      Path.of(System.getProperty("fovea.shared", "../shared"), "data/imagenet_samples/images");

  private Photo() {}

  /** Of quality 90, with chroma at half its size. */
  static byte[] jpeg(int width, int height) throws IOException {
    Picture tile = tile();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (y % tile.height() * tile.width() + x % tile.width());
        byte[] p = tile.pixels();
        image.setRGB(x, y, (p[at] & 255) << 16 | (p[at + 1] & 255) << 8 | (p[at + 2] & 255));
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam quality = writer.getDefaultWriteParam();
      quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      quality.setCompressionQuality(0.9f);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), quality);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static Picture tile() throws IOException {
    if (!Files.isDirectory(PHOTOS)) {
      return drawn();
    }
    try (Stream<Path> all = Files.list(PHOTOS)) {
      return all.sorted()
          .map(Picture::read)
          .filter(p -> p.channels() == 3 && p.width() >= 500 && p.height() >= 375)
          .findFirst()
          .orElseThrow();
    }
  }

  /** Soft colours with the grain of a sensor. */
  private static Picture drawn() {
    int w = 500;
    int h = 375;
    byte[] pixels = new byte[3 * w * h];
    Random random = new Random(1);
    for (int i = 0; i < pixels.length; i++) {
      double x = i / 3 % w / (double) w;
      double y = i / 3 / w / (double) h;
      double soft = 128 + 70 * Math.sin(9 * x + i % 3) + 50 * Math.cos(13 * y * (1 + x));
      pixels[i] = (byte) Math.max(0, Math.min(255, soft + 6 * random.nextGaussian()));
    }
    return Picture.of(w, h, 3, pixels);
  }
}
