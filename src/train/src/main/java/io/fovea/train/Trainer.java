package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Trains an ONNX graph: its float initializers change, nothing else does. Immutable configuration;
 * {@link #fit} may be called again and gives the same result on the same machine with the same seed
 * and threads.
 */
public final class Trainer {
  /** Hears how a training goes; called on the thread that trains. */
  public interface Listener {
    /** A batch is learned from. */
    default void step(TrainingStep step) {}

    /** An epoch is done. */
    default void epoch(Epoch epoch) {}

    /**
     * Every how many steps of the optimizer the layers are measured, the first included; 0 for
     * never. Such a step takes a little longer.
     *
     * @param steps of the whole training
     */
    default int layersEvery(int steps) {
      return 0;
    }
  }

  /**
   * An epoch's figures.
   *
   * @param number from 1
   * @param loss mean over the epoch's steps
   * @param heldOut how well the net does on the held-out part, at the size that it is fed
   * @param waiting share of the time in which the network waited for data, in [0, 1]
   */
  public record Epoch(
      int number, double loss, Evaluation heldOut, double seconds, double waiting) {}

  private final Model model;
  private final Recipe recipe;
  private final @Nullable Preprocessing preprocessing;
  private final Device device;
  private final Listener listener;

  private Trainer(
      Model model,
      Recipe recipe,
      @Nullable Preprocessing preprocessing,
      Device device,
      Listener listener) {
    this.model = model;
    this.recipe = recipe;
    this.preprocessing = preprocessing;
    this.device = device;
    this.listener = listener;
  }

  /** Trains a graph by {@link Recipe#classification()}, fed as its metadata says. */
  public static Trainer of(Model model) {
    return new Trainer(model, Recipe.classification(), null, Device.cpu(), new Listener() {});
  }

  public Trainer recipe(Recipe r) {
    return new Trainer(model, r, preprocessing, device, listener);
  }

  /** How pictures are fed to the net, in training and ever after. */
  public Trainer preprocessing(Preprocessing p) {
    return new Trainer(model, recipe, p, device, listener);
  }

  /** Where to train: the CPU, a CUDA device, or {@link Device#auto}; else the CPU. */
  public Trainer device(Device d) {
    return new Trainer(model, recipe, preprocessing, d, listener);
  }

  public Trainer listener(Listener l) {
    return new Trainer(model, recipe, preprocessing, device, l);
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
    if (!validation.labels().equals(training.labels())) {
      throw new TrainException(
          "the held-out part: expected the classes %s as what is trained on has, met %s"
              .formatted(training.labels(), validation.labels()));
    }
    checkTask(training);
    boolean pictures = training.task() == Task.Kind.PICTURE;
    if (fed.tiles() != null && !pictures && training.task() != Task.Kind.SEGMENTATION) {
      throw new TrainException(
          "tiles are for masks and pictures; classes and values are of whole pictures");
    }
    List<Dim> input = model.graph().inputs().get(0).type().shape();
    if (input != null && input.size() == 4 && input.get(1).contradicts(Dim.of(fed.channels()))) {
      throw new TrainException(
          "the preprocessing gives %d channels, the net wants %s"
              .formatted(fed.channels(), input.get(1)));
    }
    if (pictures) {
      Pairs.check(fed);
      List<Dim> output = model.graph().outputs().get(0).type().shape();
      if (output != null && output.get(1).contradicts(Dim.of(fed.channels()))) {
        throw new TrainException(
            "the preprocessing gives pictures of %d channels, the net makes some of %s"
                .formatted(fed.channels(), output.get(1)));
      }
    }
    Task.Range range = range(known);
    List<Epoch> history = new ArrayList<>();
    Model start = model;
    double[] unit = {};
    if (training.task() == Task.Kind.REGRESSION) {
      double[][] spread = ValueHead.spread(training);
      unit = spread[1];
      start = known.task() == null ? ValueHead.startingAt(model, spread[0], spread[1]) : model;
    }
    Recipe used = recipe;
    if (recipe.whiten()) {
      start = Whitening.of(start, training, fed, recipe.seed());
      used = recipe.selection(recipe.selection().freezing(Whitening.weight(start)));
    }
    double[] weights = recipe.classWeights().of(training);
    Order order = recipe.balancedSampling() ? Order.balanced(training) : Order.shuffled(training);
    Place place = Place.of(device);
    try (Guides guides = Guides.of(recipe.loss(), fed, training.labels(), place);
        Learner learner = new Learner(start, used, place, weights, range, guides, unit);
        Loader train = new Loader(training, fed, Loader.threads());
        Loader held = new Loader(validation, fed, Loader.threads())) {
      int updates = new Pace(order.size(), recipe.batch(), recipe.accumulate()).updates();
      learner.probe().layersEvery(listener.layersEvery(updates * recipe.epochs()));
      Map<String, Tensor> good = Map.of(); // the net that is kept
      Epoch kept = null;
      for (int epoch = 1; epoch <= recipe.epochs(); epoch++) {
        Epoch done;
        try {
          done = epoch(learner, train, order, held, validation, range, epoch);
          String damaged = learner.graph().parameterNotFinite();
          if (!damaged.isEmpty()) {
            throw new NotFiniteException("after epoch %d: %s".formatted(epoch, damaged));
          }
        } catch (NotFiniteException e) {
          if (kept == null) {
            throw e;
          }
          learner.restore(good);
          Trained before = trained(learner, held, training, validation, history, kept, fed, known);
          throw new DivergedException(e, before, kept.number());
        }
        history.add(done);
        if (kept == null || recipe.patience() == 0 || isBetter(done, kept)) {
          kept = done;
          try (Torch.Work shown = learner.shown()) {
            good = learner.graph().state();
          }
        }
        listener.epoch(done);
        if (recipe.patience() > 0 && epoch - kept.number() >= recipe.patience()) {
          break;
        }
      }
      learner.restore(good);
      return trained(
          learner, held, training, validation, history, Objects.requireNonNull(kept), fed, known);
    }
  }

  private static boolean isBetter(Epoch one, Epoch other) {
    return !(one.heldOut().figure() <= other.heldOut().figure())
        && !Double.isNaN(one.heldOut().figure());
  }

  private Trained trained(
      Learner learner,
      Loader held,
      Dataset training,
      Dataset validation,
      List<Epoch> history,
      Epoch kept,
      Preprocessing fed,
      Specification known) {
    Model trained = learner.export();
    Specification specification =
        known
            .withTask(task(training, known, learner.graph().ending()))
            .withPreprocessing(fed)
            .withLabels(training.labels());
    for (var fact : provenance(training, validation, kept).entrySet()) {
      specification = specification.withProvenance(fact.getKey(), fact.getValue());
    }
    Map<String, Double> dropped = learner.auxiliary().weights();
    if (!dropped.isEmpty()) {
      specification = specification.withProvenance("droppedOnExport", dropped);
    }
    for (var pair : specification.toMetadata().entrySet()) {
      trained = trained.withMetadata(pair.getKey(), pair.getValue());
    }
    return Trained.of(trained, List.copyOf(history), kept, learner, held);
  }

  private Task task(Dataset training, Specification known, Ending ending) {
    return training.task() == Task.Kind.PICTURE
        ? new Task(Task.Kind.PICTURE, Task.Output.VALUES, range(known))
        : new Task(training.task(), output(training, ending));
  }

  /**
   * What stands for black and white in the pictures that a net makes: as its file says, else [-1,
   * 1] after a tanh and [0, 1] after all else.
   */
  private Task.Range range(Specification known) {
    Task.Range said = known.task() == null ? null : known.task().range();
    if (said != null) {
      return said;
    }
    Node last = Ending.last(model.graph(), model.graph().outputs().get(0).name());
    boolean tanh = last != null && last.operator().equals("Tanh");
    return tanh ? new Task.Range(-1, 1) : Learner.UNIT;
  }

  private static Task.Output output(Dataset training, Ending ending) {
    if (training.task() == Task.Kind.REGRESSION) {
      return Task.Output.VALUES;
    }
    boolean logits = ending.kind() == Ending.Kind.OTHER || ending.kind() == Ending.Kind.LOG_SOFTMAX;
    return logits ? Task.Output.LOGITS : Task.Output.PROBABILITIES;
  }

  /** Tells what does not fit before hours of training, where the graph says it. */
  private void checkTask(Dataset training) {
    boolean values = training.task() == Task.Kind.REGRESSION;
    recipe.loss().check(training.task());
    if (!recipe.classWeights().isNone() && !recipe.loss().weighsClasses()) {
      throw new TrainException(
          "class-weights: loss %s counts all classes alike".formatted(recipe.loss()));
    }
    List<Dim> shape = model.graph().outputs().get(0).type().shape();
    if (training.task() == Task.Kind.PICTURE) {
      if (shape != null && shape.size() != 4) {
        throw new TrainException(
            "the data is pictures, the net's output is %s; expected [batch, channels, height, width]"
                .formatted(shape));
      }
      return;
    }
    if (training.labels().size() < (values ? 1 : 2)) {
      throw new TrainException("expected two classes or more, met %s".formatted(training.labels()));
    }
    if (shape == null || shape.size() < 2) {
      return;
    }
    boolean perPixel = training.task() == Task.Kind.SEGMENTATION;
    if (perPixel != (shape.size() == 4 && !shape.get(2).equals(Dim.of(1)))) {
      throw new TrainException(
          perPixel
              ? "the data is masks, the net's output is %s; expected [batch, classes, height, width]"
                  .formatted(shape)
              : "the net's output is %s, but the data has no masks".formatted(shape));
    }
    int count = training.labels().size();
    boolean binary = count == 2 && Ending.of(model.graph()).kind() == Ending.Kind.SIGMOID;
    if (shape.get(1).isKnown()
        && shape.get(1).size() != count
        && !(binary && shape.get(1).size() == 1)) {
      throw new TrainException(
          "the net has %s outputs, the data has %d %s"
              .formatted(shape.get(1), count, values ? "values" : "classes"));
    }
  }

  private Epoch epoch(
      Learner learner,
      Loader train,
      Order order,
      Loader held,
      Dataset validation,
      Task.Range range,
      int epoch) {
    long start = System.nanoTime();
    double[] sum = new double[1];
    long[] waited = new long[1];
    long[] free = {start}; // since when the network waits
    int steps = Loader.steps(order.size(), recipe.batch(), true);
    Pace pace = new Pace(order.size(), recipe.batch(), recipe.accumulate());
    train.shuffled(
        recipe.batch(),
        recipe.seed(),
        epoch,
        order,
        recipe.augmentation(),
        (batch, step) -> {
          long before = System.nanoTime();
          waited[0] += before - free[0];
          int done = (epoch - 1) * pace.updates() + pace.update(step);
          double rate =
              recipe.optimizer().learningRate()
                  * recipe.schedule().factor(done, pace.updates() * recipe.epochs());
          double loss;
          try {
            loss = learner.learn(batch.pixels(), batch.shape(), batch.targets(), pace.share(step));
            if (pace.endsUpdate(step)) {
              learner.update(rate);
            }
          } catch (NotFiniteException e) {
            throw new NotFiniteException(at(epoch, step, e));
          } catch (TrainException e) {
            throw new TrainException(at(epoch, step, e), e);
          }
          sum[0] += loss;
          long end = System.nanoTime();
          double updated = learner.updateSeconds();
          listener.step(
              new TrainingStep(
                  epoch,
                  step + 1,
                  steps,
                  (int) batch.shape()[0],
                  loss,
                  sum[0] / (step + 1),
                  learner.probe().right(),
                  rate,
                  (before - free[0]) / 1e9,
                  (end - before) / 1e9 - updated,
                  updated,
                  train.busySeconds(),
                  learner.probe().layers()));
          free[0] = System.nanoTime();
        });
    long trained = System.nanoTime();
    Tally tally = Tally.of(validation, range);
    try (Torch.Work shown = learner.shown()) {
      held.inOrder(
          recipe.batch(),
          Integer.MAX_VALUE,
          (batch, step) ->
              tally.add(
                  learner.infer(batch.pixels(), batch.shape()),
                  learner.graph().ending().kind(),
                  batch.targets()));
    }
    return new Epoch(
        epoch,
        sum[0] / steps,
        tally.evaluation(),
        (System.nanoTime() - start) / 1e9,
        (double) waited[0] / (trained - start));
  }

  private static String at(int epoch, int step, TrainException e) {
    return "epoch %d, step %d: %s".formatted(epoch, step + 1, e.getMessage());
  }

  private Map<String, Object> provenance(Dataset training, Dataset held, Epoch kept) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("graph", model.graph().name());
    facts.put("trainedOn", training.size());
    facts.put("heldOut", held.size());
    facts.put("recipe", recipe.facts());
    facts.put("epoch", kept.number());
    facts.put("heldOutFigures", kept.heldOut().headline());
    facts.put("lastLoss", kept.loss());
    return facts;
  }
}
