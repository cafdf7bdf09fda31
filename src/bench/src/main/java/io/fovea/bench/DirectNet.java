package io.fovea.bench;

import java.util.function.Supplier;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A net and its training loop, written directly against libtorch's own modules and optimizer, with
 * its data in memory.
 */
abstract class DirectNet {
  static final int CLASSES = 10;

  private final TensorVector parameters = new TensorVector();

  /** [N, 3, H, W] -> [N, C, H/stride, W/stride]. */
  abstract Tensor features(Tensor x);

  /** By which factor the features are smaller than the picture. */
  int stride() {
    return 32;
  }

  /** [N, C] -> [N, 10]. */
  abstract Tensor head(Tensor x);

  private Tensor forward(Tensor x) {
    Tensor y = features(x);
    if (y.size(2) != (x.size(2) + stride() - 1) / stride()) { // or it would flatter the other
      throw new IllegalStateException(
          "expected a stride of %d in all, met a height of %d".formatted(stride(), y.size(2)));
    }
    return head(torch.mean(y, 2, 3));
  }

  final Conv2dImpl conv(int in, int out, int kernel, int stride) {
    return conv(in, out, kernel, stride, kernel / 2, 1, false);
  }

  final Conv2dImpl conv(
      int in, int out, int kernel, int stride, int pad, int groups, boolean bias) {
    Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(kernel, kernel));
    options.stride().put(new LongPointer(stride, stride)); // put(a, b) would be index and value
    options.padding().put(new LongPointer(pad, pad));
    options.groups().put(groups);
    options.bias().put(bias);
    return own(new Conv2dImpl(options));
  }

  final BatchNorm2dImpl norm(int channels) {
    return own(new BatchNorm2dImpl(new BatchNormOptions(channels)));
  }

  final <M extends Module> M own(M module) {
    TensorVector own = module.parameters();
    for (long i = 0; i < own.size(); i++) {
      parameters.push_back(own.get(i));
    }
    return module;
  }

  final Tensor own(Tensor parameter) {
    parameters.push_back(parameter.set_requires_grad(true));
    return parameter;
  }

  private long size() {
    long size = 0;
    for (long i = 0; i < parameters.size(); i++) {
      size += parameters.get(i).numel();
    }
    return size;
  }

  /**
   * Trains a net on noise.
   *
   * @param wanted number of parameters that it has to have
   * @param warm steps before the clock starts
   * @return steps a second
   */
  static double train(
      Supplier<DirectNet> builder, long wanted, int batch, int size, int warm, int steps) {
    try (PointerScope all = new PointerScope()) {
      DirectNet net = builder.get();
      if (net.size() != wanted) {
        throw new IllegalStateException(
            "expected %,d parameters, met %,d".formatted(wanted, net.size()));
      }
      SGDOptions options = new SGDOptions(0.01);
      options.momentum().put(0.9);
      options.weight_decay().put(5e-4);
      SGD sgd = new SGD(net.parameters, options);
      Tensor x = torch.rand(batch, 3, size, size);
      Tensor y =
          torch
              .arange(new Scalar(batch))
              .remainder(new Scalar(CLASSES))
              .toType(torch.ScalarType.Long);
      long start = 0;
      for (int step = 0; step < warm + steps; step++) {
        if (step == warm) {
          start = System.nanoTime();
        }
        try (PointerScope scope = new PointerScope()) {
          sgd.zero_grad();
          Tensor loss = torch.cross_entropy_loss(net.forward(x), y);
          loss.backward();
          sgd.step();
          loss.item_float();
        }
      }
      return steps / ((System.nanoTime() - start) / 1e9);
    }
  }
}
