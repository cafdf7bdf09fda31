package io.fovea.cli;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file of scalars: a <a
 * href="https://www.tensorflow.org/tutorials/load_data/tfrecord">TFRecord</a> file whose records
 * are {@code Event} messages. Each record is written by one call, so that a process that is killed
 * leaves whole records. Not thread-safe.
 */
final class EventFile implements AutoCloseable {
  private static final int MASK = 0xa282ead8; // of checksums, as the format has it

  /** Field numbers of TensorFlow's event.proto and summary.proto. */
  private static final class Fields {
    private static final int EVENT_WALL_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_FILE_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SIMPLE_VALUE = 2;
  }

  /** Writes the fields of a message. */
  private interface Message {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private static final int OVERHEAD = 16; // of a record: its length, a checksum before and after

  private final String name;
  private final FileChannel channel;

  private EventFile(String name, FileChannel channel) {
    this.name = name;
    this.channel = channel;
  }

  /** A new file in a folder, of a name that TensorBoard looks for. */
  static EventFile in(Path folder) throws IOException {
    String name =
        "events.out.tfevents.%010d.fovea.%s"
            .formatted(System.currentTimeMillis() / 1000, UUID.randomUUID());
    EventFile file =
        new EventFile(
            name,
            FileChannel.open(
                folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    file.event(0, out -> out.writeString(Fields.EVENT_FILE_VERSION, "brain.Event:2"));
    return file;
  }

  /** Its name in the folder. */
  String name() {
    return name;
  }

  /** Cuts a file before the first event of a later step, or of which but a part is there. */
  static void cut(Path file, long step) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(channel.size()));
      all.order(ByteOrder.LITTLE_ENDIAN);
      while (all.hasRemaining() && channel.read(all) >= 0) {}
      all.flip();
      int at = 0;
      while (all.limit() - at > OVERHEAD) {
        long length = all.getLong(at);
        if (length < 0
            || length > all.limit() - at - OVERHEAD
            || step(all.array(), at + 12, (int) length) > step) {
          break;
        }
        at += (int) length + OVERHEAD;
      }
      channel.truncate(at);
    }
  }

  private static long step(byte[] bytes, int from, int count) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes, from, count);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == Fields.EVENT_STEP) {
        return in.readInt64();
      }
      in.skipField(tag);
    }
    return 0;
  }

  /** Writes numbers of a step by their tags; those that are none are left out. */
  void scalars(long step, Map<String, Double> values) throws IOException {
    byte[] summary =
        bytes(
            out -> {
              for (Map.Entry<String, Double> e : values.entrySet()) {
                if (Double.isFinite(e.getValue())) {
                  out.writeByteArray(Fields.SUMMARY_VALUE, value(e.getKey(), e.getValue()));
                }
              }
            });
    event(step, out -> out.writeByteArray(Fields.EVENT_SUMMARY, summary));
  }

  private static byte[] value(String tag, double number) throws IOException {
    return bytes(
        out -> {
          out.writeString(Fields.VALUE_TAG, tag);
          out.writeFloat(Fields.VALUE_SIMPLE_VALUE, (float) number);
        });
  }

  private void event(long step, Message what) throws IOException {
    byte[] event =
        bytes(
            out -> {
              out.writeDouble(Fields.EVENT_WALL_TIME, System.currentTimeMillis() / 1e3);
              out.writeInt64(Fields.EVENT_STEP, step);
              what.writeTo(out);
            });
    ByteBuffer record = ByteBuffer.allocate(event.length + OVERHEAD).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(event.length);
    record.putInt(checksum(record.array(), 0, 8));
    record.put(event);
    record.putInt(checksum(event, 0, event.length));
    record.flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  private static int checksum(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  private static byte[] bytes(Message message) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    message.writeTo(out);
    out.flush();
    return bytes.toByteArray();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
