package io.fovea.converters;

import io.fovea.converters.Architecture.Task;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The list of architectures. */
public final class Architectures {
  private static final String LECUN =
      "LeCun 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf";
  private static final String KRIZHEVSKY = "Krizhevsky 2014, https://arxiv.org/abs/1404.5997";
  private static final String SIMONYAN = "Simonyan 2015, https://arxiv.org/abs/1409.1556";
  private static final String HE = "He 2016, https://arxiv.org/abs/1512.03385";
  private static final String PAGE = "Page 2018, https://myrtle.ai/learn/how-to-train-your-resnet/";
  private static final String JORDAN = "Jordan 2024, https://arxiv.org/abs/2404.00498";
  private static final String ZAGORUYKO = "Zagoruyko 2016, https://arxiv.org/abs/1605.07146";
  private static final String XIE = "Xie 2017, https://arxiv.org/abs/1611.05431";
  private static final String SZEGEDY = "Szegedy 2015, https://arxiv.org/abs/1409.4842";
  private static final String SZEGEDY3 = "Szegedy 2016, https://arxiv.org/abs/1512.00567";
  private static final String IANDOLA = "Iandola 2016, https://arxiv.org/abs/1602.07360";
  private static final String SANDLER = "Sandler 2018, https://arxiv.org/abs/1801.04381";
  private static final String HOWARD = "Howard 2019, https://arxiv.org/abs/1905.02244";
  private static final String HUANG = "Huang 2017, https://arxiv.org/abs/1608.06993";
  private static final String MA = "Ma 2018, https://arxiv.org/abs/1807.11164";
  private static final String TAN = "Tan 2019, https://arxiv.org/abs/1905.11946";
  private static final String LIU = "Liu 2022, https://arxiv.org/abs/2201.03545";
  private static final String RONNEBERGER = "Ronneberger 2015, https://arxiv.org/abs/1505.04597";
  private static final String COHEN = "Cohen 2016, https://arxiv.org/abs/1602.07576";
  private static final String JADERBERG = "Jaderberg 2015, https://arxiv.org/abs/1506.02025";
  private static final String LONG = "Long 2015, https://arxiv.org/abs/1411.4038";
  private static final String CHEN = "Chen 2017, https://arxiv.org/abs/1706.05587";
  private static final String ULYANOV = "Ulyanov 2018, https://arxiv.org/abs/1711.10925";
  private static final String JOHNSON = "Johnson 2016, https://arxiv.org/abs/1603.08155";
  private static final String SHI = "Shi 2016, https://arxiv.org/abs/1609.05158";
  private static final String RADFORD = "Radford 2016, https://arxiv.org/abs/1511.06434";
  private static final List<Architecture> BUILT_IN = list();

  private Architectures() {}

  private static List<Architecture> list() {
    List<Architecture> all = new ArrayList<>();
    all.add(classifier("lenet5", LECUN, 1, 10, 32, 32, LeNet::lenet5));
    all.add(classifier("alexnet", KRIZHEVSKY, 3, 1000, 224, 63, AlexNet::alexnet));
    for (Normalization norm : List.of(Normalization.NONE, Normalization.BATCH)) {
      for (int depth : new int[] {11, 13, 16, 19}) {
        String name = "vgg" + depth + (norm == Normalization.BATCH ? "_bn" : "");
        all.add(classifier(name, SIMONYAN, 3, 1000, 224, 32, o -> Vgg.vgg(depth, norm, o)));
      }
    }
    for (int depth : new int[] {8, 20, 32, 44, 56, 110}) {
      all.add(classifier("resnet" + depth, HE, 3, 10, 32, 1, o -> ResNet.cifar(depth, o)));
    }
    all.add(classifier("resnet9", PAGE, 3, 10, 32, 8, ResNet::resnet9));
    all.add(classifier("airbench94", JORDAN, 3, 10, 32, 9, AirBench::airbench94));
    all.add(classifier("resnet18", HE, 3, 1000, 224, 1, ResNet::resnet18));
    all.add(classifier("resnet34", HE, 3, 1000, 224, 1, ResNet::resnet34));
    all.add(classifier("resnet50", HE, 3, 1000, 224, 1, ResNet::resnet50));
    all.add(classifier("resnet101", HE, 3, 1000, 224, 1, ResNet::resnet101));
    all.add(classifier("resnet152", HE, 3, 1000, 224, 1, ResNet::resnet152));
    all.add(classifier("wide_resnet50_2", ZAGORUYKO, 3, 1000, 224, 1, ResNet::wide50));
    all.add(classifier("resnext50_32x4d", XIE, 3, 1000, 224, 1, ResNet::resnext50));
    all.add(classifier("densenet121", HUANG, 3, 1000, 224, 29, DenseNet::densenet121));
    all.add(classifier("googlenet", SZEGEDY, 3, 1000, 224, 15, GoogLeNet::googlenet));
    all.add(classifier("inception_v3", SZEGEDY3, 3, 1000, 299, 75, InceptionV3::inceptionV3));
    all.add(classifier("squeezenet1_0", IANDOLA, 3, 1000, 224, 21, SqueezeNet::v10));
    all.add(classifier("squeezenet1_1", IANDOLA, 3, 1000, 224, 17, SqueezeNet::v11));
    all.add(classifier("mobilenet_v2", SANDLER, 3, 1000, 224, 1, MobileNetV2::mobilenetV2));
    all.add(classifier("mobilenet_v3_small", HOWARD, 3, 1000, 224, 1, MobileNetV3::small));
    all.add(classifier("mobilenet_v3_large", HOWARD, 3, 1000, 224, 1, MobileNetV3::large));
    all.add(classifier("efficientnet_b0", TAN, 3, 1000, 224, 1, EfficientNet::b0));
    all.add(classifier("shufflenet_v2_x1_0", MA, 3, 1000, 224, 1, ShuffleNetV2::x1));
    all.add(classifier("convnext_tiny", LIU, 3, 1000, 224, 32, ConvNeXt::tiny));
    all.add(classifier("z2cnn", COHEN, 1, 10, 28, 28, GroupNet::z2cnn));
    all.add(classifier("p4cnn", COHEN, 1, 10, 28, 28, GroupNet::p4cnn));
    all.add(classifier("p4mcnn", COHEN, 1, 10, 28, 28, GroupNet::p4mcnn));
    all.add(
        classifier("spatial_transformer", JADERBERG, 1, 10, 28, 4, SpatialTransformer::classifier));
    all.add(segmenter("unet", RONNEBERGER, 3, 2, 512, 1, UNet::unet));
    all.add(segmenter("unet_original", RONNEBERGER, 1, 2, 512, 105, UNet::original));
    all.add(segmenter("fcn_resnet50", LONG, 3, 21, 500, 1, Fcn::resnet50));
    all.add(segmenter("deeplabv3_resnet50", CHEN, 3, 21, 513, 1, DeepLab::resnet50));
    all.add(painter("dip_skip", ULYANOV, 32, 3, 512, 33, DeepImagePrior::skip));
    all.add(painter("style_transfer", JOHNSON, 3, 3, 256, 5, StyleTransfer::net));
    for (int factor = 2; factor <= 4; factor++) {
      int times = factor;
      all.add(painter("espcn_x" + times, SHI, 1, 1, 17, 1, o -> Espcn.espcn(times, o)));
    }
    all.add(
        new Architecture(
            "dcgan_generator", RADFORD, Task.GENERATION, 100, 3, 1, 1, Dcgan::generator));
    all.add(classifier("dcgan_discriminator", RADFORD, 3, 1, 64, 64, Dcgan::discriminator));
    return List.copyOf(all);
  }

  private static Architecture classifier(
      String name,
      String paper,
      int channels,
      int classes,
      int size,
      int smallest,
      Function<Options, Model> builder) {
    return new Architecture(
        name, paper, Task.CLASSIFICATION, channels, classes, size, smallest, builder);
  }

  private static Architecture segmenter(
      String name,
      String paper,
      int channels,
      int classes,
      int size,
      int smallest,
      Function<Options, Model> builder) {
    return new Architecture(
        name, paper, Task.SEGMENTATION, channels, classes, size, smallest, builder);
  }

  private static Architecture painter(
      String name,
      String paper,
      int channels,
      int painted,
      int size,
      int smallest,
      Function<Options, Model> builder) {
    return new Architecture(name, paper, Task.PICTURE, channels, painted, size, smallest, builder);
  }

  /**
   * All nets: the built-in ones in the order of their papers' families, then those that an {@link
   * ArchitectureProvider} on the class path adds.
   *
   * @throws OnnxException where a provider cannot be loaded, or two nets have one name
   */
  public static List<Architecture> all() {
    Map<String, Architecture> all = new LinkedHashMap<>();
    BUILT_IN.forEach(a -> all.put(a.name(), a));
    try {
      for (ArchitectureProvider provider : ServiceLoader.load(ArchitectureProvider.class)) {
        for (Architecture a : provider.architectures()) {
          if (all.putIfAbsent(a.name(), a) != null) {
            throw new OnnxException(
                "%s: there is an architecture '%s' already"
                    .formatted(provider.getClass().getName(), a.name()));
          }
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new OnnxException("architectures: " + e.getMessage());
    }
    return List.copyOf(all.values());
  }

  /**
   * The architecture of a name.
   *
   * @throws OnnxException naming the three that are written most alike
   */
  public static Architecture named(String name) {
    Map<String, Architecture> all = new TreeMap<>();
    all().forEach(a -> all.put(a.name(), a));
    Architecture found = all.get(name);
    if (found == null) {
      List<String> nearest = new ArrayList<>(all.keySet());
      nearest.sort(Comparator.comparingInt(other -> distance(name, other)));
      throw new OnnxException(
          "no architecture '%s' among %d; those written most alike are %s"
              .formatted(name, all.size(), String.join(", ", nearest.subList(0, 3))));
    }
    return found;
  }

  /** Letters to put in, leave out or change on the way from one word to another (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = IntStream.rangeClosed(0, b.length()).toArray();
    for (int i = 1; i <= a.length(); i++) {
      int corner = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = corner + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        corner = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
