package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureReaderTest {
  private static final PictureReader READER = PictureReader.standard();

  private static List<Path> samples() {
    return TestData.files(TestData.committed("pictures"));
  }

  @Test
  void messagesNameTheFileAndTheReason(@TempDir Path folder) throws IOException {
    Path none = folder.resolve("none.png");
    assertProblem(none, "no such file");
    Path empty = Files.write(folder.resolve("empty.png"), new byte[0]);
    assertProblem(empty, "it is empty");
    Path text = Files.writeString(folder.resolve("text.jpg"), "not a picture at all");
    assertProblem(text, "not a picture of a format that is read here");
  }

  private static void assertProblem(Path file, String reason) {
    var e = assertThrows(PictureException.class, () -> READER.read(file));
    assertEquals(file + ": " + reason, e.getMessage());
    assertEquals(file.toString(), e.source());
  }

  @Test
  void largePicturesAreRefusedByTheirHeaders() {
    PictureReader small = READER.withMaxPixels(100);
    for (Path file : samples()) {
      var e = assertThrows(PictureException.class, () -> small.read(file), file.toString());
      assertTrue(e.getMessage().endsWith(" is over the limit of 100 pixels"), e.getMessage());
    }
    byte[] huge = "P5 60000 60000 255\n".getBytes(StandardCharsets.US_ASCII);
    var e = assertThrows(PictureException.class, () -> READER.read(huge, "huge.pgm"));
    assertEquals("huge.pgm: 60000x60000 is over the limit of 178,956,970 pixels", e.getMessage());
  }

  @Test
  void largeFilesAreRefused() {
    Path file = samples().get(0);
    var e = assertThrows(PictureException.class, () -> READER.withMaxBytes(100).read(file));
    assertEquals(file + ": over the limit of 100 bytes", e.getMessage());
    assertEquals(READER.read(file).width(), READER.withMaxBytes(Long.MAX_VALUE).read(file).width());
    assertThrows(PictureException.class, () -> READER.withMaxBytes(0));
    assertThrows(PictureException.class, () -> READER.withMaxPixels(-1));
  }

  @Test
  void cutFilesGiveAPictureOrAPictureException() throws IOException {
    for (Path file : samples()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int length = 0; length < bytes.length; length += 1 + bytes.length / 60) {
        readOrRefuse(Arrays.copyOf(bytes, length), file + " cut to " + length);
      }
    }
  }

  @Test
  void damagedFilesGiveAPictureOrAPictureException() throws IOException {
    Random random = new Random(40);
    for (Path file : samples()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < 60; i++) {
        byte[] damaged = bytes.clone();
        for (int k = 0; k <= i % 4; k++) {
          int reach = i % 2 == 0 ? bytes.length : Math.min(bytes.length, 120);
          damaged[random.nextInt(reach)] = (byte) random.nextInt(256);
        }
        readOrRefuse(damaged, file + " damaged " + i);
      }
    }
  }

  @Test
  void bombsAreRefusedByTheirHeaders() throws IOException {
    for (byte[] bomb : bombs()) {
      var e = assertThrows(PictureException.class, () -> READER.read(bomb, "bomb"));
      String claim = "bomb: its header claims 12000x12000, ";
      String end =
          " bytes of samples, which a file of %,d bytes cannot hold".formatted(bomb.length);
      assertTrue(e.getMessage().startsWith(claim), e.getMessage());
      assertTrue(e.getMessage().endsWith(end), e.getMessage());
    }
  }

  /** Files of every format that claim 12000x12000 pixels. */
  private static List<byte[]> bombs() throws IOException {
    byte[] png = Files.readAllBytes(sample("bits.png"));
    ByteBuffer.wrap(png).putInt(16, 12_000).putInt(20, 12_000);
    byte[] gif = Files.readAllBytes(sample("palette.gif"));
    little(gif).putShort(6, (short) 12_000).putShort(8, (short) 12_000);
    byte[] bmp = Files.readAllBytes(sample("palette.bmp"));
    little(bmp).putInt(18, 12_000).putInt(22, 12_000);
    byte[] jpeg = Files.readAllBytes(sample("colour.jpg"));
    int frame = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0") + 5;
    ByteBuffer.wrap(jpeg).putShort(frame, (short) 12_000).putShort(frame + 2, (short) 12_000);
    byte[] webp = Files.readAllBytes(sample("lossless.webp"));
    little(webp).putInt(21, 11_999 | 11_999 << 14);
    byte[] icon = new byte[6 + 16 + 40];
    little(icon).putShort(2, (short) 1).putShort(4, (short) 1).putInt(14, 40).putInt(18, 22);
    little(icon).putInt(22, 40).putInt(26, 12_000).putInt(30, 24_000);
    byte[] tiff = Bytes.tiff(1, 1, new byte[3], Map.of(256, 12_000, 257, 12_000));
    byte[] pnm = "P5 12000 12000 255\n".getBytes(StandardCharsets.US_ASCII);
    byte[] pfm = "Pf 12000 12000 -1\n".getBytes(StandardCharsets.US_ASCII);
    return List.of(png, gif, bmp, jpeg, webp, icon, tiff, pnm, pfm);
  }

  private static Path sample(String name) {
    return TestData.committed("pictures").resolve(name);
  }

  private static ByteBuffer little(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void headersKnowTheStoredSize() throws IOException {
    for (Path file : samples()) {
      Header header = Header.of(Files.readAllBytes(file));
      Picture p = READER.read(file);
      boolean turned = header.orientation().transposed();
      assertEquals(turned ? p.height() : p.width(), header.width(), file.toString());
      assertEquals(turned ? p.width() : p.height(), header.height(), file.toString());
    }
  }

  @Test
  void progressiveJpegsOfManyScansAreRefused() throws IOException {
    byte[] jpeg = Files.readAllBytes(sample("progressive.jpg"));
    byte[] scan = {(byte) 0xff, (byte) 0xda, 0, 8, 1, 1, 0, 0, 0, 0};
    byte[][] scans = IntStream.range(0, 100).mapToObj(i -> scan).toArray(byte[][]::new);
    byte[] bomb = Bytes.insert(jpeg, jpeg.length - 2, Bytes.join(scans));
    var e = assertThrows(PictureException.class, () -> READER.read(bomb, "bomb.jpg"));
    assertEquals("bomb.jpg: it has more than 100 scans", e.getMessage());
  }

  /** Any other throwable ends the test. */
  private static boolean readOrRefuse(byte[] bytes, String name) {
    try {
      READER.withMaxPixels(30_000_000).read(bytes, name);
      return true;
    } catch (PictureException e) {
      assertTrue(e.getMessage().startsWith(name + ": "), e.getMessage());
      return false;
    }
  }

  @Test
  void manyThreadsReadAtOnce() {
    List<Path> files = samples();
    List<Picture> alone = files.stream().map(READER::read).toList();
    IntStream.range(0, 8 * files.size())
        .parallel()
        .forEach(
            i -> {
              int k = i % files.size();
              TestData.assertSame(alone.get(k), READER.read(files.get(k)), files.get(k).toString());
            });
  }
}
