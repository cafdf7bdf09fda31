package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import io.fovea.image.Picture;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Set;

/**
 * What a model takes: numbers {@code [N, C, H, W]} or {@code [N, H, W, C]}, which a preprocessing
 * makes of pictures, or bytes {@code [N, H, W, 3]}, which can also be the RGB levels of pictures as
 * they are.
 *
 * @param file shape as the file has it; -1 where any size fits
 * @param type float, double, float16, bfloat16 or uint8
 * @param channelsLast whether it is {@code [N, H, W, C]}
 */
record InputPort(String model, String name, long[] file, OnnxJavaType type, boolean channelsLast) {
  private static final Set<OnnxJavaType> TYPES =
      Set.of(
          OnnxJavaType.FLOAT,
          OnnxJavaType.DOUBLE,
          OnnxJavaType.FLOAT16,
          OnnxJavaType.BFLOAT16,
          OnnxJavaType.UINT8);

  static InputPort of(String model, NodeInfo node) {
    if (node.getInfo() instanceof TensorInfo t) {
      long[] shape = t.getShape();
      if (TYPES.contains(t.type) && shape.length == 4) {
        return new InputPort(model, node.getName(), shape, t.type, isLast(shape, t.type));
      }
      throw new ScoringException(
          model,
          "input '%s': expected float, double, float16 or uint8 [N, C, H, W] or [N, H, W, C],"
                  .formatted(node.getName())
              + " met %s %s".formatted(t.type, ImageModel.text(shape)));
    }
    throw new ScoringException(
        model, "input '%s': expected a tensor, met %s".formatted(node.getName(), node.getInfo()));
  }

  /** Where both axes could be the channels, bytes have them last, as pictures do, numbers first. */
  private static boolean isLast(long[] shape, OnnxJavaType type) {
    boolean first = shape[1] == 1 || shape[1] == 3;
    boolean last = (shape[3] == 1 || shape[3] == 3) && shape[2] != shape[3];
    return first == last ? type == OnnxJavaType.UINT8 : last;
  }

  /** Whether pictures can be fed as they are. */
  boolean takesPictures() {
    return type == OnnxJavaType.UINT8 && channelsLast && (file[3] == 3 || file[3] < 0);
  }

  /** Whether a preprocessing can write into it. */
  boolean isPlanarFloats() {
    return type == OnnxJavaType.FLOAT && !channelsLast;
  }

  /** The shape {@code [N, C, H, W]}, wherever the channels are. */
  long[] planar() {
    return channelsLast ? new long[] {file[0], file[3], file[1], file[2]} : file.clone();
  }

  /**
   * The shape of a batch as the file wants it.
   *
   * @param planar {@code [N, C, H, W]}
   * @throws ScoringException where it does not fit
   */
  long[] shape(long... planar) {
    long[] met =
        channelsLast ? new long[] {planar[0], planar[2], planar[3], planar[1]} : planar.clone();
    check(met);
    return met;
  }

  /**
   * Checks a batch.
   *
   * @throws ScoringException where its shape does not fit
   */
  void check(long[] met) {
    boolean fits = met.length == file.length;
    for (int i = 0; fits && i < file.length; i++) {
      fits = file[i] < 0 || file[i] == met[i];
    }
    if (!fits) {
      throw new ScoringException(
          model,
          "input '%s': expected %s, met %s"
              .formatted(name, ImageModel.text(file), ImageModel.text(met)));
    }
  }

  /** Bytes that a batch of a shape takes. */
  int bytes(long[] shape) {
    double wanted = type.size;
    for (long side : shape) {
      wanted *= side;
    }
    if (wanted > Integer.MAX_VALUE) {
      throw new ScoringException(
          model, ImageModel.text(shape) + " is more than one buffer can hold");
    }
    return (int) wanted;
  }

  /** Writes a picture as it is, {@code [H, W, 3]}. */
  static void put(Picture picture, ByteBuffer out) {
    out.put(picture.toRgb().pixels());
  }

  /**
   * Writes numbers as the file wants them.
   *
   * @param planes {@code [C, H, W]}, from position to limit
   */
  void put(FloatBuffer planes, int channels, ByteBuffer out) {
    int plane = planes.remaining() / channels;
    int start = planes.position();
    if (!channelsLast) {
      for (int i = start; i < planes.limit(); i++) {
        put(planes.get(i), out);
      }
      return;
    }
    for (int i = start; i < start + plane; i++) {
      for (int c = 0; c < channels; c++) {
        put(planes.get(i + c * plane), out);
      }
    }
  }

  private void put(float value, ByteBuffer out) {
    switch (type) {
      case DOUBLE -> out.putDouble(value);
      case FLOAT16 -> out.putShort(Fp16Conversions.floatToFp16(value));
      case BFLOAT16 -> out.putShort(Fp16Conversions.floatToBf16(value));
      case UINT8 -> out.put((byte) Math.max(0, Math.min(255, Math.round(value))));
      default -> out.putFloat(value);
    }
  }
}
