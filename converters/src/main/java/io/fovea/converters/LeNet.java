package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.Value;

/**
 * LeNet-5: LeCun 1998, <a href="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf">Gradient-Based
 * Learning Applied to Document Recognition</a>, as it is built today: plain average pools, C3
 * connected to all of S2, a linear output layer. 61,706 parameters for 10 classes. C5 is a
 * convolution as in the paper, its answers averaged, so that any picture of 32x32 or more fits.
 */
final class LeNet {
  private static final Window HALF = Window.of(2).pad(0).stride(2);

  private LeNet() {}

  static Model lenet5(Options o) {
    Layers l =
        new Layers("lenet5", o, Style.of(Activation.TANH, Normalization.NONE, Initials.HE_IN));
    Value x = l.input(o.channelsOr(1));
    x = stage(l, "conv1", x, o.scaled(6)); // [N, 1, 32, 32] -> [N, 6, 28, 28]
    x = l.averagePool("pool1", x, HALF);
    x = stage(l, "conv2", x, o.scaled(16)); // [N, 6, 14, 14] -> [N, 16, 10, 10]
    x = l.averagePool("pool2", x, HALF);
    x = stage(l, "conv3", x, o.scaled(120)); // [N, 16, 5, 5] -> [N, 120, 1, 1]
    x = Blocks.pooled(l, "average", x);
    x = l.act("fc1.act", l.linear("fc1", x, o.scaled(84)));
    x = l.dropout("dropout", x, 0);
    return l.output(l.linear("fc2", x, o.classesOr(10)));
  }

  private static Value stage(Layers l, String name, Value x, int filters) {
    return l.act(
        name + ".act", l.norm(name + ".norm", l.conv(name, x, filters, Window.of(5).pad(0), true)));
  }
}
