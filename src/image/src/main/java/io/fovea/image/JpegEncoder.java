package io.fovea.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.spi.ImageWriterSpi;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** JPEG by the JDK's encoder, in memory, with a chroma sample for every pixel (4:4:4). */
final class JpegEncoder {
  private static final String TREE = "javax_imageio_jpeg_image_1.0";
  private static final ImageWriterSpi PROVIDER = ImageIo.jdk(ImageWriterSpi.class, "jpeg");

  private JpegEncoder() {}

  /**
   * The bytes of a file.
   *
   * @param quality in [0, 1]
   * @throws IOException where the format has no such picture: a side is over 65,535
   */
  static byte[] encode(BufferedImage image, double quality) throws IOException {
    ImageWriter writer = PROVIDER.createWriterInstance();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality((float) quality);
      IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), param);
      keepChroma(metadata);
      writer.write(null, new IIOImage(image, null, metadata), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** By default luma has twice the samples of chroma along both axes. */
  private static void keepChroma(IIOMetadata metadata) throws IOException {
    IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(TREE);
    NodeList components = root.getElementsByTagName("componentSpec");
    for (int i = 0; i < components.getLength(); i++) {
      Element component = (Element) components.item(i);
      component.setAttribute("HsamplingFactor", "1");
      component.setAttribute("VsamplingFactor", "1");
    }
    metadata.setFromTree(TREE, root);
  }
}
