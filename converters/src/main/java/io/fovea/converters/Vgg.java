package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * VGG: Simonyan 2015, <a href="https://arxiv.org/abs/1409.1556">Very Deep Convolutional Networks
 * for Large-Scale Image Recognition</a>. Its nets of 11, 13, 16 and 19 layers (columns A, B, D and
 * E of table 1) have 132,863,336, 133,047,848, 138,357,544 and 143,667,240 parameters for 1000
 * classes; those with batch normalization, which came later, 132,868,840, 133,053,736, 138,365,992
 * and 143,678,248. Names are those of the published PyTorch checkpoints, where layers are numbered
 * with all that stands between them. Any picture of 32x32 or more: what is left of it is averaged
 * in a grid of 7x7.
 */
final class Vgg {
  private static final int GRID = 7;

  private Vgg() {}

  static Model vgg(int depth, Normalization normalization, Options o) {
    int[] stages = // convolutions in each
        switch (depth) {
          case 11 -> new int[] {1, 1, 2, 2, 2};
          case 13 -> new int[] {2, 2, 2, 2, 2};
          case 16 -> new int[] {2, 2, 3, 3, 3};
          case 19 -> new int[] {2, 2, 4, 4, 4};
          default -> throw new IllegalArgumentException("depth " + depth);
        };
    String name = "vgg" + depth + (normalization == Normalization.NONE ? "" : "_bn");
    Initials initials = new Initials(Draw.HE_OUT, Draw.ZERO, Draw.normal(0.01), Draw.ZERO);
    Layers l = new Layers(name, o, Style.of(Activation.RELU, normalization, initials));
    Value x = l.input(o.channelsOr(3));
    int layer = 0;
    for (int stage = 0; stage < stages.length; stage++) { // [N, C, H, W] -> [N, 2C, H/2, W/2]
      int filters = o.scaled(Math.min(64 << stage, 512));
      for (int i = 0; i < stages[stage]; i++) {
        x = l.conv("features." + layer++, x, filters, Window.of(3), true);
        x = l.norm("features." + layer, x);
        layer += l.normalizes() ? 1 : 0;
        x = l.act("features." + layer++, x);
      }
      String pool = "features." + layer++;
      x = l.maxPool(pool, Blocks.squeezeExcite(l, pool + ".se", x), 2, 2, 0);
      if (stage == 2) {
        x = Blocks.nonLocal(l, "non_local", x);
      }
    }
    x = Blocks.pooled(l, "avgpool", x, GRID); // [N, 512, H/32, W/32] -> [N, 25088]
    x = l.act("classifier.1", l.linear("classifier.0", x, o.scaled(4096)));
    x = l.dropout("classifier.2", x, 0.5f);
    x = l.act("classifier.4", l.linear("classifier.3", x, o.scaled(4096)));
    x = l.dropout("classifier.5", x, 0.5f);
    return l.output(l.linear("classifier.6", x, o.classesOr(1000)));
  }
}
