package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * What a model gives: numbers of any type, read as floats.
 *
 * @param shape as the file has it, but {@code [N, C, h, w]} if of four axes; -1 where it follows
 *     from the input
 * @param channelsLast whether an output of four axes is {@code [N, h, w, C]} in the file
 */
record OutputPort(String name, long[] shape, OnnxJavaType type, boolean channelsLast) {
  private static final Set<OnnxJavaType> TYPES =
      Set.of(
          OnnxJavaType.FLOAT,
          OnnxJavaType.DOUBLE,
          OnnxJavaType.FLOAT16,
          OnnxJavaType.BFLOAT16,
          OnnxJavaType.UINT8,
          OnnxJavaType.INT8,
          OnnxJavaType.INT32,
          OnnxJavaType.INT64);

  /**
   * The output of a node.
   *
   * @param channelsLast whether the model is one of channels last
   */
  static OutputPort of(String model, NodeInfo node, boolean channelsLast) {
    if (node.getInfo() instanceof TensorInfo t && TYPES.contains(t.type)) {
      long[] shape = t.getShape();
      boolean turned = channelsLast && shape.length == 4;
      return new OutputPort(node.getName(), turned ? planar(shape) : shape, t.type, turned);
    }
    throw new ScoringException(
        model,
        "output '%s': expected a tensor of numbers, met %s"
            .formatted(node.getName(), node.getInfo()));
  }

  private static long[] planar(long[] shape) {
    return new long[] {shape[0], shape[3], shape[1], shape[2]};
  }

  /**
   * Reads what a run gave.
   *
   * @param given the numbers, from position to limit
   * @param met their shape as the model gave it
   * @param room for the values, used where it is of their number
   */
  Output read(ByteBuffer given, long[] met, float[] room) {
    int size = given.remaining() / type.size;
    float[] values = room.length == size ? room : new float[size];
    if (channelsLast) {
      int plane = Math.toIntExact(met[1] * met[2]);
      int channels = Math.toIntExact(met[3]);
      for (int i = 0; i < size; i++) {
        int pixel = i / channels;
        int to = (pixel / plane * channels + i % channels) * plane + pixel % plane;
        values[to] = value(given, given.position() + i * type.size);
      }
      return new Output(values, planar(met));
    }
    if (type == OnnxJavaType.FLOAT) {
      given.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < size; i++) {
        values[i] = value(given, given.position() + i * type.size);
      }
    }
    return new Output(values, met);
  }

  private float value(ByteBuffer given, int at) {
    return switch (type) {
      case DOUBLE -> (float) given.getDouble(at);
      case FLOAT16 -> Fp16Conversions.fp16ToFloat(given.getShort(at));
      case BFLOAT16 -> Fp16Conversions.bf16ToFloat(given.getShort(at));
      case UINT8 -> given.get(at) & 0xff;
      case INT8 -> given.get(at);
      case INT32 -> given.getInt(at);
      case INT64 -> given.getLong(at);
      default -> given.getFloat(at);
    };
  }
}
