package io.fovea.bench;

import io.fovea.image.Picture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** JPEGs as cameras make them: photographs of the larger data, repeated; else a drawn one. */
final class Photo {
  private static final Path PHOTOS =
      Path.of(System.getProperty("fovea.shared", "../shared"), "data/imagenet_samples/images");

  private Photo() {}

  /** Of quality 90, with chroma at half its size. */
  static byte[] jpeg(int width, int height) throws IOException {
    return jpeg(tiles(1).get(0), width, height);
  }

  static byte[] jpeg(Picture tile, int width, int height) throws IOException {
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

  /** At least one photograph, and no more than are asked for. */
  static List<Picture> tiles(int most) throws IOException {
    if (!Files.isDirectory(PHOTOS)) {
      return List.of(drawn());
    }
    try (Stream<Path> all = Files.list(PHOTOS)) {
      List<Picture> found =
          all.sorted()
              .map(Picture::read)
              .filter(p -> p.channels() == 3 && p.width() >= 500 && p.height() >= 375)
              .limit(most)
              .toList();
      return found.isEmpty() ? List.of(drawn()) : found;
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
