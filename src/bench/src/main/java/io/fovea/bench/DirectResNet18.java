package io.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * ResNet-18 and its training loop, written directly against libtorch's own modules and optimizer.
 */
final class DirectResNet18 {
  private final TensorVector parameters = new TensorVector();
  private final Conv2dImpl stem = conv(3, 64, 7, 2);
  private final BatchNorm2dImpl stemNorm = norm(64);
  private final List<Block> blocks = new ArrayList<>();
  private final LinearImpl head = new LinearImpl(512, 10);

  private DirectResNet18() {
    int channels = 64;
    for (int stage = 0; stage < 4; stage++) {
      int width = 64 << stage;
      for (int i = 0; i < 2; i++) {
        blocks.add(new Block(channels, width, stage > 0 && i == 0 ? 2 : 1));
        channels = width;
      }
    }
    own(head);
  }

  private final class Block {
    private final Conv2dImpl conv1;
    private final BatchNorm2dImpl norm1;
    private final Conv2dImpl conv2;
    private final BatchNorm2dImpl norm2;
    private final @Nullable Conv2dImpl down;
    private final @Nullable BatchNorm2dImpl downNorm;

    Block(int channels, int width, int stride) {
      conv1 = conv(channels, width, 3, stride);
      norm1 = norm(width);
      conv2 = conv(width, width, 3, 1);
      norm2 = norm(width);
      boolean project = stride > 1 || channels != width;
      down = project ? conv(channels, width, 1, stride) : null;
      downNorm = project ? norm(width) : null;
    }

    Tensor forward(Tensor x) {
      Tensor y = torch.relu(norm1.forward(conv1.forward(x)));
      y = norm2.forward(conv2.forward(y));
      Tensor shortcut = down == null || downNorm == null ? x : downNorm.forward(down.forward(x));
      return torch.relu(y.add(shortcut));
    }
  }

  private Conv2dImpl conv(int in, int out, int kernel, int stride) {
    Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(kernel, kernel));
    options.stride().put(new LongPointer(stride, stride)); // put(a, b) would be index and value
    options.padding().put(new LongPointer(kernel / 2, kernel / 2));
    options.bias().put(false);
    return own(new Conv2dImpl(options));
  }

  private BatchNorm2dImpl norm(int channels) {
    return own(new BatchNorm2dImpl(new BatchNormOptions(channels)));
  }

  private <M extends Module> M own(M module) {
    TensorVector own = module.parameters();
    for (long i = 0; i < own.size(); i++) {
      parameters.push_back(own.get(i));
    }
    return module;
  }

  private Tensor forward(Tensor x) {
    Tensor y = torch.relu(stemNorm.forward(stem.forward(x)));
    y =
        torch.max_pool2d(
            y, new long[] {3, 3}, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, false);
    for (Block block : blocks) {
      y = block.forward(y);
    }
    if (y.size(2) != (x.size(2) + 31) / 32) { // a net that strides less would flatter the other
      throw new IllegalStateException(
          "expected a stride of 32 in all, met a height of " + y.size(2));
    }
    return head.forward(torch.flatten(torch.mean(y, new long[] {2, 3}, true, null), 1, -1));
  }

  static double stepsPerSecond(int batch, int size, int warm, int steps) {
    try (PointerScope all = new PointerScope()) {
      DirectResNet18 net = new DirectResNet18();
      SGDOptions options = new SGDOptions(0.01);
      options.momentum().put(0.9);
      options.weight_decay().put(5e-4);
      SGD sgd = new SGD(net.parameters, options);
      Tensor x = torch.rand(batch, 3, size, size);
      Tensor y =
          torch.arange(new Scalar(batch)).remainder(new Scalar(10)).toType(torch.ScalarType.Long);
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
