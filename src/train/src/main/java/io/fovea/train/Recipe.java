package io.fovea.train;

import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How a network is trained. Immutable; written and read as YAML, in which every component has the
 * key of its {@link Setting}.
 *
 * @param epochs passes over the data
 * @param batch pictures that the net sees at once
 * @param accumulate batches whose gradients make one step, as one batch of all their pictures would
 *     (but for batch normalization, which sees each batch alone)
 * @param clipNorm largest norm of all gradients together, to which longer ones are scaled (<a
 *     href="https://arxiv.org/abs/1211.5063">Pascanu 2012</a>); 0 for none
 * @param average decay of an exponential moving average over the steps' parameters and running
 *     statistics, which is measured and written in their place (<a
 *     href="https://arxiv.org/abs/1703.01780">Tarvainen 2017</a>); 0 for none. At step t, from 1,
 *     it is at most (1 + t) / (10 + t), so that the start is soon forgotten.
 * @param patience epochs without a better held-out figure after which training ends, and the best
 *     epoch's net is kept; 0 for never. The figure of a net so chosen flatters it.
 * @param labelSmoothing share of the target that is spread over all classes, in [0, 1) (<a
 *     href="https://arxiv.org/abs/1512.00567">Szegedy 2015</a>)
 * @param balancedSampling whether an epoch, as long as ever, shows each class equally often
 * @param whiten whether the first convolution starts as what whitens the data's patches, and stays
 *     so (<a href="https://myrtle.ai/learn/how-to-train-your-resnet-8-bag-of-tricks/">Page
 *     2019</a>)
 * @param stochasticDepth share of the pictures for which the last residual branch is left out while
 *     training, and earlier ones in proportion (<a href="https://arxiv.org/abs/1603.09382">Huang
 *     2016</a>); 0 for never
 * @param initialScale share of their width and height that training pictures have in the first
 *     epoch, in (0, 1], from which they grow to their own size by four fifths of the epochs (<a
 *     href="https://arxiv.org/abs/2104.00298">Tan 2021</a>); 1 for their own size at once
 * @param precision of convolutions and matrix products while they are trained; {@link
 *     Precision#AUTO} is measured once, and a training that goes on keeps to what was chosen
 * @param layout of pictures and kernels in memory, on the CPU
 * @param seed of the order of pictures and their augmentation
 */
public record Recipe(
    int epochs,
    int batch,
    int accumulate,
    Optimizer optimizer,
    Schedule schedule,
    double clipNorm,
    double average,
    int patience,
    Augmentation augmentation,
    Loss loss,
    double labelSmoothing,
    ClassWeights classWeights,
    boolean balancedSampling,
    Selection selection,
    boolean whiten,
    double stochasticDepth,
    double initialScale,
    Precision precision,
    Layout layout,
    long seed) {

  public Recipe {
    Setting.EPOCHS.check(epochs);
    Setting.BATCH.check(batch);
    Setting.ACCUMULATE.check(accumulate);
    Setting.CLIP_NORM.check(clipNorm);
    Setting.EMA.check(average);
    Setting.PATIENCE.check(patience);
    Setting.LABEL_SMOOTHING.check(labelSmoothing);
    Setting.STOCHASTIC_DEPTH.check(stochasticDepth);
    Setting.INITIAL_SCALE.check(initialScale);
  }

  /** Ten epochs of SGD at 0.1, batches of 64, a warm-up and a cosine, crops and flips. */
  public static Recipe classification() {
    return new Draft().recipe();
  }

  /** For pixels: AdamW at 0.002, batches of 4, flips; cross-entropy and Dice. */
  public static Recipe segmentation() {
    return classification()
        .batch(4)
        .optimizer(Optimizer.adamW(0.002))
        .augmentation(new Augmentation(0, Augmentation.Flip.RANDOM))
        .layout(Layout.CHANNELS_FIRST)
        .loss(Loss.CROSS_ENTROPY_DICE);
  }

  /** For values: AdamW at 0.002, batches of 32, no augmentation; mean squared error. */
  public static Recipe regression() {
    return classification()
        .batch(32)
        .optimizer(Optimizer.adamW(0.002))
        .augmentation(Augmentation.none())
        .loss(Loss.MSE);
  }

  /** For pictures that are made: AdamW at 0.001, batches of 16, flips; mean squared error. */
  public static Recipe pictures() {
    return classification()
        .batch(16)
        .optimizer(Optimizer.adamW(0.001))
        .augmentation(new Augmentation(0, Augmentation.Flip.RANDOM))
        .layout(Layout.CHANNELS_FIRST)
        .loss(Loss.MSE);
  }

  /**
   * For pictures that are made of noise, as Radford 2016 has it: Adam at 0.0002 with a first beta
   * of 0.5, the rate constant, batches of 64, no augmentation. What remains to be named is a loss
   * with a critic, {@link Loss.Lsgan} or {@link Loss.Hinge}.
   */
  public static Recipe generation() {
    return classification()
        .optimizer(new Optimizer.Adam(0.0002, 0.5, 0.999, 1e-8, 0))
        .schedule(new Schedule(0, new Schedule.Constant()))
        .augmentation(Augmentation.none())
        .layout(Layout.CHANNELS_FIRST)
        .loss(Loss.MSE);
  }

  /** The one of these for a task. */
  public static Recipe of(Task.Kind task) {
    return switch (task) {
      case SEGMENTATION -> segmentation();
      case REGRESSION -> regression();
      case PICTURE -> pictures();
      case GENERATION -> generation();
      default -> classification();
    };
  }

  /**
   * A recipe file over this recipe.
   *
   * @param file YAML: keys of {@link Setting}s, each at most once
   * @throws TrainException naming file, line and key of what does not fit
   */
  public Recipe with(Path file) {
    return Settings.read(file).over(this);
  }

  public Recipe epochs(int n) {
    return with(d -> d.epochs = n);
  }

  public Recipe batch(int n) {
    return with(d -> d.batch = n);
  }

  public Recipe accumulate(int batches) {
    return with(d -> d.accumulate = batches);
  }

  public Recipe optimizer(Optimizer o) {
    return with(d -> d.optimizer = o);
  }

  public Recipe schedule(Schedule s) {
    return with(d -> d.schedule = s);
  }

  public Recipe clipNorm(double norm) {
    return with(d -> d.clipNorm = norm);
  }

  public Recipe average(double decay) {
    return with(d -> d.average = decay);
  }

  public Recipe patience(int epochs) {
    return with(d -> d.patience = epochs);
  }

  public Recipe augmentation(Augmentation a) {
    return with(d -> d.augmentation = a);
  }

  public Recipe loss(Loss l) {
    return with(d -> d.loss = l);
  }

  public Recipe labelSmoothing(double share) {
    return with(d -> d.labelSmoothing = share);
  }

  public Recipe classWeights(ClassWeights w) {
    return with(d -> d.classWeights = w);
  }

  public Recipe balancedSampling(boolean is) {
    return with(d -> d.balancedSampling = is);
  }

  public Recipe selection(Selection s) {
    return with(d -> d.selection = s);
  }

  public Recipe whiten(boolean is) {
    return with(d -> d.whiten = is);
  }

  public Recipe stochasticDepth(double share) {
    return with(d -> d.stochasticDepth = share);
  }

  public Recipe initialScale(double scale) {
    return with(d -> d.initialScale = scale);
  }

  public Recipe precision(Precision p) {
    return with(d -> d.precision = p);
  }

  public Recipe layout(Layout l) {
    return with(d -> d.layout = l);
  }

  public Recipe seed(long s) {
    return with(d -> d.seed = s);
  }

  /** All that is in effect, by the settings' keys, as it is stored in a model's provenance. */
  public Map<String, Object> facts() {
    Map<String, Object> all = new LinkedHashMap<>();
    RecipeFacts.of(this).forEach((setting, value) -> all.put(setting.key(), value));
    return all;
  }

  /** All that is in effect, as a recipe file. */
  public String toYaml() {
    return Settings.yaml(facts());
  }

  private Recipe with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.recipe();
  }

  /** A recipe that is being changed; {@link #classification} at first. */
  private static final class Draft {
    private int epochs = 10;
    private int batch = 64;
    private int accumulate = 1;
    private Optimizer optimizer = Optimizer.sgd(0.1);
    private Schedule schedule = Schedule.cosine(0.1);
    private double clipNorm;
    private double average;
    private int patience;
    private Augmentation augmentation = new Augmentation(2, Augmentation.Flip.RANDOM);
    private Loss loss = Loss.CROSS_ENTROPY;
    private double labelSmoothing;
    private ClassWeights classWeights = ClassWeights.none();
    private boolean balancedSampling;
    private Selection selection = Selection.all();
    private boolean whiten;
    private double stochasticDepth;
    private double initialScale = 1;
    private Precision precision = Precision.FLOAT;
    private Layout layout = Layout.CHANNELS_LAST;
    private long seed;

    Draft() {}

    Draft(Recipe r) {
      epochs = r.epochs;
      batch = r.batch;
      accumulate = r.accumulate;
      optimizer = r.optimizer;
      schedule = r.schedule;
      clipNorm = r.clipNorm;
      average = r.average;
      patience = r.patience;
      augmentation = r.augmentation;
      loss = r.loss;
      labelSmoothing = r.labelSmoothing;
      classWeights = r.classWeights;
      balancedSampling = r.balancedSampling;
      selection = r.selection;
      whiten = r.whiten;
      stochasticDepth = r.stochasticDepth;
      initialScale = r.initialScale;
      precision = r.precision;
      layout = r.layout;
      seed = r.seed;
    }

    Recipe recipe() {
      return new Recipe(
          epochs,
          batch,
          accumulate,
          optimizer,
          schedule,
          clipNorm,
          average,
          patience,
          augmentation,
          loss,
          labelSmoothing,
          classWeights,
          balancedSampling,
          selection,
          whiten,
          stochasticDepth,
          initialScale,
          precision,
          layout,
          seed);
    }
  }
}
