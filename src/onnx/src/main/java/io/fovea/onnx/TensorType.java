package io.fovea.onnx;

import io.fovea.onnx.proto.TensorShapeProto;
import io.fovea.onnx.proto.TypeProto;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** An element type and a shape; the shape is null where not even the rank is known. */
public record TensorType(DataType elements, @Nullable List<Dim> shape) {
  public TensorType {
    shape = shape == null ? null : List.copyOf(shape);
  }

  public static TensorType of(DataType elements, long... shape) {
    return new TensorType(elements, LongStream.of(shape).mapToObj(Dim::of).toList());
  }

  /** The same elements in another shape. */
  TensorType withShape(@Nullable List<Dim> other) {
    return new TensorType(elements, other);
  }

  static TensorType of(TypeProto type) {
    if (!type.hasTensorType()) {
      return new TensorType(DataType.UNDEFINED, null);
    }
    TypeProto.Tensor tensor = type.getTensorType();
    List<Dim> shape =
        tensor.hasShape()
            ? tensor.getShape().getDimList().stream().map(TensorType::dim).toList()
            : null;
    return new TensorType(DataType.of(tensor.getElemType()), shape);
  }

  private static Dim dim(TensorShapeProto.Dimension dim) {
    return switch (dim.getValueCase()) {
      // some writers put -1 for a size that varies
      case DIM_VALUE -> dim.getDimValue() < 0 ? Dim.UNKNOWN : Dim.of(dim.getDimValue());
      case DIM_PARAM -> dim.getDimParam().isEmpty() ? Dim.UNKNOWN : Dim.of(dim.getDimParam());
      case VALUE_NOT_SET -> Dim.UNKNOWN;
    };
  }

  TypeProto toProto() {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(elements.code());
    if (shape != null) {
      TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
      for (Dim dim : shape) {
        TensorShapeProto.Dimension.Builder d = dims.addDimBuilder();
        if (dim.isKnown()) {
          d.setDimValue(dim.size());
        } else if (!dim.isUnknown()) {
          d.setDimParam(dim.toString());
        }
      }
      tensor.setShape(dims);
    }
    return TypeProto.newBuilder().setTensorType(tensor).build();
  }

  @Override
  public String toString() {
    if (shape == null) {
      return elements + " of unknown shape";
    }
    return elements
        + " "
        + shape.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
