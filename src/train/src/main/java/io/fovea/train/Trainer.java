package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trains an ONNX graph: its float initializers change, nothing else does. Immutable configuration;
 * {@link #fit} may be called again and gives the same result on the same machine with the same seed
 * and threads.
 */
public final class Trainer {
  /** Hears how a training goes; called on the thread that trains. */
  public interface Listener {
    /** A step is done. Both numbers count from 1; {@code loss} is the mean of the epoch so far. */
    default void step(int epoch, int step, int steps, double loss) {}

    /** An epoch is done. */
    default void epoch(Epoch epoch) {}
  }

  /**
   * An epoch's figures.
   *
   * @param number from 1
   * @param loss mean over the epoch's steps
   * @param accuracy share of right answers on the held-out part, in [0, 1]
   * @param waiting share of the time in which the network waited for data, in [0, 1]
   */
  public record Epoch(int number, double loss, double accuracy, double seconds, double waiting) {}

  private final Model model;
  private final Recipe recipe;
  private final @Nullable Preprocessing preprocessing;
  private final Listener listener;

  private Trainer(
      Model model, Recipe recipe, @Nullable Preprocessing preprocessing, Listener listener) {
    this.model = model;
    this.recipe = recipe;
    this.preprocessing = preprocessing;
    this.listener = listener;
  }

  /** Trains a graph by {@link Recipe#classification()}, fed as its metadata says. */
  public static Trainer of(Model model) {
    return new Trainer(model, Recipe.classification(), null, new Listener() {});
  }

  public Trainer recipe(Recipe r) {
    return new Trainer(model, r, preprocessing, listener);
  }

  /** How pictures are fed to the net, in training and ever after. */
  public Trainer preprocessing(Preprocessing p) {
    return new Trainer(model, recipe, p, listener);
  }

  public Trainer listener(Listener l) {
    return new Trainer(model, recipe, preprocessing, l);
  }

  /**
   * Trains.
   *
   * @param validation held out: measured after every epoch, never trained on
   * @throws TrainException where the graph or the data cannot be trained with; nothing has then
   *     been written
   */
  public Trained fit(Dataset training, Dataset validation) {
    Specification known = Specification.of(model.graph().name(), model.metadata());
    Preprocessing fed = preprocessing == null ? known.preprocessing() : preprocessing;
    if (fed == null) {
      throw new TrainException(
          "the model does not say how pictures are fed to it; name a preprocessing");
    }
    if (training.size() < 2) {
      throw new TrainException("expected at least two pictures to train on");
    }
    checkClasses(training);
    List<Epoch> history = new ArrayList<>();
    try (Learner learner = new Learner(model, recipe.optimizer(), recipe.labelSmoothing());
        Loader train = new Loader(training, fed, 2);
        Loader held = new Loader(validation, fed, 2)) {
      int steps = Loader.steps(training.size(), recipe.batch(), true);
      for (int epoch = 1; epoch <= recipe.epochs(); epoch++) {
        history.add(epoch(learner, train, held, epoch, steps));
        listener.epoch(history.get(history.size() - 1));
      }
      Model trained = learner.graph().export();
      Specification specification =
          known
              .withTask(new Task(Task.Kind.CLASSIFICATION, Task.Output.LOGITS))
              .withPreprocessing(fed)
              .withLabels(training.labels());
      for (var fact : provenance(training, validation, history).entrySet()) {
        specification = specification.withProvenance(fact.getKey(), fact.getValue());
      }
      for (var pair : specification.toMetadata().entrySet()) {
        trained = trained.withMetadata(pair.getKey(), pair.getValue());
      }
      return Trained.of(trained, List.copyOf(history), learner, held);
    }
  }

  /** Tells a wrong number of classes before hours of training, where the graph says it. */
  private void checkClasses(Dataset training) {
    List<Dim> shape = model.graph().outputs().get(0).type().shape();
    if (shape == null || shape.size() != 2 || !shape.get(1).isKnown()) {
      return;
    }
    long outputs = shape.get(1).size();
    if (outputs != training.labels().size()) {
      throw new TrainException(
          "the net has %d outputs, the data has %d classes"
              .formatted(outputs, training.labels().size()));
    }
  }

  private Epoch epoch(Learner learner, Loader train, Loader held, int epoch, int steps) {
    long start = System.nanoTime();
    double[] sum = new double[1];
    long[] busy = new long[1];
    train.shuffled(
        recipe.batch(),
        recipe.seed(),
        epoch,
        recipe.augmentation(),
        (batch, step) -> {
          long before = System.nanoTime();
          int done = (epoch - 1) * steps + step;
          double rate =
              recipe.optimizer().learningRate()
                  * recipe.schedule().factor(done, steps * recipe.epochs());
          try {
            sum[0] += learner.step(batch.pixels(), batch.shape(), batch.labels(), rate);
          } catch (TrainException e) {
            throw new TrainException(
                "epoch %d, step %d: %s".formatted(epoch, step + 1, e.getMessage()), e);
          }
          busy[0] += System.nanoTime() - before;
          listener.step(epoch, step + 1, steps, sum[0] / (step + 1));
        });
    long trained = System.nanoTime();
    int[] right = new int[2];
    held.inOrder(
        2 * recipe.batch(),
        Integer.MAX_VALUE,
        (batch, step) -> {
          float[] logits = learner.infer(batch.pixels(), batch.shape());
          right[0] += correct(logits, batch.labels());
          right[1] += batch.count();
        });
    return new Epoch(
        epoch,
        sum[0] / steps,
        (double) right[0] / Math.max(1, right[1]),
        (System.nanoTime() - start) / 1e9,
        1 - (double) busy[0] / (trained - start));
  }

  private static int correct(float[] logits, long[] labels) {
    int classes = logits.length / labels.length;
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        best = logits[i * classes + c] > logits[i * classes + best] ? c : best;
      }
      right += best == labels[i] ? 1 : 0;
    }
    return right;
  }

  private Map<String, Object> provenance(Dataset training, Dataset held, List<Epoch> history) {
    Epoch last = history.get(history.size() - 1);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("graph", model.graph().name());
    facts.put("trainedOn", training.size());
    facts.put("heldOut", held.size());
    facts.put("recipe", recipe.facts());
    facts.put("heldOutAccuracy", last.accuracy());
    facts.put("lastLoss", last.loss());
    return facts;
  }
}
