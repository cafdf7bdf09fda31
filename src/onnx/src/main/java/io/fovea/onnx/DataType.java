package io.fovea.onnx;

import java.util.Locale;

/**
 * The element type of a tensor, with the code and the number of bits that the ONNX format gives it.
 */
public enum DataType {
  UNDEFINED(0, 0),
  FLOAT(1, 32),
  UINT8(2, 8),
  INT8(3, 8),
  UINT16(4, 16),
  INT16(5, 16),
  INT32(6, 32),
  INT64(7, 64),
  STRING(8, 0),
  BOOL(9, 8),
  FLOAT16(10, 16),
  DOUBLE(11, 64),
  UINT32(12, 32),
  UINT64(13, 64),
  COMPLEX64(14, 64),
  COMPLEX128(15, 128),
  BFLOAT16(16, 16),
  FLOAT8E4M3FN(17, 8),
  FLOAT8E4M3FNUZ(18, 8),
  FLOAT8E5M2(19, 8),
  FLOAT8E5M2FNUZ(20, 8),
  UINT4(21, 4),
  INT4(22, 4),
  FLOAT4E2M1(23, 4),
  FLOAT8E8M0(24, 8),
  UINT2(25, 2),
  INT2(26, 2);

  private final int code;
  private final int bits;

  DataType(int code, int bits) {
    this.code = code;
    this.bits = bits;
  }

  /** The number that stands for this type in a file. */
  public int code() {
    return code;
  }

  /** Bits of one element; 0 where elements have no fixed size. */
  public int bits() {
    return bits;
  }

  /** Whether elements are real numbers that a gradient can reach. */
  public boolean isFloating() {
    return this == FLOAT || this == DOUBLE || this == FLOAT16 || this == BFLOAT16;
  }

  /**
   * The type of a code.
   *
   * @throws OnnxException for a code that the format does not define
   */
  public static DataType of(int code) {
    if (code < 0 || code >= values().length) {
      throw new OnnxException("element type " + code + " is not one of ONNX's (0 to 26)");
    }
    return values()[code]; // declared in the order of the codes
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
