package io.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** MobileNetV2 in libtorch's own modules. */
final class DirectMobileNetV2 extends DirectNet {
  /** Expansion, filters, blocks, stride of the first block. */
  private static final int[][] STAGES = {
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1}
  };

  private final Layer stem = new Layer(3, 32, 3, 2, 1);
  private final List<Block> blocks = new ArrayList<>();
  private final Layer last = new Layer(320, 1280, 1, 1, 1);
  private final LinearImpl head = own(new LinearImpl(1280, CLASSES));

  DirectMobileNetV2() {
    int channels = 32;
    for (int[] stage : STAGES) {
      for (int i = 0; i < stage[2]; i++) {
        blocks.add(new Block(channels, stage[1], stage[0], i == 0 ? stage[3] : 1));
        channels = stage[1];
      }
    }
  }

  private final class Layer {
    private final Conv2dImpl conv;
    private final BatchNorm2dImpl norm;

    Layer(int in, int out, int kernel, int stride, int groups) {
      conv = conv(in, out, kernel, stride, kernel / 2, groups, false);
      norm = norm(out);
    }

    Tensor linear(Tensor x) {
      return norm.forward(conv.forward(x));
    }

    Tensor forward(Tensor x) {
      return torch.relu6(linear(x));
    }
  }

  private final class Block {
    private final List<Layer> wide = new ArrayList<>();
    private final Layer narrow;
    private final boolean shortcut;

    Block(int in, int out, int expansion, int stride) {
      int inside = in * expansion;
      if (expansion > 1) {
        wide.add(new Layer(in, inside, 1, 1, 1));
      }
      wide.add(new Layer(inside, inside, 3, stride, inside));
      narrow = new Layer(inside, out, 1, 1, 1);
      shortcut = stride == 1 && in == out;
    }

    Tensor forward(Tensor x) {
      Tensor y = x;
      for (Layer layer : wide) {
        y = layer.forward(y);
      }
      y = narrow.linear(y);
      return shortcut ? x.add(y) : y;
    }
  }

  @Override
  Tensor features(Tensor x) {
    Tensor y = stem.forward(x);
    for (Block block : blocks) {
      y = block.forward(y);
    }
    return last.forward(y);
  }

  @Override
  Tensor head(Tensor x) {
    return head.forward(torch.dropout(x, 0.2, true));
  }
}
