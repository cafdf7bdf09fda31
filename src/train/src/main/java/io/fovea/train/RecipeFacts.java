package io.fovea.train;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** A recipe as settings and their values, and back. */
final class RecipeFacts {
  private final Map<Setting, Object> all;

  private RecipeFacts(Map<Setting, Object> all) {
    this.all = all;
  }

  /** All that is in effect, in the order of the settings. */
  static Map<Setting, Object> of(Recipe r) {
    Map<Setting, Object> all = new EnumMap<>(Setting.class);
    all.put(Setting.EPOCHS, (long) r.epochs());
    all.put(Setting.BATCH, (long) r.batch());
    all.put(Setting.ACCUMULATE, (long) r.accumulate());
    all.put(Setting.LOSS, r.loss().toString());
    all.put(Setting.LABEL_SMOOTHING, r.labelSmoothing());
    ClassWeights weights = r.classWeights();
    all.put(
        Setting.CLASS_WEIGHTS,
        weights.isNone() ? "none" : weights.byRarity() ? "balanced" : weights.values());
    all.put(Setting.BALANCED_SAMPLING, r.balancedSampling());
    all.put(Setting.STOCHASTIC_DEPTH, r.stochasticDepth());
    all.put(Setting.INITIAL_SCALE, r.initialScale());
    all.put(Setting.PRECISION, r.precision().word());
    all.put(Setting.LAYOUT, r.layout().word());
    all.put(Setting.PATIENCE, (long) r.patience());
    all.put(Setting.EMA, r.average());
    all.putAll(of(r.optimizer()));
    all.put(Setting.CLIP_NORM, r.clipNorm());
    all.putAll(of(r.schedule()));
    all.putAll(of(r.augmentation()));
    Selection selection = r.selection();
    all.put(Setting.FREEZE, selection.freeze());
    all.put(Setting.FREEZE_DEPTH, (long) selection.freezeDepth());
    all.put(Setting.FREEZE_STATISTICS, selection.freezeStatistics());
    all.put(Setting.TRAIN, selection.train());
    all.put(Setting.BODY_RATE, selection.bodyRate());
    all.put(Setting.BIAS_RATE, selection.biasRate());
    all.put(Setting.DECAY_NORMS, selection.decayNorms());
    all.put(Setting.WHITEN, r.whiten());
    all.put(Setting.SEED, r.seed());
    return all;
  }

  private static Map<Setting, Object> of(Optimizer optimizer) {
    Map<Setting, Object> all = new EnumMap<>(Setting.class);
    all.put(Setting.LR, optimizer.learningRate());
    if (optimizer instanceof Optimizer.Sgd o) {
      all.put(Setting.OPTIMIZER, "sgd");
      all.put(Setting.MOMENTUM, o.momentum());
      all.put(Setting.NESTEROV, o.nesterov());
      all.put(Setting.WEIGHT_DECAY, o.weightDecay());
    } else if (optimizer instanceof Optimizer.RmsProp o) {
      all.put(Setting.OPTIMIZER, "rmsprop");
      all.put(Setting.ALPHA, o.alpha());
      all.put(Setting.MOMENTUM, o.momentum());
      all.put(Setting.EPSILON, o.epsilon());
      all.put(Setting.WEIGHT_DECAY, o.weightDecay());
    } else if (optimizer instanceof Optimizer.Muon o) {
      all.put(Setting.OPTIMIZER, "muon");
      all.put(Setting.MOMENTUM, o.momentum());
      all.put(Setting.REST_RATE, o.restRate());
      all.put(Setting.WEIGHT_DECAY, o.weightDecay());
    } else if (optimizer instanceof Optimizer.Adam o) {
      all.put(Setting.OPTIMIZER, "adam");
      all.putAll(moments(o.beta1(), o.beta2(), o.epsilon(), o.weightDecay()));
    } else if (optimizer instanceof Optimizer.AdamW o) {
      all.put(Setting.OPTIMIZER, "adamw");
      all.putAll(moments(o.beta1(), o.beta2(), o.epsilon(), o.weightDecay()));
    }
    return all;
  }

  private static Map<Setting, Object> moments(
      double beta1, double beta2, double epsilon, double weightDecay) {
    return Map.of(
        Setting.BETA1, beta1,
        Setting.BETA2, beta2,
        Setting.EPSILON, epsilon,
        Setting.WEIGHT_DECAY, weightDecay);
  }

  private static Map<Setting, Object> of(Schedule schedule) {
    Map<Setting, Object> all = new EnumMap<>(Setting.class);
    all.put(Setting.WARMUP, schedule.warmup());
    Schedule.Curve curve = schedule.curve();
    if (curve instanceof Schedule.Cosine c) {
      all.put(Setting.SCHEDULE, "cosine");
      all.put(Setting.END, c.end());
    } else if (curve instanceof Schedule.OneCycle c) {
      all.put(Setting.SCHEDULE, "one-cycle");
      all.put(Setting.START, c.start());
      all.put(Setting.END, c.end());
    } else if (curve instanceof Schedule.Steps c) {
      all.put(Setting.SCHEDULE, "step");
      all.put(Setting.MILESTONES, c.milestones());
      all.put(Setting.GAMMA, c.gamma());
    } else if (curve instanceof Schedule.Polynomial c) {
      all.put(Setting.SCHEDULE, "polynomial");
      all.put(Setting.POWER, c.power());
      all.put(Setting.END, c.end());
    } else {
      all.put(Setting.SCHEDULE, "constant");
    }
    return all;
  }

  private static Map<Setting, Object> of(Augmentation a) {
    Map<Setting, Object> all = new EnumMap<>(Setting.class);
    all.put(Setting.RESIZED_CROP, a.resizedCrop());
    all.put(Setting.CROP_ASPECT, a.cropAspect());
    all.put(Setting.CROP, (long) a.crop());
    all.put(Setting.FLIP, a.flip().toString());
    all.putAll(of(a.operations()));
    all.put(Setting.BRIGHTNESS, a.jitter().brightness());
    all.put(Setting.CONTRAST, a.jitter().contrast());
    all.put(Setting.SATURATION, a.jitter().saturation());
    all.put(Setting.HUE, a.jitter().hue());
    all.put(Setting.ERASING, a.erasing());
    all.put(Setting.MIXUP, a.mixup());
    all.put(Setting.CUTMIX, a.cutmix());
    return all;
  }

  private static Map<Setting, Object> of(Operations operations) {
    return operations instanceof Operations.RandAugment o
        ? Map.of(
            Setting.AUTO_AUGMENT, "randaugment",
            Setting.OPERATIONS, (long) o.count(),
            Setting.MAGNITUDE, (long) o.magnitude())
        : Map.of(
            Setting.AUTO_AUGMENT,
            operations instanceof Operations.TrivialAugment ? "trivialaugment" : "none");
  }

  /**
   * The settings of an optimizer, a schedule or an auto-augment of this name, as they usually are.
   */
  static Map<Setting, Object> usual(Setting chooser, String name) {
    return switch (chooser) {
      case OPTIMIZER ->
          of(
              switch (name) {
                case "adam" -> Optimizer.adam(0.002);
                case "adamw" -> Optimizer.adamW(0.002);
                case "rmsprop" -> Optimizer.rmsProp(0.001);
                case "muon" -> Optimizer.muon(0.05);
                default -> Optimizer.sgd(0.1);
              });
      case SCHEDULE ->
          of(
              switch (name) {
                case "one-cycle" -> Schedule.oneCycle();
                case "step" -> new Schedule(0.1, new Schedule.Steps(List.of(0.5, 0.75), 0.1));
                case "polynomial" -> new Schedule(0.1, new Schedule.Polynomial(0.9, 0));
                case "constant" -> new Schedule(0.1, new Schedule.Constant());
                default -> Schedule.cosine(0.1);
              });
      case AUTO_AUGMENT ->
          of(
              switch (name) {
                case "randaugment" -> new Operations.RandAugment(2, 9);
                case "trivialaugment" -> new Operations.TrivialAugment();
                default -> new Operations.None();
              });
      default -> Map.of();
    };
  }

  /** The recipe of such settings, complete as {@link #of(Recipe)} gives them. */
  static Recipe recipe(Map<Setting, Object> settings) {
    return new RecipeFacts(settings).recipe();
  }

  private Recipe recipe() {
    return new Recipe(
        whole(Setting.EPOCHS),
        whole(Setting.BATCH),
        whole(Setting.ACCUMULATE),
        optimizer(),
        new Schedule(real(Setting.WARMUP), curve()),
        real(Setting.CLIP_NORM),
        real(Setting.EMA),
        whole(Setting.PATIENCE),
        augmentation(),
        Loss.of((String) get(Setting.LOSS)),
        real(Setting.LABEL_SMOOTHING),
        weights(),
        is(Setting.BALANCED_SAMPLING),
        new Selection(
            list(Setting.FREEZE, String.class),
            whole(Setting.FREEZE_DEPTH),
            list(Setting.TRAIN, String.class),
            real(Setting.BODY_RATE),
            is(Setting.DECAY_NORMS),
            real(Setting.BIAS_RATE),
            is(Setting.FREEZE_STATISTICS)),
        is(Setting.WHITEN),
        real(Setting.STOCHASTIC_DEPTH),
        real(Setting.INITIAL_SCALE),
        Precision.valueOf(upper(Setting.PRECISION)),
        Layout.valueOf(upper(Setting.LAYOUT)),
        (long) get(Setting.SEED));
  }

  private Augmentation augmentation() {
    return new Augmentation(
        real(Setting.RESIZED_CROP),
        real(Setting.CROP_ASPECT),
        whole(Setting.CROP),
        Augmentation.Flip.valueOf(upper(Setting.FLIP)),
        switch ((String) get(Setting.AUTO_AUGMENT)) {
          case "randaugment" ->
              new Operations.RandAugment(whole(Setting.OPERATIONS), whole(Setting.MAGNITUDE));
          case "trivialaugment" -> new Operations.TrivialAugment();
          default -> new Operations.None();
        },
        new Jitter(
            real(Setting.BRIGHTNESS),
            real(Setting.CONTRAST),
            real(Setting.SATURATION),
            real(Setting.HUE)),
        real(Setting.ERASING),
        real(Setting.MIXUP),
        real(Setting.CUTMIX));
  }

  private Optimizer optimizer() {
    double rate = real(Setting.LR);
    double decay = real(Setting.WEIGHT_DECAY);
    return switch ((String) get(Setting.OPTIMIZER)) {
      case "sgd" -> new Optimizer.Sgd(rate, real(Setting.MOMENTUM), decay, is(Setting.NESTEROV));
      case "rmsprop" ->
          new Optimizer.RmsProp(
              rate, real(Setting.ALPHA), real(Setting.MOMENTUM), real(Setting.EPSILON), decay);
      case "muon" ->
          new Optimizer.Muon(rate, real(Setting.MOMENTUM), real(Setting.REST_RATE), decay);
      case "adam" ->
          new Optimizer.Adam(
              rate, real(Setting.BETA1), real(Setting.BETA2), real(Setting.EPSILON), decay);
      default ->
          new Optimizer.AdamW(
              rate, real(Setting.BETA1), real(Setting.BETA2), real(Setting.EPSILON), decay);
    };
  }

  private Schedule.Curve curve() {
    return switch ((String) get(Setting.SCHEDULE)) {
      case "cosine" -> new Schedule.Cosine(real(Setting.END));
      case "one-cycle" -> new Schedule.OneCycle(real(Setting.START), real(Setting.END));
      case "step" ->
          new Schedule.Steps(list(Setting.MILESTONES, Double.class), real(Setting.GAMMA));
      case "polynomial" -> new Schedule.Polynomial(real(Setting.POWER), real(Setting.END));
      default -> new Schedule.Constant();
    };
  }

  private ClassWeights weights() {
    Object said = get(Setting.CLASS_WEIGHTS);
    return said.equals("none")
        ? ClassWeights.none()
        : said.equals("balanced")
            ? ClassWeights.balanced()
            : ClassWeights.of(list(Setting.CLASS_WEIGHTS, Double.class));
  }

  private Object get(Setting setting) {
    return Objects.requireNonNull(all.get(setting), setting.key());
  }

  private int whole(Setting setting) {
    return Math.toIntExact((long) get(setting));
  }

  private double real(Setting setting) {
    return (double) get(setting);
  }

  private boolean is(Setting setting) {
    return (boolean) get(setting);
  }

  private String upper(Setting setting) {
    return ((String) get(setting)).toUpperCase(Locale.ROOT);
  }

  private <T> List<T> list(Setting setting, Class<T> items) {
    return ((List<?>) get(setting)).stream().<T>map(items::cast).toList();
  }
}
