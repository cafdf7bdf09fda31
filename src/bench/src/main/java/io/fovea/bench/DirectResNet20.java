package io.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** ResNet-20 for pictures of 32x32, whose shortcuts have no parameters, in libtorch's modules. */
final class DirectResNet20 extends DirectNet {
  private final Conv2dImpl stem = conv(3, 16, 3, 1);
  private final BatchNorm2dImpl stemNorm = norm(16);
  private final List<Block> blocks = new ArrayList<>();
  private final LinearImpl head = own(new LinearImpl(64, CLASSES));

  DirectResNet20() {
    int channels = 16;
    for (int stage = 0; stage < 3; stage++) {
      int width = 16 << stage;
      for (int i = 0; i < 3; i++) {
        blocks.add(new Block(channels, width));
        channels = width;
      }
    }
  }

  private final class Block {
    private final int more; // channels; where there are, pixels become fewer
    private final Conv2dImpl conv1;
    private final BatchNorm2dImpl norm1;
    private final Conv2dImpl conv2;
    private final BatchNorm2dImpl norm2;

    Block(int channels, int width) {
      more = width - channels;
      conv1 = conv(channels, width, 3, more > 0 ? 2 : 1);
      norm1 = norm(width);
      conv2 = conv(width, width, 3, 1);
      norm2 = norm(width);
    }

    Tensor forward(Tensor x) {
      Tensor y = torch.relu(norm1.forward(conv1.forward(x)));
      y = norm2.forward(conv2.forward(y));
      Tensor shortcut =
          more > 0
              ? torch.constant_pad_nd(second(second(x, 2), 3), 0, 0, 0, 0, more / 2, more / 2)
              : x;
      return torch.relu(y.add(shortcut));
    }
  }

  /** Every second place along an axis. */
  private static Tensor second(Tensor x, int axis) {
    return x.slice(axis, new LongOptional(0), new LongOptional(x.size(axis)), 2);
  }

  @Override
  int stride() {
    return 4;
  }

  @Override
  Tensor features(Tensor x) {
    Tensor y = torch.relu(stemNorm.forward(stem.forward(x)));
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
