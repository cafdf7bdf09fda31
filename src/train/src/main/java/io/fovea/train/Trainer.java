package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.Specification;
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
    /**
     * Training starts, or goes on.
     *
     * @param goesOn whether with a checkpoint
     * @param batches that it has learned from, over all epochs
     */
    default void begin(boolean goesOn, long batches) {}

    /** Something went wrong that does not end the training, such as a disk that is full. */
    default void warn(String message) {}

    /** Something was settled that whoever watches may want to know. */
    default void note(String message) {}

    /**
     * {@link Trainer#findLearningRate} has tried a rate.
     *
     * @param step from 1 to {@link RateCurve#STEPS}
     * @param loss after it, of the next batch
     */
    default void tried(int step, double rate, double loss) {}

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
  private final @Nullable Checkpoints checkpoints;

  private Trainer(
      Model model,
      Recipe recipe,
      @Nullable Preprocessing preprocessing,
      Device device,
      Listener listener,
      @Nullable Checkpoints checkpoints) {
    this.model = model;
    this.recipe = recipe;
    this.preprocessing = preprocessing;
    this.device = device;
    this.listener = listener;
    this.checkpoints = checkpoints;
  }

  /** Trains a graph by {@link Recipe#classification()}, fed as its metadata says. */
  public static Trainer of(Model model) {
    return new Trainer(model, Recipe.classification(), null, Device.cpu(), new Listener() {}, null);
  }

  public Trainer recipe(Recipe r) {
    return new Trainer(model, r, preprocessing, device, listener, checkpoints);
  }

  /** How pictures are fed to the net, in training and ever after. */
  public Trainer preprocessing(Preprocessing p) {
    return new Trainer(model, recipe, p, device, listener, checkpoints);
  }

  /** Where to train: the CPU, a CUDA device, or {@link Device#auto}; else the CPU. */
  public Trainer device(Device d) {
    return new Trainer(model, recipe, preprocessing, d, listener, checkpoints);
  }

  public Trainer listener(Listener l) {
    return new Trainer(model, recipe, preprocessing, device, l, checkpoints);
  }

  /** Has a training that is stopped go on later; none by default. */
  public Trainer checkpoints(Checkpoints c) {
    return new Trainer(model, recipe, preprocessing, device, listener, c);
  }

  /**
   * Trains.
   *
   * @param validation held out: measured after every epoch, never trained on
   * @throws TrainException where the graph or the data cannot be trained with, or there is a
   *     checkpoint of another training; nothing has then been written
   */
  public Trained fit(Dataset training, Dataset validation) {
    Specification known = known();
    Preprocessing fed = fed(known);
    Demands.check(model, recipe, fed, training, validation);
    if (checkpoints == null) {
      return fit(training, validation, known, fed, null);
    }
    Identity identity = Identity.of(model, recipe, fed, training, validation);
    try (CheckpointFile file = CheckpointFile.open(checkpoints, identity)) {
      return fit(training, validation, known, fed, file);
    }
  }

  /**
   * Tries learning rates from 1e-6 to 10, a step each, by the recipe's optimizer, batches and
   * changes of pictures, until the loss is four times its lowest. The net that learns is thrown
   * away: the model is as before. Pictures have their own size, whatever the initial scale.
   * Checkpoints play no part.
   *
   * @throws TrainException where the graph or the data cannot be trained with
   */
  public RateCurve findLearningRate(Dataset training) {
    Specification known = known();
    Preprocessing fed = fed(known);
    Demands.check(model, recipe, fed, training, training);
    Start start = Start.of(model, recipe.average(0), known, fed, training, device, Map.of());
    try (Guides guides = start.guides();
        Loader data = start.loader(training);
        Learner learner = start.learner(guides, precision(new Course(), start, data))) {
      return RateSearch.run(learner, start, data, listener);
    }
  }

  private Specification known() {
    return Specification.of(model.graph().name(), model.metadata());
  }

  private Preprocessing fed(Specification known) {
    Preprocessing fed = preprocessing == null ? known.preprocessing() : preprocessing;
    if (fed == null) {
      throw new TrainException(
          "the model does not say how pictures are fed to it; name a preprocessing");
    }
    return fed;
  }

  /** The recipe's, or what is measured; a training that goes on keeps to what it began with. */
  private Precision precision(Course course, Start start, Loader data) {
    if (recipe.precision() != Precision.AUTO) {
      return recipe.precision();
    }
    Precision chosen = course.precision();
    if (chosen == null) {
      chosen = Precision.faster(start, data, listener);
      course.computeIn(chosen);
      data.busySeconds(); // not the training's
    }
    return chosen;
  }

  private Trained fit(
      Dataset training,
      Dataset validation,
      Specification known,
      Preprocessing fed,
      @Nullable CheckpointFile file) {
    Checkpoint saved = file == null ? null : file.read(training, validation);
    Course course = saved == null ? new Course() : saved.course();
    Map<String, Tensor> tensors = saved == null ? Map.of() : saved.tensors();
    Start start = Start.of(model, recipe, known, fed, training, device, tensors);
    try (Guides guides = start.guides();
        Loader train = start.loader(training);
        Loader held = start.loader(validation);
        Learner learner = start.learner(guides, precision(course, start, train))) {
      Pace pace = start.pace();
      if (saved != null) {
        long updates = course.position().updates();
        learner.memory().forEach(memory -> memory.goOn(tensors, updates));
      }
      listener.begin(
          saved != null,
          (course.position().epoch() - 1L) * start.batches() + course.position().batches());
      learner.probe().layersEvery(listener.layersEvery(pace.updates() * recipe.epochs()));
      Saver saver = new Saver(file, learner, start.still(), training, validation, listener);
      if (saved == null) {
        saver.save(course, true); // so that what is told from now on is known to be this training's
      }
      while (!course.isDone(recipe)) {
        Epoch done;
        try {
          done = epoch(learner, train, start, held, validation, course, saver);
          String damaged = learner.graph().parameterNotFinite();
          if (!damaged.isEmpty()) {
            throw new NotFiniteException("after epoch %d: %s".formatted(done.number(), damaged));
          }
        } catch (NotFiniteException e) {
          Epoch kept = course.kept();
          if (kept == null) {
            throw e;
          }
          learner.restore(course.good());
          Trained before = trained(learner, held, training, validation, course, start, known);
          throw new DivergedException(e, before, kept.number());
        }
        course.ended(done);
        Epoch kept = course.kept();
        if (kept == null || recipe.patience() == 0 || isBetter(done, kept)) {
          try (Torch.Work shown = learner.shown()) {
            course.keep(done, learner.graph().state());
          }
        }
        listener.epoch(done);
        saver.save(course, course.isDone(recipe));
      }
      learner.restore(course.good());
      return trained(learner, held, training, validation, course, start, known);
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
      Course course,
      Start start,
      Specification known) {
    Epoch kept = Objects.requireNonNull(course.kept());
    Model trained = learner.export();
    Specification specification = start.specification(known, learner.graph().ending());
    for (var fact : provenance(training, validation, course).entrySet()) {
      specification = specification.withProvenance(fact.getKey(), fact.getValue());
    }
    Map<String, Double> dropped = learner.auxiliary().weights();
    if (!dropped.isEmpty()) {
      specification = specification.withProvenance("droppedOnExport", dropped);
    }
    for (var pair : specification.toMetadata().entrySet()) {
      trained = trained.withMetadata(pair.getKey(), pair.getValue());
    }
    return Trained.of(trained, List.copyOf(course.history()), kept, learner, held, recipe.batch());
  }

  private Epoch epoch(
      Learner learner,
      Loader train,
      Start start,
      Loader held,
      Dataset validation,
      Course course,
      Saver saver) {
    Course.Position from = course.position();
    int epoch = from.epoch();
    long begun = System.nanoTime() - (long) (1e9 * from.seconds());
    double[] sum = {from.lossSum()};
    long[] waited = {(long) (1e9 * from.waitedSeconds())};
    long[] updates = {from.updates()};
    long[] free = {System.nanoTime()}; // since when the network waits
    int steps = start.batches();
    Pace pace = start.pace();
    learner.scale(new Growth(recipe.initialScale(), recipe.epochs()).scale(epoch));
    start.shuffled(
        train,
        epoch,
        from.batches(),
        (batch, step) -> {
          long before = System.nanoTime();
          waited[0] += before - free[0];
          int done = (epoch - 1) * pace.updates() + pace.update(step);
          double rate =
              recipe.optimizer().learningRate()
                  * recipe.schedule().factor(done, pace.updates() * recipe.epochs());
          double loss;
          try {
            Torch.seed(Loader.mix(recipe.seed(), epoch, -2L - step));
            loss =
                learner.learn(
                    batch.pixels(), batch.shape(), batch.targets(), pace.share(step), rate);
            if (pace.endsUpdate(step)) {
              learner.update(rate);
              updates[0]++;
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
                  learner.criticLoss(),
                  learner.probe().right(),
                  rate,
                  (before - free[0]) / 1e9,
                  (end - before) / 1e9 - updated,
                  updated,
                  train.busySeconds(),
                  learner.probe().layers()));
          course.at(
              new Course.Position(
                  epoch,
                  step + 1,
                  updates[0],
                  sum[0],
                  (System.nanoTime() - begun) / 1e9,
                  waited[0] / 1e9));
          if (pace.endsUpdate(step) && step + 1 < steps) { // after the last once it is measured
            saver.save(course, false);
          }
          free[0] = System.nanoTime();
        });
    long trained = System.nanoTime();
    Tally tally = start.tally(validation);
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
        (System.nanoTime() - begun) / 1e9,
        (double) waited[0] / (trained - begun));
  }

  private static String at(int epoch, int step, TrainException e) {
    return "epoch %d, step %d: %s".formatted(epoch, step + 1, e.getMessage());
  }

  private Map<String, Object> provenance(Dataset training, Dataset held, Course course) {
    Epoch kept = Objects.requireNonNull(course.kept());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("graph", model.graph().name());
    facts.put("trainedOn", training.size());
    facts.put("heldOut", held.size());
    facts.put("recipe", recipe.facts());
    facts.put("epoch", kept.number());
    facts.put("heldOutFigures", kept.heldOut().headline());
    facts.put("lastLoss", kept.loss());
    Precision chosen = course.precision();
    if (chosen != null && recipe.precision() == Precision.AUTO) {
      facts.put("precision", chosen.word());
    }
    int unreadable = Unreadable.positions(training).length + Unreadable.positions(held).length;
    if (unreadable > 0) {
      facts.put("unreadable", unreadable);
    }
    return facts;
  }
}
