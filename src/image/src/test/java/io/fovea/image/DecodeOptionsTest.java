package io.fovea.image;

import static io.fovea.image.Bytes.ascii;
import static io.fovea.image.Bytes.deflate;
import static io.fovea.image.Bytes.insert;
import static io.fovea.image.Bytes.join;
import static io.fovea.image.Bytes.png;
import static io.fovea.image.Bytes.tiff;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Step.Decode;
import io.fovea.image.Step.Profile;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Profiles converted to sRGB, and transparent pictures laid over a colour. */
class DecodeOptionsTest {
  private static final Fill FILL = new Fill(200, 100, 0);
  private static final byte[] LINEAR = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
  private static final byte[] LINEAR_GREY = ICC_Profile.getInstance(ColorSpace.CS_GRAY).getData();

  private static PictureReader over(Fill fill) {
    return PictureReader.standard().with(new Decode(Profile.IGNORED, new Alpha(fill), false));
  }

  private static final PictureReader SRGB =
      PictureReader.standard().with(new Decode(Profile.SRGB, Alpha.DROPPED, false));

  private static byte[] write(BufferedImage image, String format) throws IOException {
    return PictureFormatsTest.write(image, format, false);
  }

  /** What alpha leaves of a level over another, rounded. */
  private static int over(int level, int under, int alpha) {
    return (int) Math.round((level * alpha + under * (255 - alpha)) / 255.0);
  }

  private static void assertSamples(byte[] file, int... levels) {
    assertSamples(over(FILL).read(file, "picture"), levels);
  }

  private static void assertSamples(Picture p, int... levels) {
    byte[] expected = new byte[levels.length];
    for (int i = 0; i < levels.length; i++) {
      expected[i] = (byte) levels[i];
    }
    assertArrayEquals(expected, p.pixels());
  }

  private static void assertBlended(byte[] file) {
    assertSamples(file, 200, 100, 0, over(40, 200, 7), over(50, 100, 7), over(60, 0, 7));
  }

  @Test
  void alphaIsLaidOverTheColour() throws IOException {
    BufferedImage rgba = new BufferedImage(2, 1, BufferedImage.TYPE_4BYTE_ABGR);
    rgba.getRaster().setPixels(0, 0, 2, 1, new int[] {10, 20, 30, 0, 40, 50, 60, 7});
    assertBlended(write(rgba, "png"));
    byte[] strip = {10, 20, 30, 0, 40, 50, 60, 7};
    assertBlended(tiff(2, 1, strip, Map.of(338, 2)));
  }

  @Test
  void associatedAlphaIsTakenOutFirst() {
    byte[] strip = {0, 0, 0, 0, 50, 20, 10, 100};
    byte[] file = tiff(2, 1, strip, Map.of(338, 1));
    assertSamples(Picture.read(file), 0, 0, 0, 127, 51, 25);
    int[] blended = {over(127, 200, 100), over(51, 100, 100), over(25, 0, 100)};
    assertSamples(file, 200, 100, 0, blended[0], blended[1], blended[2]);
  }

  @Test
  void greyWithAlphaStaysGreyOverGreyAlone() throws IOException {
    ColorSpace grey = ColorSpace.getInstance(ColorSpace.CS_GRAY);
    var model =
        new ComponentColorModel(grey, true, false, Transparency.TRANSLUCENT, DataBuffer.TYPE_BYTE);
    var image = new BufferedImage(model, model.createCompatibleWritableRaster(2, 1), false, null);
    image.getRaster().setPixels(0, 0, 2, 1, new int[] {128, 0, 9, 200});
    byte[] file = write(image, "png");
    assertSamples(over(Fill.level(77)).read(file, "picture"), 77, over(9, 77, 200));
    int[] second = {over(9, 200, 200), over(9, 100, 200), over(9, 0, 200)};
    assertSamples(file, 200, 100, 0, second[0], second[1], second[2]);
  }

  @Test
  void theTransparentColourOfPngIsSeenThrough() throws IOException {
    for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
      BufferedImage grey = new BufferedImage(2, 1, type);
      grey.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {0x37, 0x38});
      byte[] file = png(write(grey, "png"), "tRNS", new byte[] {0, 0x37});
      int opaque = type == BufferedImage.TYPE_BYTE_GRAY ? 0x38 : 0;
      assertSamples(over(Fill.level(9)).read(file, "picture"), 9, opaque);
    }
    BufferedImage bits = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
    bits.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {1, 0});
    byte[] file = png(write(bits, "png"), "tRNS", new byte[] {0, 1});
    assertSamples(over(Fill.level(9)).read(file, "picture"), 9, 0);

    BufferedImage rgb = new BufferedImage(2, 1, BufferedImage.TYPE_3BYTE_BGR);
    rgb.getRaster().setPixels(0, 0, 2, 1, new int[] {1, 2, 3, 1, 2, 4});
    byte[] key = {0, 1, 0, 2, 0, 3};
    assertSamples(png(write(rgb, "png"), "tRNS", key), 200, 100, 0, 1, 2, 4);
    assertSamples(Picture.read(png(write(rgb, "png"), "tRNS", key)), 1, 2, 3, 1, 2, 4);
  }

  @Test
  void palettesHaveAlphaToo() throws IOException {
    byte[] colors = {10, 20, 30, 0, 40, 50, 60, -1, 70, 80, 90, 7, 0, 0, 0, -1};
    var palette = new IndexColorModel(2, 4, colors, 0, true);
    BufferedImage indexed = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    indexed.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {0, 1, 2});
    int[] last = {over(70, 200, 7), over(80, 100, 7), over(90, 0, 7)};
    assertSamples(write(indexed, "png"), 200, 100, 0, 40, 50, 60, last[0], last[1], last[2]);
  }

  @Test
  void gifIsSeenThroughInAndAroundItsFrame() throws IOException {
    byte[] colors = {1, 2, 3, 40, 50, 60, 7, 8, 9, 0, 0, 0};
    var palette = new IndexColorModel(2, 4, colors, 0, false, 2);
    BufferedImage frame = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    frame.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {1, 2});
    byte[] gif = write(frame, "gif");
    gif[6] = 3; // a canvas of 3x1
    assertSamples(gif, 40, 50, 60, 200, 100, 0, 200, 100, 0);
  }

  @Test
  void theMaskOfAnIconIsItsAlpha() {
    Path file = TestData.committed("pictures").resolve("icon.ico");
    Picture dropped = Picture.read(file);
    Picture blended = over(FILL).read(file);
    int through = 0;
    for (int i = 0; i < dropped.pixels().length; i += 3) {
      through += blended.pixels()[i] == (byte) 200 && dropped.pixels()[i] != (byte) 200 ? 1 : 0;
    }
    assertTrue(through > 0, "nothing shines through");
    assertEquals(dropped.toString(), blended.toString());
  }

  @Test
  void opaquePicturesStayAsTheyAre() throws IOException {
    Picture p = noise(9, 7, 3, 1);
    for (String format : new String[] {"png", "bmp", "tiff"}) {
      byte[] file = write(Rasters.image(p), format);
      TestData.assertSame(p, over(FILL).with(decode()).read(file, "picture"), format);
    }
  }

  private static Decode decode() {
    return new Decode(Profile.SRGB, new Alpha(FILL), false);
  }

  private static byte[] iccp(byte[] profile) {
    return join(ascii("some\0\0"), deflate(profile));
  }

  /** The level of sRGB for a linear one. */
  private static int srgb(int level) {
    double v = level / 255.0;
    return (int)
        Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * Math.pow(v, 1 / 2.4) - 0.055));
  }

  private static void assertConverted(Picture stored, Picture converted) {
    for (int i = 0; i < stored.pixels().length; i++) {
      int want = srgb(stored.pixels()[i] & 0xff);
      assertEquals(want, converted.pixels()[i] & 0xff, 2, i + " of " + stored);
    }
    assertEquals(stored.toString(), converted.toString());
  }

  @Test
  void profilesOfEveryFormatAreConverted() throws IOException {
    Picture p = noise(16, 16, 3, 2);
    byte[] png = png(write(Rasters.image(p), "png"), "iCCP", iccp(LINEAR));
    assertConverted(p, SRGB.read(png, "png"));
    TestData.assertSame(p, Picture.read(png), "ignored by default");
    assertConverted(p, SRGB.read(tiff(16, 16, p.pixels(), Map.of(34675, LINEAR)), "tiff"));

    byte[] jpeg = write(Rasters.image(p), "jpeg");
    int length = LINEAR.length + 16;
    byte[] marker = {(byte) 0xff, (byte) 0xe2, (byte) (length >> 8), (byte) length};
    byte[] segment = join(marker, ascii("ICC_PROFILE\0\1\1"), LINEAR);
    assertConverted(Picture.read(jpeg), SRGB.read(insert(jpeg, 2, segment), "jpeg"));

    Picture grey = noise(16, 16, 1, 3);
    byte[] greyPng = png(write(Rasters.image(grey), "png"), "iCCP", iccp(LINEAR_GREY));
    assertConverted(grey, SRGB.read(greyPng, "grey"));
  }

  @Test
  void profilesOfWebpAreConverted() {
    Path file = TestData.shared("data/odd_images/valid/webp").resolve("photo-iccp-adobergb.webp");
    byte[] stored = Picture.read(file).pixels();
    byte[] converted = SRGB.read(file).pixels();
    int moved = 0;
    for (int i = 0; i < stored.length; i++) {
      moved += Math.abs((stored[i] & 0xff) - (converted[i] & 0xff)) > 3 ? 1 : 0;
    }
    assertTrue(moved > stored.length / 20, moved + " of " + stored.length);
  }

  @Test
  void damagedAndUnfitProfilesAreIgnored() throws IOException {
    Picture p = noise(8, 8, 3, 4);
    byte[] png = write(Rasters.image(p), "png");
    byte[] damaged = LINEAR.clone();
    Arrays.fill(damaged, 128, damaged.length, (byte) 0xff);
    byte[][] profiles = {damaged, Arrays.copyOf(LINEAR, 100), new byte[0], LINEAR_GREY};
    for (byte[] profile : profiles) {
      byte[] file = png(png, "iCCP", iccp(profile));
      TestData.assertSame(p, SRGB.read(file, "picture"), profile.length + " bytes");
    }
    byte[] notPacked = png(png, "iCCP", ascii("some\0\0not packed"));
    TestData.assertSame(p, SRGB.read(notPacked, "picture"), "not packed");
  }

  @Test
  void preprocessingReadsAsItSays() throws IOException {
    assertSame(PictureReader.standard(), Preprocessing.named("imagenet").reader());
    Picture p = noise(16, 16, 3, 5);
    byte[] file = png(write(Rasters.image(p), "png"), "iCCP", iccp(LINEAR));
    PictureReader reader = Preprocessing.of(decode()).reader();
    TestData.assertSame(SRGB.read(file, "picture"), reader.read(file, "picture"), "by the step");
  }
}
