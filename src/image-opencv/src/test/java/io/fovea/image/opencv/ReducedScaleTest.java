package io.fovea.image.opencv;

import static io.fovea.image.Resampling.BILINEAR;
import static io.fovea.image.Resampling.BOX;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Alpha;
import io.fovea.image.Picture;
import io.fovea.image.PictureDecoder.Format;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Decode;
import io.fovea.image.Step.Profile;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** JPEGs that are decoded at a half, a quarter and an eighth of their size. */
class ReducedScaleTest {
  private static final OpenCvDecoder DECODER = new OpenCvDecoder();
  private static final Step REDUCED = new Decode(Profile.IGNORED, Alpha.DROPPED, true);

  private static byte[] jpeg(int width, int height, int type) throws IOException {
    BufferedImage image = new BufferedImage(width, height, type);
    Graphics2D g = image.createGraphics();
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      java.awt.Color one = new java.awt.Color(random.nextInt(1 << 24));
      java.awt.Color other = new java.awt.Color(random.nextInt(1 << 24));
      int x = random.nextInt(width);
      int y = random.nextInt(height);
      g.setPaint(new GradientPaint(x, y, one, x + 90, y + 70, other));
      g.fillOval(x - 60, y - 40, 40 + random.nextInt(width / 3), 30 + random.nextInt(height / 3));
    }
    g.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, "jpeg", out));
    return out.toByteArray();
  }

  private static Picture decode(byte[] file, int reduction) {
    Picture p = DECODER.decode(file, Format.JPEG, reduction);
    assertNotNull(p);
    return p;
  }

  @Test
  void sidesAreRoundedUp() throws IOException {
    byte[] colour = jpeg(803, 601, BufferedImage.TYPE_3BYTE_BGR);
    assertEquals("803x601 RGB", decode(colour, 1).toString());
    assertEquals("402x301 RGB", decode(colour, 2).toString());
    assertEquals("201x151 RGB", decode(colour, 4).toString());
    assertEquals("101x76 RGB", decode(colour, 8).toString());
    byte[] grey = jpeg(803, 601, BufferedImage.TYPE_BYTE_GRAY);
    assertEquals("101x76 grey", decode(grey, 8).toString());
  }

  @Test
  void pixelsAreNearlyTheMeansOfThoseThatAreLeftOut() throws IOException {
    byte[] file = jpeg(800, 600, BufferedImage.TYPE_3BYTE_BGR);
    Picture whole = decode(file, 1);
    for (int by = 2; by <= 8; by *= 2) {
      byte[] means = whole.resize(800 / by, 600 / by, BOX).pixels();
      byte[] reduced = decode(file, by).pixels();
      assertEquals(means.length, reduced.length);
      long sum = 0;
      for (int i = 0; i < means.length; i++) {
        sum += Math.abs((means[i] & 0xff) - (reduced[i] & 0xff));
      }
      double mean = (double) sum / means.length;
      assertTrue(mean < 1.5, "mean difference at 1/" + by + ": " + mean);
    }
  }

  @Test
  void theReaderReducesAsFarAsTheStepsAllow() throws IOException {
    byte[] file = jpeg(803, 601, BufferedImage.TYPE_3BYTE_BGR);
    CenterCrop crop = new CenterCrop(64, 64);
    assertSize("803x601", file, new ResizeShorter(76, BILINEAR), crop);
    assertSize("101x76", file, REDUCED, new ResizeShorter(75, BILINEAR), crop);
    assertSize("201x151", file, REDUCED, new ResizeShorter(77, BILINEAR), crop);
    assertSize("402x301", file, REDUCED, new Resize(10, 202, BILINEAR));
    assertSize("803x601", file, REDUCED, new Resize(302, 10, BILINEAR));
    assertSize("803x601", file, REDUCED, crop);
  }

  private static void assertSize(String size, byte[] file, Step... steps) {
    assertEquals(size + " RGB", Preprocessing.of(steps).reader().read(file, "file").toString());
  }

  @Test
  void picturesThatLieOnTheirSideAreMeasuredUpright() throws IOException {
    byte[] lying = turned(jpeg(803, 601, BufferedImage.TYPE_3BYTE_BGR));
    assertSize("601x803", lying);
    assertSize("151x201", lying, REDUCED, new Resize(201, 10, BILINEAR));
    assertSize("301x402", lying, REDUCED, new Resize(10, 201, BILINEAR));
  }

  /** With an EXIF orientation of 6: to be turned to the right. */
  private static byte[] turned(byte[] jpeg) {
    ByteBuffer exif = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
    exif.put(new byte[] {-1, (byte) 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0});
    exif.putInt(8).putShort((short) 1);
    exif.putShort((short) 0x112).putShort((short) 3).putInt(1).putInt(6).putInt(0);
    return ByteBuffer.allocate(jpeg.length + exif.capacity())
        .put(jpeg, 0, 2)
        .put(exif.array())
        .put(jpeg, 2, jpeg.length - 2)
        .array();
  }

  @Test
  void withoutTheDecoderEverythingIsDecoded() throws IOException {
    byte[] file = jpeg(160, 120, BufferedImage.TYPE_3BYTE_BGR);
    Preprocessing small = Preprocessing.of(REDUCED, new Resize(8, 8, BILINEAR));
    Picture p = small.reader().withoutPlugIns().read(file, "file");
    assertArrayEquals(decode(file, 1).pixels(), p.pixels());
  }
}
