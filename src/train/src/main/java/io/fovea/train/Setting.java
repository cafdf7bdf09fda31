package io.fovea.train;

import io.fovea.train.Kind.Choice;
import io.fovea.train.Kind.Whole;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A setting of a {@link Recipe}: its key in recipe files, which with {@code --} before it is its
 * option on the command line, and what it may be.
 */
public enum Setting {
  EPOCHS("epochs", Part.COURSE, new Whole(1), "passes over the data; default: 10"),
  BATCH(
      "batch",
      Part.COURSE,
      new Whole(1),
      "pictures that the net sees at once; default: 64, of masks 4, of values 32, of pairs 16"),
  ACCUMULATE(
      "accumulate",
      Part.COURSE,
      new Whole(1),
      "batches whose gradients make one step, where memory holds no larger batch; default: 1"),
  LOSS(
      "loss",
      Part.COURSE,
      Kind.LOSS,
      "what training makes small: a sum of terms, such as 'focal(gamma=2)' or 'l1 + 0.2*ms_ssim';"
          + " cross_entropy, binary_cross_entropy, focal, distill(teacher=FILE) of classes; dice,"
          + " tversky of masks; mse, l1, charbonnier of values and pictures; ssim, ms_ssim,"
          + " total_variation, perceptual(net=FILE,at=VALUE), style(net=FILE,picture=FILE,at=VALUE),"
          + " lsgan(critic=FILE), hinge(critic=FILE) of pictures; default: cross_entropy, with dice"
          + " for masks, mse for values and pictures"),
  LABEL_SMOOTHING(
      "label-smoothing",
      Part.COURSE,
      Kind.BELOW_ONE,
      "share of the target that is spread over all classes, against overconfidence; default: 0"),
  CLASS_WEIGHTS(
      "class-weights",
      Part.COURSE,
      Kind.POSITIVE,
      List.of("none", "balanced"),
      "how much each class counts in the loss, in the labels' order; balanced: as rare as it is;"
          + " default: none"),
  BALANCED_SAMPLING(
      "balanced-sampling",
      Part.COURSE,
      Kind.YES_OR_NO,
      "every epoch shows each class equally often, however rare; default: false"),
  STOCHASTIC_DEPTH(
      "stochastic-depth",
      Part.COURSE,
      Kind.BELOW_ONE,
      "share of the pictures for which the last residual branch is left out while training, earlier"
          + " ones in proportion; default: 0"),
  INITIAL_SCALE(
      "initial-scale",
      Part.COURSE,
      Kind.SCALE,
      "share of their width and height that training pictures of classes and values have in the"
          + " first epoch, such as 0.625, growing to their own by four fifths of the epochs: small"
          + " ones take less time; default: 1"),
  PRECISION(
      "precision",
      Part.COURSE,
      new Choice(names(Precision.values())),
      "what convolutions and matrix products are trained in; bfloat16 gains only where the"
          + " processor has instructions for it, auto times a few steps of both; weights, losses and"
          + " what is measured stay float; default: float"),
  LAYOUT(
      "layout",
      Part.COURSE,
      new Choice(names(Layout.values())),
      "how pictures lie in memory on the CPU; channels_last is the faster one but for dense"
          + " convolutions of large pictures; default: channels_last for classes"
          + " and values, else channels_first"),
  PATIENCE(
      "patience",
      Part.COURSE,
      new Whole(0),
      "stop after so many epochs that were no better on held-out pictures, and keep the best;"
          + " default: 0, never"),
  EMA(
      "ema",
      Part.COURSE,
      Kind.BELOW_ONE,
      "decay of an average over the steps' weights, which is measured and written instead, such as"
          + " 0.999; default: 0, none"),

  OPTIMIZER(
      "optimizer",
      Part.OPTIMIZER,
      new Choice(List.of("sgd", "adam", "adamw", "rmsprop", "muon")),
      "how gradients change weights; default: sgd for classes, else adamw"),
  LR(
      "lr",
      Part.OPTIMIZER,
      Kind.POSITIVE,
      "highest learning rate; default: 0.1 for sgd, 0.002 for adam and adamw (of pairs of pictures"
          + " 0.001), 0.001 for rmsprop, 0.05 for muon"),
  MOMENTUM(
      "momentum",
      Part.OPTIMIZER,
      Kind.BELOW_ONE,
      "how much of its speed a weight keeps; default: 0.9 for sgd, 0 for rmsprop, 0.6 for"
          + " muon"),
  NESTEROV("nesterov", Part.OPTIMIZER, Kind.YES_OR_NO, "of sgd: look ahead; default: true"),
  REST_RATE(
      "rest-rate",
      Part.OPTIMIZER,
      Kind.NOT_NEGATIVE,
      "of muon: factor on the learning rate of all but kernels, which move by sgd; default: 5"),
  BETA1(
      "beta1",
      Part.OPTIMIZER,
      Kind.BELOW_ONE,
      "of adam and adamw: decay of the gradients' average; default: 0.9"),
  BETA2(
      "beta2",
      Part.OPTIMIZER,
      Kind.BELOW_ONE,
      "of adam and adamw: decay of the squares' average; default: 0.999"),
  ALPHA(
      "alpha",
      Part.OPTIMIZER,
      Kind.BELOW_ONE,
      "of rmsprop: decay of the squares' average; default: 0.99"),
  EPSILON(
      "epsilon",
      Part.OPTIMIZER,
      Kind.POSITIVE,
      "of adam, adamw and rmsprop: keeps from dividing by 0; default: 1e-8"),
  WEIGHT_DECAY(
      "weight-decay",
      Part.OPTIMIZER,
      Kind.NOT_NEGATIVE,
      "pull of weights towards 0; default: 0.0005 for sgd and muon, 0.01 for adamw, else 0"),
  CLIP_NORM(
      "clip-norm",
      Part.OPTIMIZER,
      Kind.NOT_NEGATIVE,
      "longer gradients are scaled down to this length; default: 0, not at all"),

  SCHEDULE(
      "schedule",
      Part.SCHEDULE,
      new Choice(List.of("cosine", "one-cycle", "step", "polynomial", "constant")),
      "how the learning rate moves; default: cosine"),
  WARMUP(
      "warmup",
      Part.SCHEDULE,
      Kind.BELOW_ONE,
      "share of all steps in which the rate rises; default: 0.1, of one-cycle 0.3"),
  START(
      "start",
      Part.SCHEDULE,
      Kind.SHARE,
      "of one-cycle: first rate, as a share of the highest; default: 0.04"),
  END(
      "end",
      Part.SCHEDULE,
      Kind.SHARE,
      "of cosine, one-cycle and polynomial: last rate, as a share of the highest; default: 0, of"
          + " one-cycle 4e-6"),
  MILESTONES(
      "milestones",
      Part.SCHEDULE,
      Kind.INSIDE,
      List.of(),
      "of step: shares of all steps at which the rate drops; default: 0.5,0.75"),
  GAMMA("gamma", Part.SCHEDULE, Kind.SHARE, "of step: factor of each drop; default: 0.1"),
  POWER("power", Part.SCHEDULE, Kind.POSITIVE, "of polynomial; default: 0.9"),

  RESIZED_CROP(
      "resized-crop",
      Part.PICTURES,
      Kind.SHARE,
      "random resized crop: least share of a picture's area that is cut out and stretched, such as"
          + " 0.08; to the size of a window where the net sees such; default: 0, never"),
  CROP_ASPECT(
      "crop-aspect",
      Part.PICTURES,
      Kind.FROM_ONE,
      "widest width over height of what is cut out, and the inverse of the narrowest; default:"
          + " 1.3333"),
  CROP(
      "crop",
      Part.PICTURES,
      new Whole(0, 1024),
      "pixels by which pictures move at random; default: 2 for classes, else 0"),
  FLIP(
      "flip",
      Part.PICTURES,
      new Choice(names(Augmentation.Flip.values())),
      "when left and right are exchanged; alternate: in every second epoch; default: random, of"
          + " values never"),
  AUTO_AUGMENT(
      "auto-augment",
      Part.PICTURES,
      new Choice(List.of("none", "randaugment", "trivialaugment")),
      "operations that are drawn: shears, moves, turns, brightness, colour, contrast, sharpness,"
          + " bits, inversion, equalization; trivialaugment: one of any strength; default: none"),
  OPERATIONS("operations", Part.PICTURES, new Whole(1), "of randaugment: how many; default: 2"),
  MAGNITUDE(
      "magnitude",
      Part.PICTURES,
      new Whole(0, Effect.STRONGEST),
      "of randaugment: how strong, from 0 to 30; default: 9"),
  BRIGHTNESS(
      "brightness",
      Part.PICTURES,
      Kind.NOT_NEGATIVE,
      "colour jitter: most by which a factor on the levels differs from 1; default: 0"),
  CONTRAST(
      "contrast",
      Part.PICTURES,
      Kind.NOT_NEGATIVE,
      "colour jitter: the same of the distance to the mean grey; default: 0"),
  SATURATION(
      "saturation",
      Part.PICTURES,
      Kind.NOT_NEGATIVE,
      "colour jitter: the same of the distance to grey; default: 0"),
  HUE(
      "hue",
      Part.PICTURES,
      new Kind.Real("a number in [0, 0.5]", 0, false, 0.5, false),
      "colour jitter: most that hues turn to either side, of a full turn; default: 0"),
  ERASING(
      "erasing",
      Part.PICTURES,
      Kind.SHARE,
      "random erasing: share of the pictures of which a rectangle becomes 0; default: 0"),
  MIXUP(
      "mixup",
      Part.PICTURES,
      Kind.NOT_NEGATIVE,
      "pictures are blended with one another, by shares of a Beta distribution of this parameter,"
          + " such as 0.2; default: 0, never"),
  CUTMIX(
      "cutmix",
      Part.PICTURES,
      Kind.NOT_NEGATIVE,
      "pictures get rectangles of one another, by such shares; with mixup, a batch takes either;"
          + " default: 0, never"),

  FREEZE(
      "freeze",
      Part.SELECTION,
      Kind.TEXT,
      List.of(),
      "parameters whose name holds this regular expression stay as they are"),
  FREEZE_DEPTH(
      "freeze-depth",
      Part.SELECTION,
      new Whole(0),
      "the first N layers with parameters stay as they are; default: 0"),
  FREEZE_STATISTICS(
      "freeze-statistics",
      Part.SELECTION,
      Kind.YES_OR_NO,
      "batch normalizations keep their running statistics, and use them; default: false"),
  TRAIN(
      "train",
      Part.SELECTION,
      Kind.TEXT,
      List.of(),
      "constants whose name holds this regular expression are trained too"),
  BODY_RATE(
      "body-rate",
      Part.SELECTION,
      Kind.SHARE,
      "factor on the learning rate of all but the last layer; default: 1"),
  BIAS_RATE(
      "bias-rate",
      Part.SELECTION,
      Kind.NOT_NEGATIVE,
      "factor on the learning rate of normalizations' biases; default: 1"),
  DECAY_NORMS(
      "decay-norms",
      Part.SELECTION,
      Kind.YES_OR_NO,
      "weight decay also reaches biases and normalizations; default: true"),
  WHITEN(
      "whiten",
      Part.SELECTION,
      Kind.YES_OR_NO,
      "the first convolution starts as what whitens the data, and stays so; default: false"),
  SEED(
      "seed",
      Part.COURSE,
      Kind.ANY_WHOLE,
      "of initial weights, the order of pictures and their changes; default: 0");

  /** What a setting is about. */
  public enum Part {
    COURSE("The course of training"),
    OPTIMIZER("How gradients change weights"),
    SCHEDULE("How the learning rate moves"),
    PICTURES("How training pictures are changed"),
    SELECTION("Which parameters are trained");

    private final String title;

    Part(String title) {
      this.title = title;
    }

    /** The part's heading. */
    public String title() {
      return title;
    }
  }

  private final String key;
  private final Part part;
  private final Kind kind;
  private final @Nullable List<String> words;
  private final String about;

  Setting(String key, Part part, Kind kind, String about) {
    this(key, part, kind, null, about);
  }

  /** A list of such values, or one of some words instead. */
  Setting(String key, Part part, Kind kind, @Nullable List<String> words, String about) {
    this.key = key;
    this.part = part;
    this.kind = kind;
    this.words = words;
    this.about = about;
  }

  private static List<String> names(Enum<?>[] all) {
    return Arrays.stream(all).map(e -> e.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** The setting of a key. */
  static Optional<Setting> of(String key) {
    return Arrays.stream(values()).filter(s -> s.key.equals(key)).findFirst();
  }

  /** Its name in a recipe file, such as {@code weight-decay}. */
  public String key() {
    return key;
  }

  public Part part() {
    return part;
  }

  /**
   * The setting that says whether this one exists and what it usually is; null where it always
   * exists.
   */
  @Nullable Setting chooser() {
    return switch (this) {
      case OPTIMIZER, CLIP_NORM, SCHEDULE -> null;
      case OPERATIONS, MAGNITUDE -> AUTO_AUGMENT;
      default -> part == Part.OPTIMIZER ? OPTIMIZER : part == Part.SCHEDULE ? SCHEDULE : null;
    };
  }

  /** What it does and its default, in a line. */
  public String about() {
    return about;
  }

  /** Whether it is yes or no. */
  public boolean isYesOrNo() {
    return kind instanceof Kind.YesOrNo;
  }

  /** Whether it is a list. */
  public boolean isList() {
    return words != null;
  }

  /** Whether its values are any texts, in which a comma is nothing special. */
  public boolean isAnyText() {
    return kind instanceof Kind.Text;
  }

  /** Whether its values are words or texts, rather than numbers, true or false. */
  boolean isTextual() {
    return kind instanceof Kind.Text || kind instanceof Kind.OfLoss || kind instanceof Choice;
  }

  /** The words that it may be; empty where it is something else. */
  public List<String> words() {
    if (kind instanceof Choice choice) {
      return choice.words();
    }
    return words == null ? List.of() : words;
  }

  /** What it may be, for messages. */
  public String expected() {
    if (words == null) {
      return kind.expected();
    }
    String list = "a list, each " + kind.expected();
    return words.isEmpty() ? list : String.join(", ", words) + " or " + list;
  }

  Kind kind() {
    return kind;
  }

  /**
   * The value that texts stand for.
   *
   * @param texts one, or the items of a list
   * @param where a message begins with it
   * @throws TrainException saying what was expected, and what was met
   */
  Object parse(List<String> texts, String where) {
    if (words != null && texts.size() == 1 && words.contains(texts.get(0))) {
      return texts.get(0);
    }
    Object[] values;
    try {
      values = texts.stream().map(kind::parse).toArray();
    } catch (TrainException e) {
      throw new TrainException(where + ": " + e.getMessage(), e);
    }
    if (Arrays.stream(values).anyMatch(Objects::isNull) || (words == null && values.length != 1)) {
      throw refused(where, String.join(", ", texts));
    }
    return words == null ? values[0] : List.of(values);
  }

  TrainException refused(String where, Object met) {
    return new TrainException("%s: expected %s, met %s".formatted(where, expected(), met));
  }

  /** Refuses what it may not be. */
  void check(Object value) {
    List<?> items = value instanceof List<?> list ? list : List.of(value);
    parse(items.stream().map(String::valueOf).toList(), key);
  }
}
