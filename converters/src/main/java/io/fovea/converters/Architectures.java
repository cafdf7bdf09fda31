package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The list of architectures. */
public final class Architectures {
  private static final String LECUN =
      "LeCun 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf";
  private static final String HE = "He 2016, https://arxiv.org/abs/1512.03385";
  private static final List<Architecture> ALL = list();

  private Architectures() {}

  private static List<Architecture> list() {
    List<Architecture> all = new ArrayList<>();
    all.add(new Architecture("lenet5", LECUN, 1, 10, 32, 32, LeNet::lenet5));
    for (int depth : new int[] {8, 20, 32, 44, 56, 110}) {
      Function<Options, Model> builder = o -> ResNet.cifar(depth, o);
      all.add(new Architecture("resnet" + depth, HE, 3, 10, 32, 1, builder));
    }
    all.add(new Architecture("resnet18", HE, 3, 1000, 224, 1, ResNet::resnet18));
    all.add(new Architecture("resnet34", HE, 3, 1000, 224, 1, ResNet::resnet34));
    all.add(new Architecture("resnet50", HE, 3, 1000, 224, 1, ResNet::resnet50));
    all.add(new Architecture("resnet101", HE, 3, 1000, 224, 1, ResNet::resnet101));
    all.add(new Architecture("resnet152", HE, 3, 1000, 224, 1, ResNet::resnet152));
    return List.copyOf(all);
  }

  public static List<Architecture> all() {
    return ALL;
  }

  /**
   * The architecture of a name.
   *
   * @throws OnnxException listing the names that there are
   */
  public static Architecture named(String name) {
    return ALL.stream()
        .filter(a -> a.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new OnnxException(
                    "no architecture '%s'; there are %s"
                        .formatted(name, ALL.stream().map(Architecture::name).toList())));
  }
}
