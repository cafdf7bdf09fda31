package io.fovea.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.fovea.image.Picture;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * What a model takes: floats {@code [N, C, H, W]}, which a preprocessing makes of pictures, or
 * bytes {@code [N, H, W, 3]}, the RGB levels of pictures as they are.
 */
record InputPort(String model, String name, long[] shape, boolean bytes) {
  static InputPort of(String model, NodeInfo node) {
    if (node.getInfo() instanceof TensorInfo t) {
      long[] shape = t.getShape();
      boolean floats = t.type == OnnxJavaType.FLOAT && shape.length == 4;
      boolean bytes = t.type == OnnxJavaType.UINT8 && shape.length == 4;
      if (floats || (bytes && (shape[3] == 3 || shape[3] < 0))) {
        return new InputPort(model, node.getName(), shape, bytes);
      }
      throw new ScoringException(
          model,
          "input '%s': expected float [N, C, H, W] or uint8 [N, H, W, 3], met %s %s"
              .formatted(node.getName(), t.type, ImageModel.text(shape)));
    }
    throw new ScoringException(
        model, "input '%s': expected a tensor, met %s".formatted(node.getName(), node.getInfo()));
  }

  /**
   * Checks a batch.
   *
   * @throws ScoringException where its shape does not fit
   */
  void check(long[] met) {
    boolean fits = met.length == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] < 0 || shape[i] == met[i];
    }
    if (!fits) {
      throw new ScoringException(
          model,
          "input '%s': expected %s, met %s"
              .formatted(name, ImageModel.text(shape), ImageModel.text(met)));
    }
  }

  /**
   * A batch {@code [N, H, W, 3]} of pictures as they are.
   *
   * @throws ScoringException where they are not of one size
   */
  OnnxTensor tensor(List<Picture> pictures) throws OrtException {
    Picture first = pictures.get(0);
    long[] batch = {pictures.size(), first.height(), first.width(), 3};
    check(batch);
    int size = Math.toIntExact(Arrays.stream(batch).reduce(1, Math::multiplyExact));
    ByteBuffer levels = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    for (Picture picture : pictures) {
      if (picture.height() != first.height() || picture.width() != first.width()) {
        throw new ScoringException(model, "one batch holds " + first + " and " + picture);
      }
      levels.put(picture.toRgb().pixels());
    }
    return OnnxTensor.createTensor(
        OnnxRuntime.environment(), levels.flip(), batch, OnnxJavaType.UINT8);
  }
}
