package io.fovea.onnx;

import static io.fovea.onnx.Protos.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.fovea.onnx.proto.TensorProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Constants: their data is what their dims and type say, or they are refused. */
class TensorTest {
  @ParameterizedTest
  @CsvSource({
    "'-1', contain a negative size",
    "'-2,-2', contain a negative size",
    "'4', 'dims [4] of float want 4 values, the data has 1'",
    "'0', 'want 0 values, the data has 1'",
    "'1000000000', want 1000000000 values",
    "'4611686018427387904', overflow",
    "'4294967296,4294967296', overflow",
    "'3037000500,3037000500', overflow"
  })
  void refusesDimsThatDisagreeWithTheData(String dims, String message) {
    long[] numbers = Arrays.stream(dims.split(",")).mapToLong(Long::parseLong).toArray();
    TensorProto tensor = Protos.tensor("w", DataType.FLOAT, numbers).addFloatData(1).build();
    assertTimeout(Duration.ofSeconds(5), () -> refusal(with(tensor), message));
    OnnxException e = assertThrows(OnnxException.class, () -> Tensor.of(tensor).floats());
    assertTrue(e.getMessage().startsWith("tensor 'w': "), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"FLOAT, 7", "INT64, 12", "BOOL, 1", "INT4, 2", "COMPLEX128, 8", "STRING, 1"})
  void refusesRawDataOfAnotherSize(DataType type, int bytes) {
    var tensor = Protos.tensor("w", type, 2).setRawData(ByteString.copyFrom(new byte[bytes]));
    refusal(with(tensor.build()), "raw_data");
  }

  @Test
  void readsEveryElementTypeFromItsOwnField() {
    for (DataType type : DataType.values()) {
      if (type == DataType.UNDEFINED) {
        continue;
      }
      TensorProto.Builder t = Protos.tensor("w", type, 2);
      switch (type) {
        case FLOAT -> t.addAllFloatData(List.of(1f, 2f));
        case COMPLEX64 -> t.addAllFloatData(List.of(1f, 0f, 2f, 0f));
        case DOUBLE -> t.addAllDoubleData(List.of(1., 2.));
        case COMPLEX128 -> t.addAllDoubleData(List.of(1., 0., 2., 0.));
        case INT64 -> t.addAllInt64Data(List.of(1L, 2L));
        case UINT32, UINT64 -> t.addAllUint64Data(List.of(1L, 2L));
        case INT4, UINT4, FLOAT4E2M1, INT2, UINT2 -> t.addInt32Data(0x21);
        case STRING -> t.addStringData(ByteString.EMPTY).addStringData(ByteString.EMPTY);
        default -> t.addAllInt32Data(List.of(1, 2));
      }
      Tensor tensor = Tensor.of(t.build());
      tensor.check();
      if (type != DataType.STRING) {
        assertEquals((type.bits() * 2 + 7) / 8, tensor.bytes().remaining(), type.toString());
      }
    }
  }

  @Test
  void refusesElementTypesThatDoNotExist() {
    refusal(
        with(Protos.tensor("w", DataType.FLOAT, 1).setDataType(99).build()),
        "tensor 'w': element type 99 is not one of ONNX's");
    refusal(with(Protos.tensor("w", DataType.UNDEFINED, 0).build()), "no element type");
  }

  private static byte[] with(TensorProto tensor) {
    return Protos.model(Protos.graph(Protos.node("Relu", "x", "y")).addInitializer(tensor))
        .build()
        .toByteArray();
  }
}
