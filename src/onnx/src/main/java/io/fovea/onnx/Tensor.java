package io.fovea.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.fovea.onnx.proto.TensorProto;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A constant array, row-major. Its data may lie in a file beside the model; it is then read when
 * asked for.
 *
 * @param folder where external data lies; null for a tensor that was never in a file
 */
public record Tensor(TensorProto proto, @Nullable Path folder) {
  static Tensor of(TensorProto proto) {
    return new Tensor(proto, null);
  }

  /**
   * Reads a file that holds one tensor, as ONNX's test data has them.
   *
   * @throws OnnxException where it cannot be read or its data is not of the size that the dims say
   */
  public static Tensor read(Path file) {
    try {
      Tensor tensor =
          new Tensor(
              TensorProto.parseFrom(Files.readAllBytes(file)), file.toAbsolutePath().getParent());
      tensor.check();
      return tensor;
    } catch (IOException | OnnxException e) {
      throw OnnxException.in(file, e);
    }
  }

  /** A float tensor; the values are copied. */
  public static Tensor of(String name, long[] dims, float[] values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return of(name, DataType.FLOAT, dims, raw);
  }

  /** An int64 vector; the values are copied. */
  public static Tensor of(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    return of(name, DataType.INT64, new long[] {values.length}, raw);
  }

  /**
   * A tensor of any fixed-size type.
   *
   * @param raw little-endian bytes; the caller no longer changes them
   */
  public static Tensor of(String name, DataType type, long[] dims, ByteBuffer raw) {
    TensorProto.Builder b =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.code())
            .setRawData(UnsafeByteOperations.unsafeWrap(raw));
    Arrays.stream(dims).forEach(b::addDims);
    Tensor tensor = of(b.build());
    tensor.check();
    return tensor;
  }

  /**
   * A tensor whose data lies in a file of any format, little-endian; it is read, or mapped where it
   * is large, when asked for.
   *
   * @param offset where in the file the data begins, in bytes
   * @throws OnnxException where the file does not exist
   */
  public static Tensor in(Path file, long offset, String name, DataType type, long... dims) {
    try {
      Path real =
          file.toRealPath(); // links out of a folder are refused, and caches are full of them
      TensorProto.Builder shape = TensorProto.newBuilder().setName(name).setDataType(type.code());
      Arrays.stream(dims).forEach(shape::addDims);
      long length = of(shape.build()).byteSize();
      String location = String.valueOf(real.getFileName());
      TensorProto proto = ExternalData.refer(shape.build(), location, offset, length);
      Tensor tensor = new Tensor(proto, real.getParent());
      tensor.check();
      return tensor;
    } catch (IOException e) {
      throw OnnxException.in(file, e);
    }
  }

  /** A float tensor of a shape alone: its data can be neither read nor written. */
  public static Tensor outline(String name, long... dims) {
    TensorProto.Builder shape =
        TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT.code());
    Arrays.stream(dims).forEach(shape::addDims);
    return of(
        ExternalData.refer(shape.build(), ExternalData.NOWHERE, 0, of(shape.build()).byteSize()));
  }

  /** Whether there is a shape but no data. */
  public boolean isOutline() {
    return isExternal() && folder == null;
  }

  public String name() {
    return proto.getName();
  }

  public DataType type() {
    try {
      return DataType.of(proto.getDataType());
    } catch (OnnxException e) {
      throw problem(e.getMessage());
    }
  }

  public long[] dims() {
    return proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
  }

  /** Number of elements. */
  public long size() {
    try {
      return proto.getDimsList().stream().reduce(1L, Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw problem("dims " + proto.getDimsList() + " overflow");
    }
  }

  /** Whether the data lies in a file beside the model. */
  public boolean isExternal() {
    return proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
  }

  /**
   * The elements as little-endian bytes, read-only.
   *
   * @throws OnnxException where the data is not of the size that the dims say, or cannot be read
   */
  public ByteBuffer bytes() {
    check();
    if (byteSize() > Integer.MAX_VALUE) {
      throw problem(byteSize() + " bytes are more than the 2 GiB that can be read at once");
    }
    ByteString raw = proto.getRawData();
    ByteBuffer bytes =
        isExternal()
            ? ExternalData.read(this)
            : raw.isEmpty() ? pack() : raw.asReadOnlyByteBuffer();
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The elements of a float tensor. */
  public float[] floats() {
    expect(DataType.FLOAT);
    FloatBuffer data = bytes().asFloatBuffer();
    float[] values = new float[data.remaining()]; // what is there, not what the dims claim
    data.get(values);
    return values;
  }

  /** The elements of an int64 tensor. */
  public long[] longs() {
    expect(DataType.INT64);
    LongBuffer data = bytes().asLongBuffer();
    long[] values = new long[data.remaining()];
    data.get(values);
    return values;
  }

  /** The elements of a tensor of numbers of any type, a bool as 0 or 1; int64 is rounded. */
  public double[] doubles() {
    ByteBuffer data = bytes();
    double[] values = new double[data.remaining() / elementBytes()];
    for (int i = 0; i < values.length; i++) {
      values[i] = number(data);
    }
    return values;
  }

  /**
   * The same numbers as elements of another type.
   *
   * @param other float or double; what it cannot hold is rounded
   */
  public Tensor as(DataType other) {
    long wanted = size() * other.bits() / 8;
    if (wanted > Integer.MAX_VALUE - 8) {
      throw problem("%d bytes as %s are more than 2 GiB".formatted(wanted, other));
    }
    elementBytes();
    ByteBuffer data = bytes();
    ByteBuffer to = ByteBuffer.allocate((int) wanted).order(ByteOrder.LITTLE_ENDIAN);
    while (to.hasRemaining()) {
      switch (other) {
        case FLOAT -> to.putFloat((float) number(data));
        case DOUBLE -> to.putDouble(number(data));
        default -> throw problem("numbers become float or double, not " + other);
      }
    }
    return of(name(), other, dims(), to.flip());
  }

  private int elementBytes() {
    int bytes = type().bits() / 8;
    if (bytes == 0) {
      throw problem("elements of " + type() + " are not read as numbers");
    }
    return bytes;
  }

  private double number(ByteBuffer data) {
    DataType type = type();
    return switch (type) {
      case FLOAT -> data.getFloat();
      case DOUBLE -> data.getDouble();
      case FLOAT16 -> half(data.getShort());
      case BFLOAT16 -> Float.intBitsToFloat(data.getShort() << 16);
      case INT8 -> data.get();
      case UINT8, BOOL -> data.get() & 0xff;
      case INT16 -> data.getShort();
      case UINT16 -> data.getShort() & 0xffff;
      case INT32 -> data.getInt();
      case UINT32 -> data.getInt() & 0xffffffffL;
      case INT64 -> data.getLong();
      case UINT64 -> new BigInteger(Long.toUnsignedString(data.getLong())).doubleValue();
      default -> throw problem("elements of " + type + " are not read as numbers");
    };
  }

  /** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
  private static float half(short bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    float size =
        exponent == 0
            ? fraction * 0x1p-24f
            : exponent < 31
                ? (1024 + fraction) * (float) Math.scalb(1.0, exponent - 25)
                : fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    return bits < 0 ? -size : size;
  }

  /** The same tensor under another name. */
  public Tensor named(String name) {
    return new Tensor(proto.toBuilder().setName(name).build(), folder);
  }

  /** The same tensor with its data inside. */
  Tensor inlined() {
    if (!isExternal()) {
      return this;
    }
    return of(
        proto.toBuilder()
            .clearExternalData()
            .clearDataLocation()
            .setRawData(UnsafeByteOperations.unsafeWrap(bytes()))
            .build());
  }

  /** Bytes that the dims and the element type call for; 0 for strings. */
  long byteSize() {
    try {
      return Math.addExact(Math.multiplyExact(size(), type().bits()), 7) / 8;
    } catch (ArithmeticException e) {
      throw problem("dims " + proto.getDimsList() + " overflow");
    }
  }

  /** Checks dims against data, allocating nothing. */
  void check() {
    if (proto.getDimsList().stream().anyMatch(d -> d < 0)) {
      throw problem("dims " + proto.getDimsList() + " contain a negative size");
    }
    if (type() == DataType.UNDEFINED) {
      throw problem("no element type");
    }
    long wanted = byteSize();
    if (isExternal()) {
      ExternalData.of(this); // checks its keys
    } else if (proto.hasRawData() && !proto.getRawData().isEmpty()) {
      if (type() == DataType.STRING) {
        throw problem("strings cannot lie in raw_data");
      }
      if (proto.getRawData().size() != wanted) {
        throw problem(
            "dims %s of %s want %d bytes, raw_data has %d"
                .formatted(proto.getDimsList(), type(), wanted, proto.getRawData().size()));
      }
    } else if (fieldSize() != fieldCount(size())) {
      throw problem(
          "dims %s of %s want %d values, the data has %d"
              .formatted(proto.getDimsList(), type(), fieldCount(size()), fieldSize()));
    }
  }

  private long fieldCount(long elements) {
    return switch (type()) {
      case COMPLEX64, COMPLEX128 -> 2 * elements;
      case INT4, UINT4, FLOAT4E2M1 -> (elements + 1) / 2;
      case INT2, UINT2 -> (elements + 3) / 4;
      default -> elements;
    };
  }

  private long fieldSize() {
    return switch (type()) {
      case FLOAT, COMPLEX64 -> proto.getFloatDataCount();
      case DOUBLE, COMPLEX128 -> proto.getDoubleDataCount();
      case INT64 -> proto.getInt64DataCount();
      case UINT32, UINT64 -> proto.getUint64DataCount();
      case STRING -> proto.getStringDataCount();
      default -> proto.getInt32DataCount();
    };
  }

  /** Data of the typed fields as bytes. */
  private ByteBuffer pack() {
    if (type() == DataType.STRING) {
      throw problem("strings have no bytes");
    }
    ByteBuffer b = ByteBuffer.allocate((int) byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    switch (type()) {
      case FLOAT, COMPLEX64 -> proto.getFloatDataList().forEach(b::putFloat);
      case DOUBLE, COMPLEX128 -> proto.getDoubleDataList().forEach(b::putDouble);
      case INT64 -> proto.getInt64DataList().forEach(b::putLong);
      case UINT64 -> proto.getUint64DataList().forEach(b::putLong);
      case UINT32 -> proto.getUint64DataList().forEach(v -> b.putInt(v.intValue()));
      default -> {
        int bytes = Math.max(1, type().bits() / 8);
        for (int v : proto.getInt32DataList()) {
          switch (bytes) {
            case 1 -> b.put((byte) v);
            case 2 -> b.putShort((short) v);
            default -> b.putInt(v);
          }
        }
      }
    }
    return b.flip().asReadOnlyBuffer();
  }

  private void expect(DataType type) {
    if (type() != type) {
      throw problem("expected %s, met %s".formatted(type, type()));
    }
  }

  OnnxException problem(String what) {
    return new OnnxException("tensor '" + name() + "': " + what);
  }

  @Override
  public String toString() {
    return "%s: %s %s".formatted(name(), type(), proto.getDimsList());
  }
}
