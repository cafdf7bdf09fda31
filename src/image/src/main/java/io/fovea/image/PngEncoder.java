package io.fovea.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.spi.ImageWriterSpi;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** PNG by the JDK's encoder, in memory. */
final class PngEncoder {
  private static final String TREE = "javax_imageio_png_1.0";
  private static final ImageWriterSpi PROVIDER = ImageIo.jdk(ImageWriterSpi.class, "png");

  private PngEncoder() {}

  /**
   * The bytes of a file.
   *
   * @param texts by keyword; each is an {@code iTXt} chunk
   */
  static byte[] encode(BufferedImage image, Map<String, String> texts) {
    try {
      ImageWriter writer = PROVIDER.createWriterInstance();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
        writer.setOutput(out);
        writer.write(new IIOImage(image, null, metadata(writer, image, texts)));
      } finally {
        writer.dispose();
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail as disks do
    }
  }

  private static IIOMetadata metadata(
      ImageWriter writer, BufferedImage image, Map<String, String> texts) throws IOException {
    IIOMetadata all = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
    IIOMetadataNode chunks = new IIOMetadataNode("iTXt");
    texts.forEach((keyword, text) -> chunks.appendChild(entry(keyword, text)));
    if (chunks.hasChildNodes()) {
      IIOMetadataNode root = new IIOMetadataNode(TREE);
      root.appendChild(chunks);
      all.mergeTree(TREE, root);
    }
    return all;
  }

  private static IIOMetadataNode entry(String keyword, String text) {
    IIOMetadataNode entry = new IIOMetadataNode("iTXtEntry");
    entry.setAttribute("keyword", keyword);
    entry.setAttribute("compressionFlag", "FALSE");
    entry.setAttribute("compressionMethod", "0");
    entry.setAttribute("languageTag", "");
    entry.setAttribute("translatedKeyword", "");
    entry.setAttribute("text", text);
    return entry;
  }
}
