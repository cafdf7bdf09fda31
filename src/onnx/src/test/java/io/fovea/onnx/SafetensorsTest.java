package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  private Path small() throws IOException {
    return SafetensorsFile.of(
        folder.resolve("small.safetensors"),
        List.of(
            Tensor.of("a.weight", new long[] {2, 3}, new float[] {1, 2, 3, 4, 5, 6}),
            Tensor.of("empty", new long[] {0, 4}, new float[0]),
            Tensor.of("steps", 7L)));
  }

  @Test
  void readsNamesShapesNumbersAndMetadata() throws IOException {
    Safetensors file = Safetensors.read(small());
    assertEquals(List.of("a.weight", "empty", "steps"), List.copyOf(file.tensors().keySet()));
    assertEquals(Map.of("format", "pt"), file.metadata());
    Tensor a = file.tensors().get("a.weight");
    assertArrayEquals(new long[] {2, 3}, a.dims());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, a.floats());
    assertEquals(0, file.tensors().get("empty").floats().length);
    assertArrayEquals(new long[] {7}, file.tensors().get("steps").longs());
  }

  @Test
  void writesWhatItReads() throws IOException {
    ByteBuffer half = ByteBuffer.wrap(new byte[] {0x00, 0x3c, 0x00, (byte) 0xc0});
    List<Tensor> all =
        List.of(
            Tensor.of("half \"quoted\"", DataType.FLOAT16, new long[] {2}, half),
            Tensor.of("weight", new long[] {2, 1}, new float[] {Float.NaN, -0f}),
            Tensor.of("empty", new long[] {0, 4}, new float[0]),
            Tensor.of("number", new long[0], new float[] {3}),
            Tensor.of("steps", Long.MIN_VALUE));
    Path file = folder.resolve("written.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      Safetensors.write(
          out, all.stream().map(Safetensors.Part::of).toList(), Map.of("state", "{\"a\": 1}"));
    }
    Safetensors read = Safetensors.read(file);
    assertEquals(Map.of("state", "{\"a\": 1}"), read.metadata());
    assertEquals(all.size(), read.tensors().size());
    for (Tensor t : all) {
      Tensor other = read.tensors().get(t.name());
      assertEquals(t.type(), other.type());
      assertArrayEquals(t.dims(), other.dims());
      assertEquals(t.bytes(), other.bytes(), t.name());
    }
  }

  @Test
  void readsThroughALinkAsCachesHaveThem() throws IOException {
    Path link = Files.createDirectory(folder.resolve("links")).resolve("net.safetensors");
    Files.createSymbolicLink(link, small());
    assertEquals(6, Safetensors.read(link).tensors().get("a.weight").floats()[5]);
  }

  @Test
  void readsHalfPrecisionAsFloat() throws IOException {
    byte[] data = {0x00, 0x3c, 0x00, (byte) 0xc0, (byte) 0x80, 0x3f, 0x20, (byte) 0xc0};
    Path file =
        SafetensorsFile.write(
            folder.resolve("half.safetensors"),
            "{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[4,8]}}",
            data);
    Map<String, Tensor> all = Safetensors.read(file).tensors();
    assertArrayEquals(new float[] {1, -2}, all.get("h").as(DataType.FLOAT).floats());
    assertArrayEquals(new float[] {1, -2.5f}, all.get("b").as(DataType.FLOAT).floats());
  }

  @Test
  void reachesTensorsBehindFourGibibytes() throws IOException {
    long gap = 5L << 30; // a hole on the disk
    String header =
        "{\"large\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},".formatted(gap, gap)
            + "\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}"
                .formatted(gap, gap + 4);
    Path file = folder.resolve("large.safetensors");
    byte[] start = SafetensorsFile.bytes(header, new byte[0]);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(start);
      out.seek(start.length + gap);
      out.write(new byte[] {0, 0, 0x28, 0x42});
    }
    Map<String, Tensor> all = Safetensors.read(file).tensors();
    assertEquals(42, all.get("last").floats()[0]);
    OnnxException e = assertThrows(OnnxException.class, () -> all.get("large").bytes());
    assertTrue(e.getMessage().contains("2 GiB"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | header: expected an object",
        "{\"a\":1} | tensor 'a': expected an object",
        "{\"a\":{}} | tensor 'a': expected dtype, shape and data_offsets",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}} | tensor 'a': element type F31 is none of [BF16",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | tensor 'a': float [3] wants 12 bytes, data_offsets give 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | tensor 'a': shape: expected a list",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}} | tensor 'a': shape: expected a list",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}} | tensor 'a': shape [4294967296, 4294967296] overflows",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor 'a': expected data from byte 0 on, met 4: a gap",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor 'b': expected data from byte 8 on, met 4: a part is another tensor's",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 bytes after the last tensor",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}} | tensor 'a': data ends at byte 12 of 8: cut short",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | Duplicate field 'a'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}} | tensor 'a': unknown key 'more'",
        "{\"__metadata__\":{\"k\":1}} | tensor '__metadata__': 'k' is no text",
        "{} {} | header: more than one value"
      })
  void saysWhatIsWrong(String header, String message) throws IOException {
    Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), header, new byte[8]);
    OnnxException e = assertThrows(OnnxException.class, () -> Safetensors.read(file));
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void saysWhatOtherFilesAre() throws IOException {
    Path zip = Files.write(folder.resolve("net.pth"), "PK\3\4 and so on, for some time".getBytes());
    OnnxException e = assertThrows(OnnxException.class, () -> Safetensors.read(zip));
    assertTrue(e.getMessage().contains("a zip archive, as PyTorch saves"), e.getMessage());
    Path page = Files.writeString(folder.resolve("page"), "<!doctype html><title>404</title>");
    OnnxException p = assertThrows(OnnxException.class, () -> Safetensors.read(page));
    assertTrue(p.getMessage().contains("not a safetensors file"), p.getMessage());
  }

  @Test
  void allocatesNothingForALengthThatLies() throws IOException {
    byte[] bytes = Files.readAllBytes(small());
    for (int i = 0; i < 8; i++) {
      byte[] lies = bytes.clone();
      lies[i] = (byte) 0xff;
      Path file = Files.write(folder.resolve("lies.safetensors"), lies);
      assertThrows(OnnxException.class, () -> Safetensors.read(file));
    }
  }

  @Test
  void answersTruncationsAndFlipsWithAnOnnxExceptionAlone() throws IOException {
    byte[] good = Files.readAllBytes(small());
    assertTimeout(
        Duration.ofSeconds(60),
        () -> {
          for (int cut = 0; cut < good.length; cut++) {
            assertTrue(isRefused(Arrays.copyOf(good, cut)), "cut at " + cut);
          }
          Random random = new Random(1);
          int refused = 0;
          for (int i = 0; i < 5000; i++) {
            byte[] bad = good.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
              bad[random.nextInt(good.length - 32)] ^= (byte) (1 << random.nextInt(8));
            }
            refused += isRefused(bad) ? 1 : 0;
          }
          assertTrue(refused > 3000, refused + " of 5000");
        });
  }

  /** Whether a file is refused; what else is thrown fails the test. */
  private boolean isRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("bad.safetensors"), bytes);
    try {
      Safetensors.read(file).tensors().values().forEach(Tensor::bytes);
      return false;
    } catch (OnnxException e) {
      return true;
    }
  }
}
