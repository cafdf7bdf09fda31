package io.fovea.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Files and parts of files, put together byte by byte. */
final class Bytes {
  private Bytes() {}

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Another file with some bytes put in. */
  static byte[] insert(byte[] file, int at, byte[] part) {
    ByteBuffer out = ByteBuffer.allocate(file.length + part.length);
    return out.put(file, 0, at).put(part).put(file, at, file.length - at).array();
  }

  static byte[] chunk(String type, byte[] content) {
    byte[] named = join(ascii(type), content);
    CRC32 sum = new CRC32();
    sum.update(named);
    ByteBuffer out = ByteBuffer.allocate(named.length + 8).putInt(content.length).put(named);
    return out.putInt((int) sum.getValue()).array();
  }

  /** A PNG with a chunk after its header. */
  static byte[] png(byte[] png, String type, byte[] content) {
    return insert(png, 33, chunk(type, content));
  }

  static byte[] deflate(byte[] content) {
    Deflater deflater = new Deflater();
    deflater.setInput(content);
    deflater.finish();
    byte[] out = new byte[content.length + 100];
    return Arrays.copyOf(out, deflater.deflate(out));
  }

  /** A TIFF of one strip of 8-bit samples, RGB with others behind it, not compressed. */
  static byte[] tiff(int width, int height, byte[] strip, Map<Integer, Object> more) {
    int samples = strip.length / width / height;
    Map<Integer, Object> tags = new TreeMap<>(more);
    tags.putIfAbsent(256, width);
    tags.putIfAbsent(257, height);
    tags.put(258, 8);
    tags.put(259, 1);
    tags.put(262, samples < 3 ? 1 : 2);
    tags.put(277, samples);
    tags.put(278, height);
    tags.put(279, strip.length);
    tags.put(273, 0);
    int end = 8 + 2 + 12 * tags.size() + 4;
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    ByteBuffer out = ByteBuffer.allocate(end).order(ByteOrder.LITTLE_ENDIAN);
    out.put(ascii("II*\0")).putInt(8).putShort((short) tags.size());
    tags.forEach(
        (tag, value) -> {
          out.putShort(tag.shortValue());
          if (tag == 258) {
            out.putShort((short) 3).putInt(samples).putInt(end + data.size());
            for (int i = 0; i < samples; i++) {
              data.writeBytes(new byte[] {8, 0});
            }
          } else if (value instanceof byte[] bytes) {
            out.putShort((short) 7).putInt(bytes.length).putInt(end + data.size());
            data.writeBytes(bytes);
          } else if (tag == 273) {
            out.putShort((short) 4).putInt(1).putInt(end + data.size());
            data.writeBytes(strip);
          } else {
            out.putShort((short) 3).putInt(1).putInt((Integer) value);
          }
        });
    return join(out.array(), data.toByteArray());
  }
}
