package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Activation;
import io.fovea.converters.Architectures;
import io.fovea.converters.Initials;
import io.fovea.converters.Layers;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.converters.Style;
import io.fovea.converters.Window;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import io.fovea.train.Augmentation;
import io.fovea.train.Loss;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Similarity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/** One super-resolution net under four losses. */
final class PerceptionStudy implements Study {
  private static final int SIDE = 48;
  private static final int FACTOR = 3;
  private static final int[] FILTERS = {16, 32, 64};
  private static final List<String> LOSSES = List.of("mse", "l1", "ssim", "perceptual");

  @Override
  public String name() {
    return "perceptual-quality";
  }

  @Override
  public String claim() {
    return "What a super-resolution net is trained on decides what its pictures look like: the squared"
        + " error gives the best PSNR and blurred edges, structural similarity the best SSIM, and a"
        + " perceptual loss gives up PSNR for sharper pictures.";
  }

  @Override
  public String paper() {
    return "Johnson 2016, https://arxiv.org/abs/1603.08155; Zhao 2017,"
        + " https://arxiv.org/abs/1511.08861; Blau 2018, https://arxiv.org/abs/1711.06077";
  }

  @Override
  public String setup() {
    return "espcn_x3 in colour from 16x16 to 48x48, trained four times from the same weights on the"
        + " same pictures with AdamW. The perceptual loss compares the activations of the first two"
        + " convolutions of a small net that was trained before to tell the pictures' classes; a"
        + " resnet8 that was trained apart says how many of the made pictures can still be told. PSNR,"
        + " SSIM and sharpness, which is the mean difference of neighbouring pixels by that of the"
        + " true picture, are means over the held-out pictures as ONNX Runtime makes them. One seed.";
  }

  /** What a way to enlarge gave, as means over the held-out pictures. */
  private record Arm(
      String name, List<Picture> made, double psnr, double ssim, double sharpness, double told) {
    List<String> row() {
      return List.of(
          name, Html.number(psnr), Html.number(ssim), Html.number(sharpness), Lab.percent(told));
    }
  }

  @Override
  public Findings run(Lab lab) {
    StudyData.Parts large = lab.classes(SIDE, false, 1000, 250);
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(12, 1))
            .batch(32)
            .optimizer(Optimizer.adamW(0.004))
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    Options options = Options.classes(large.classes()).withSeed(lab.seed());
    Model sees = Trial.of("the net of the loss", seeing(options), recipe, large).trained().model();
    Model resnet = Architectures.named("resnet8").model(options.withWidth(0.5));
    Trial told = Trial.of("the net that tells", resnet, recipe.seed(lab.seed() + 1), large);
    try {
      Path file = Files.createTempFile("fovea-study", ".onnx");
      try {
        sees.write(file);
        return compared(large, file, told.trained().model(), lab);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Findings compared(StudyData.Parts large, Path sees, Model tells, Lab lab) {
    StudyData.Parts pairs =
        new StudyData.Parts(
            large.training().enlarging(PerceptionStudy::small),
            large.held().enlarging(PerceptionStudy::small));
    Preprocessing fed =
        Preprocessing.of(
            new Step.Color(Step.Channels.RGB),
            new Step.Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f)));
    Recipe recipe =
        Recipe.pictures()
            .epochs(lab.pick(30, 1))
            .batch(16)
            .optimizer(Optimizer.adamW(0.002))
            .seed(lab.seed());
    Options options = Options.defaults().withChannels(3).withSeed(lab.seed());
    Model net = Architectures.named("espcn_x3").model(options);
    List<Line> lines = new ArrayList<>();
    List<Arm> arms = new ArrayList<>();
    for (String name : LOSSES) {
      Loss loss =
          name.equals("perceptual")
              ? Loss.of(new Loss.Perceptual(sees, List.of("act0", "act1")))
              : Loss.of(name);
      Trial trial = Trial.of("trained by " + name, net, fed, recipe.loss(loss), pairs);
      List<Picture> made = enlarged(trial.trained().model(), pairs.held());
      arms.add(arm(name, made, large.held(), tells));
      lines.add(Line.of(name, trial.figures(), 1));
    }
    List<Picture> bicubic =
        pairs.held().pictures().stream()
            .map(p -> p.resize(SIDE, SIDE, Resampling.BICUBIC))
            .toList();
    List<List<String>> rows = new ArrayList<>();
    arms.forEach(a -> rows.add(a.row()));
    rows.add(arm("bicubic, not trained", bicubic, large.held(), tells).row());
    rows.add(arm("the true pictures", large.held().pictures(), large.held(), tells).row());
    Grid grid =
        new Grid(
            "Trained by each loss",
            List.of("loss", "PSNR, dB", "SSIM", "sharpness", "classes told"),
            rows);
    Chart chart = Chart.of("PSNR while training", "epoch", "held-out PSNR, dB", lines);
    List<Photo> photos = new ArrayList<>();
    photos.add(new Photo("true", large.held().picture(0)));
    photos.add(new Photo("given", pairs.held().picture(0)));
    arms.forEach(a -> photos.add(new Photo(a.name, a.made.get(0))));
    return new Findings(checks(arms), List.of(grid), List.of(chart), photos);
  }

  private static List<Check> checks(List<Arm> arms) {
    Arm mse = arms.get(0);
    Arm l1 = arms.get(1);
    Arm ssim = arms.get(2);
    Arm perceptual = arms.get(3);
    double others = Math.max(l1.psnr, Math.max(ssim.psnr, perceptual.psnr));
    double alike = Math.max(l1.ssim, Math.max(mse.ssim, perceptual.ssim));
    return List.of(
        Check.atLeast("PSNR: mse less the best of the others, dB", mse.psnr - others, 0),
        Check.atLeast("SSIM: ssim less the best of the others", ssim.ssim - alike, 0),
        Check.atLeast("PSNR: mse less perceptual, dB", mse.psnr - perceptual.psnr, 0.1),
        Check.atLeast(
            "sharpness: perceptual less mse", perceptual.sharpness - mse.sharpness, 0.01));
  }

  private static Picture small(Picture large) {
    return large.resize(SIDE / FACTOR, SIDE / FACTOR, Resampling.BICUBIC);
  }

  private static List<Picture> enlarged(Model model, StudyData held) {
    try (PictureTransformer net =
        PictureTransformer.of(ImageModel.load("net", model.toBytes(), Device.cpu()), null, null)) {
      return net.transform(held.pictures());
    }
  }

  private static Arm arm(String name, List<Picture> made, StudyData held, Model tells) {
    int[] wanted = held.classes();
    double told = 0;
    try (Classifier net =
        Classifier.of(ImageModel.load("net", tells.toBytes(), Device.cpu()), null)) {
      for (int i = 0; i < wanted.length; i++) {
        told += net.score(made.get(i)).best().index() == wanted[i] ? 1.0 / wanted.length : 0;
      }
    }
    return new Arm(
        name,
        made,
        mean(made, held, Similarity::psnr),
        mean(made, held, Similarity::ssim),
        mean(made, held, (a, b) -> edges(a) / edges(b)),
        told);
  }

  private static double mean(
      List<Picture> made, StudyData held, ToDoubleBiFunction<Picture, Picture> figure) {
    double sum = 0;
    for (int i = 0; i < made.size(); i++) {
      sum += figure.applyAsDouble(made.get(i), held.picture(i));
    }
    return sum / made.size();
  }

  /** Sum of the differences of neighbours, in levels. */
  private static double edges(Picture p) {
    byte[] levels = p.pixels();
    int row = p.width() * p.channels();
    double sum = 1; // so that a plain picture is as sharp as itself
    for (int i = 0; i < levels.length; i++) {
      boolean right = i % row + p.channels() < row;
      sum += right ? Math.abs((levels[i + p.channels()] & 255) - (levels[i] & 255)) : 0;
      sum += i + row < levels.length ? Math.abs((levels[i + row] & 255) - (levels[i] & 255)) : 0;
    }
    return sum;
  }

  /** [N, 3, H, W] -> [N, classes]. */
  private static Model seeing(Options o) {
    Style style = Style.of(Activation.RELU, Normalization.NONE, Initials.HE_IN);
    Layers l = new Layers("seeing", o, style);
    Value x = l.input(3);
    for (int i = 0; i < FILTERS.length; i++) { // [N, C, H, W] -> [N, FILTERS[i], H/2, W/2]
      x = l.act("act" + i, l.conv("conv" + i, x, FILTERS[i], Window.of(3), true));
      x = l.maxPool("pool" + i, x, 2, 2, 0);
    }
    return l.output(l.linear("linear", l.globalAverage("average", x), o.classesOr(10)));
  }
}
