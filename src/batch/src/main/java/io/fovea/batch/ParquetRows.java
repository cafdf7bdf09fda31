package io.fovea.batch;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;

/**
 * An Apache Parquet file of rows: {@code file}, the answer's columns, {@code error}; all but the
 * first may be null. Arrays are lists of floats; pages are compressed by gzip, which every reader
 * knows. Not thread-safe.
 */
final class ParquetRows implements Closeable {
  private static final long ROW_GROUP_BYTES = 16 << 20; // are held until they are written

  private final ParquetWriter<@Nullable Object[]> writer;

  ParquetRows(OutputStream out, List<Column> columns, Map<String, String> facts)
      throws IOException {
    this.writer =
        new Builder(out, schema(columns), facts)
            .withConf(new PlainParquetConfiguration()) // the default is Hadoop's
            .withCodecFactory(new Gzip())
            .withCompressionCodec(CompressionCodecName.GZIP)
            .withRowGroupSize(ROW_GROUP_BYTES)
            .build();
  }

  /** A row's cells, with the picture first and the error last. */
  void write(@Nullable Object[] cells) throws IOException {
    writer.write(cells);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  private static MessageType schema(List<Column> columns) {
    Set<String> names = new HashSet<>();
    List<Type> fields = new ArrayList<>();
    fields.add(
        Types.required(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named(unique("file", names)));
    for (Column column : columns) {
      fields.add(field(column.type(), unique(column.name(), names)));
    }
    fields.add(field(Column.Type.TEXT, unique("error", names)));
    return new MessageType("scores", fields);
  }

  private static String unique(String name, Set<String> names) {
    String tried = name;
    for (int n = 2; !names.add(tried); n++) {
      tried = name + " " + n;
    }
    return tried;
  }

  private static Type field(Column.Type type, String name) {
    return switch (type) {
      case TEXT ->
          Types.optional(PrimitiveTypeName.BINARY)
              .as(LogicalTypeAnnotation.stringType())
              .named(name);
      case INTEGER -> Types.optional(PrimitiveTypeName.INT64).named(name);
      case FLOAT -> Types.optional(PrimitiveTypeName.FLOAT).named(name);
      case DOUBLE -> Types.optional(PrimitiveTypeName.DOUBLE).named(name);
      case FLOATS -> Types.optionalList().requiredElement(PrimitiveTypeName.FLOAT).named(name);
    };
  }

  private static final class Builder
      extends ParquetWriter.Builder<@Nullable Object[], ParquetRows.Builder> {
    private final MessageType schema;
    private final Map<String, String> facts;

    Builder(OutputStream out, MessageType schema, Map<String, String> facts) {
      super(new Stream(out));
      this.schema = schema;
      this.facts = facts;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<@Nullable Object[]> getWriteSupport(Configuration hadoop) {
      return new Support(schema, facts);
    }

    @Override
    protected WriteSupport<@Nullable Object[]> getWriteSupport(ParquetConfiguration plain) {
      return new Support(schema, facts);
    }
  }

  private static final class Support extends WriteSupport<@Nullable Object[]> {
    private final MessageType schema;
    private final Map<String, String> facts;
    private @Nullable RecordConsumer to;

    Support(MessageType schema, Map<String, String> facts) {
      this.schema = schema;
      this.facts = facts;
    }

    @Override
    public WriteContext init(Configuration hadoop) {
      return new WriteContext(schema, facts);
    }

    @Override
    public WriteContext init(ParquetConfiguration plain) {
      return new WriteContext(schema, facts);
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
      to = consumer;
    }

    @Override
    public void write(@Nullable Object[] cells) {
      RecordConsumer row = to;
      if (row == null) {
        throw new IllegalStateException("rows before the file is begun");
      }
      row.startMessage();
      for (int i = 0; i < cells.length; i++) {
        Object cell = cells[i];
        if (cell != null) {
          row.startField(schema.getFieldName(i), i);
          value(row, cell);
          row.endField(schema.getFieldName(i), i);
        }
      }
      row.endMessage();
    }

    private static void value(RecordConsumer row, Object cell) {
      if (cell instanceof Float number) {
        row.addFloat(number);
      } else if (cell instanceof Double number) {
        row.addDouble(number);
      } else if (cell instanceof Long number) {
        row.addLong(number);
      } else if (cell instanceof float[] numbers) {
        list(row, numbers);
      } else {
        row.addBinary(Binary.fromString(cell.toString()));
      }
    }

    /** A list of three levels, as the format wants it. */
    private static void list(RecordConsumer row, float[] numbers) {
      row.startGroup();
      if (numbers.length > 0) {
        row.startField("list", 0);
        for (float number : numbers) {
          row.startGroup();
          row.startField("element", 0);
          row.addFloat(number);
          row.endField("element", 0);
          row.endGroup();
        }
        row.endField("list", 0);
      }
      row.endGroup();
    }
  }

  /** A stream as a file of Parquet's, which leaves it open. */
  private record Stream(OutputStream out) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new PositionOutputStream() {
        private long position;

        @Override
        public long getPos() {
          return position;
        }

        @Override
        public void write(int b) throws IOException {
          out.write(b);
          position++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
          out.write(bytes, from, length);
          position += length;
        }

        @Override
        public void flush() throws IOException {
          out.flush();
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }

  /** The JDK's gzip: Parquet's own codecs are Hadoop's. */
  private static final class Gzip implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput bytes) throws IOException {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            bytes.writeAllTo(gzip);
          }
          return BytesInput.from(out.toByteArray());
        }

        @Override
        public CompressionCodecName getCodecName() {
          return codec;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException("files are written here, not read");
    }

    @Override
    public void release() {}
  }
}
