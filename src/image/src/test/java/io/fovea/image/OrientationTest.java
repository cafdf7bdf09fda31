package io.fovea.image;

import static io.fovea.image.TestData.assertSame;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrientationTest {
  @ParameterizedTest
  @CsvSource({
    "1, abcdef", "2, badcfe", "3, fedcba", "4, efcdab",
    "5, acebdf", "6, ecafdb", "7, fdbeca", "8, bdface",
    "0, abcdef", "9, abcdef"
  })
  void turnsAndMirrorsAsTheTagSays(int tag, String upright) {
    Picture stored = Picture.of(2, 3, 1, "abcdef".getBytes()); // ab, cd, ef
    assertArrayEquals(upright.getBytes(), Orientation.of(tag).apply(stored).pixels());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void jpegsStandUprightByTheirExif(int channels) throws IOException {
    Picture stored = noise(16, 24, channels, 30);
    byte[] jpeg = jpeg(stored);
    Picture plain = Picture.read(jpeg);
    for (int tag = 1; tag <= 8; tag++) {
      Picture upright = Picture.read(withExif(jpeg, tag));
      assertSame(Orientation.of(tag).apply(plain), upright, "orientation " + tag);
    }
  }

  @Test
  void damagedExifLeavesThePictureAsItIsStored() throws IOException {
    byte[] jpeg = jpeg(noise(16, 24, 3, 31));
    byte[] damaged = withExif(jpeg, 6);
    for (int i = 16; i < 28; i++) {
      damaged[i] = (byte) 0xee;
    }
    assertSame(Picture.read(jpeg), Picture.read(damaged), "damaged EXIF");
  }

  private static byte[] jpeg(Picture p) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(Rasters.image(p), "jpeg", out);
    return out.toByteArray();
  }

  /** The file with a segment that has the one tag, after its first two bytes. */
  private static byte[] withExif(byte[] jpeg, int orientation) {
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + 36);
    out.put(jpeg, 0, 2).putShort((short) 0xffe1).putShort((short) 34);
    out.put("Exif\0\0MM\0*".getBytes()).putInt(8).putShort((short) 1);
    out.putShort((short) 0x112).putShort((short) 3).putInt(1).putInt(orientation << 16).putInt(0);
    return out.put(jpeg, 2, jpeg.length - 2).array();
  }
}
