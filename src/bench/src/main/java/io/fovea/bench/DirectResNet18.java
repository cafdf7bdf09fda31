package io.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** ResNet-18 in libtorch's own modules. */
final class DirectResNet18 extends DirectNet {
  private final Conv2dImpl stem = conv(3, 64, 7, 2);
  private final BatchNorm2dImpl stemNorm = norm(64);
  private final List<Block> blocks = new ArrayList<>();
  private final LinearImpl head = own(new LinearImpl(512, CLASSES));

  DirectResNet18() {
    int channels = 64;
    for (int stage = 0; stage < 4; stage++) {
      int width = 64 << stage;
      for (int i = 0; i < 2; i++) {
        blocks.add(new Block(channels, width, stage > 0 && i == 0 ? 2 : 1));
        channels = width;
      }
    }
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

  @Override
  Tensor features(Tensor x) {
    Tensor y = torch.relu(stemNorm.forward(stem.forward(x)));
    y =
        torch.max_pool2d(
            y, new long[] {3, 3}, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, false);
    for (Block block : blocks) {
      y = block.forward(y);
    }
    return y;
  }

  @Override
  Tensor head(Tensor x) {
    return head.forward(x);
  }
}
