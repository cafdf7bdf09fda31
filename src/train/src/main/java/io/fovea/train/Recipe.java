package io.fovea.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a network is trained. Immutable.
 *
 * @param epochs passes over the data
 * @param batch pictures a step
 * @param labelSmoothing share of the target that is spread over all classes, in [0, 1)
 * @param whiten whether the first convolution starts as what whitens the data's patches, and stays
 *     so (<a href="https://myrtle.ai/learn/how-to-train-your-resnet-8-bag-of-tricks/">Page
 *     2019</a>)
 * @param seed of the order of pictures and their augmentation
 */
public record Recipe(
    int epochs,
    int batch,
    Optimizer optimizer,
    Schedule schedule,
    Augmentation augmentation,
    Loss loss,
    double labelSmoothing,
    Selection selection,
    boolean whiten,
    long seed) {

  public Recipe {
    if (epochs < 1 || batch < 1 || !(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new TrainException(
          "recipe: expected epochs and batch of 1 or more and label smoothing in [0, 1), met %d, %d"
                  .formatted(epochs, batch)
              + " and "
              + labelSmoothing);
    }
    if (!(optimizer.learningRate() > 0) || Double.isInfinite(optimizer.learningRate())) {
      throw new TrainException(
          "recipe: expected a learning rate above 0, met " + optimizer.learningRate());
    }
  }

  /** Ten epochs of SGD at 0.1, batches of 64, a warm-up and a cosine, crops and flips. */
  public static Recipe classification() {
    return new Recipe(
        10,
        64,
        Optimizer.sgd(0.1),
        new Schedule(0.1, 0),
        new Augmentation(2, Augmentation.Flip.RANDOM),
        Loss.CROSS_ENTROPY,
        0,
        Selection.all(),
        false,
        0);
  }

  /** For pixels: AdamW at 0.002, batches of 4, flips; cross-entropy and Dice. */
  public static Recipe segmentation() {
    return classification()
        .batch(4)
        .optimizer(Optimizer.adamW(0.002))
        .augmentation(new Augmentation(0, Augmentation.Flip.RANDOM))
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
        .loss(Loss.MSE);
  }

  public Recipe epochs(int n) {
    return new Recipe(
        n, batch, optimizer, schedule, augmentation, loss, labelSmoothing, selection, whiten, seed);
  }

  public Recipe batch(int n) {
    return new Recipe(
        epochs,
        n,
        optimizer,
        schedule,
        augmentation,
        loss,
        labelSmoothing,
        selection,
        whiten,
        seed);
  }

  public Recipe optimizer(Optimizer o) {
    return new Recipe(
        epochs, batch, o, schedule, augmentation, loss, labelSmoothing, selection, whiten, seed);
  }

  public Recipe schedule(Schedule s) {
    return new Recipe(
        epochs, batch, optimizer, s, augmentation, loss, labelSmoothing, selection, whiten, seed);
  }

  public Recipe augmentation(Augmentation a) {
    return new Recipe(
        epochs, batch, optimizer, schedule, a, loss, labelSmoothing, selection, whiten, seed);
  }

  public Recipe loss(Loss l) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        augmentation,
        l,
        labelSmoothing,
        selection,
        whiten,
        seed);
  }

  public Recipe labelSmoothing(double share) {
    return new Recipe(
        epochs, batch, optimizer, schedule, augmentation, loss, share, selection, whiten, seed);
  }

  public Recipe selection(Selection s) {
    return new Recipe(
        epochs, batch, optimizer, schedule, augmentation, loss, labelSmoothing, s, whiten, seed);
  }

  public Recipe whiten(boolean is) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        augmentation,
        loss,
        labelSmoothing,
        selection,
        is,
        seed);
  }

  public Recipe seed(long s) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        augmentation,
        loss,
        labelSmoothing,
        selection,
        whiten,
        s);
  }

  /** The recipe as it is printed and stored in a model's provenance. */
  public Map<String, Object> facts() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("epochs", epochs);
    all.put("batch", batch);
    all.put("optimizer", optimizer.toString());
    all.put("schedule", schedule.toString());
    all.put("augmentation", augmentation.toString());
    all.put("loss", loss.toString());
    all.put("labelSmoothing", labelSmoothing);
    if (!selection.equals(Selection.all())) {
      all.put("selection", selection.toString());
    }
    if (whiten) {
      all.put("whiten", true);
    }
    all.put("seed", seed);
    return all;
  }
}
