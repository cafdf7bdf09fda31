package io.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LayerNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** ConvNeXt-T in libtorch's own modules. */
final class DirectConvNext extends DirectNet {
  private static final int[] DEPTHS = {3, 3, 9, 3};

  private final List<UnaryOperator<Tensor>> layers = new ArrayList<>();
  private final LayerNormImpl headNorm = layerNorm(768);
  private final LinearImpl head = own(new LinearImpl(768, CLASSES));

  DirectConvNext() {
    layers.add(conv(3, 96, 4, 4, 0, 1, true)::forward);
    layers.add(new ChannelNorm(96)::forward);
    for (int stage = 0; stage < DEPTHS.length; stage++) {
      int width = 96 << stage;
      if (stage > 0) {
        layers.add(new ChannelNorm(width / 2)::forward);
        layers.add(conv(width / 2, width, 2, 2, 0, 1, true)::forward);
      }
      for (int i = 0; i < DEPTHS[stage]; i++) {
        layers.add(new Block(width)::forward);
      }
    }
  }

  private LayerNormImpl layerNorm(int channels) {
    LayerNormOptions options = new LayerNormOptions(new LongVector(new long[] {channels}));
    options.eps().put(1e-6);
    return own(new LayerNormImpl(options));
  }

  /** Over the channels of [N, C, H, W]. */
  private final class ChannelNorm {
    private final LayerNormImpl norm;

    ChannelNorm(int channels) {
      norm = layerNorm(channels);
    }

    Tensor forward(Tensor x) {
      return norm.forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);
    }
  }

  private final class Block {
    private final Conv2dImpl depthwise;
    private final LayerNormImpl norm;
    private final LinearImpl wide;
    private final LinearImpl narrow;
    private final Tensor scale;

    Block(int width) {
      depthwise = conv(width, width, 7, 1, 3, width, true);
      norm = layerNorm(width);
      wide = own(new LinearImpl(width, 4 * width));
      narrow = own(new LinearImpl(4 * width, width));
      scale = own(torch.full(new long[] {width, 1, 1}, new Scalar(1e-6f)));
    }

    Tensor forward(Tensor x) {
      Tensor y = norm.forward(depthwise.forward(x).permute(0, 2, 3, 1));
      y = narrow.forward(torch.gelu(wide.forward(y)));
      return x.add(y.permute(0, 3, 1, 2).mul(scale));
    }
  }

  @Override
  Tensor features(Tensor x) {
    Tensor y = x;
    for (UnaryOperator<Tensor> layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }

  @Override
  Tensor head(Tensor x) {
    return head.forward(headNorm.forward(x));
  }
}
