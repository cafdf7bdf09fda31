package io.fovea.cli;

import io.fovea.train.Evaluation;
import io.fovea.train.LayerFigures;
import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training as it is seen from outside, thinned: about twenty points an epoch, each the mean of
 * the steps since the one before, and a lap an epoch. Not thread-safe.
 */
final class Trace implements Trainer.Listener {
  private static final int POINTS = 20; // an epoch
  private static final int SAMPLES = 100; // of the layers, a training
  private static final int SAMPLED_EVERY = 20; // steps, at most: a few percent of the time

  /**
   * Some steps.
   *
   * @param step the last of them, from 1, over all epochs
   * @param criticLoss NaN where no critic learns beside
   * @param accuracy share of right answers on augmented pictures; NaN where they are not counted
   * @param rate pictures a second
   * @param waiting share of the time in which the network waited for data
   * @param seconds since the start
   * @param layers as they were last measured in these steps; may be empty
   */
  record Point(
      int epoch,
      long step,
      double loss,
      double criticLoss,
      double accuracy,
      double learningRate,
      double rate,
      double waiting,
      double seconds,
      List<LayerFigures> layers) {
    /** The figures by name. */
    Map<String, Double> figures() {
      Map<String, Double> all = new LinkedHashMap<>();
      all.put("loss", loss);
      all.put("criticLoss", criticLoss);
      all.put("accuracy", accuracy);
      all.put("learningRate", learningRate);
      all.put("picturesPerSecond", rate);
      all.put("waiting", waiting);
      return all;
    }
  }

  /**
   * Where an epoch's time went, in seconds.
   *
   * @param decoding and augmenting, of all threads, beside the rest
   * @param waiting of the network for data
   * @param network forward and backward
   * @param optimizer changing the parameters
   * @param validation measuring the held-out part
   */
  record Stages(
      double decoding, double waiting, double network, double optimizer, double validation) {
    static final Stages NONE = new Stages(0, 0, 0, 0, 0);

    Stages plus(TrainingStep s) {
      return new Stages(
          decoding + s.decoded(),
          waiting + s.waited(),
          network + s.computed(),
          optimizer + s.updated(),
          validation);
    }

    Stages plus(Stages s) {
      return new Stages(
          decoding + s.decoding,
          waiting + s.waiting,
          network + s.network,
          optimizer + s.optimizer,
          validation + s.validation);
    }

    private Stages validated(double seconds) {
      double rest = Math.max(0, seconds - waiting - network - optimizer);
      return new Stages(decoding, waiting, network, optimizer, rest);
    }

    /** The stages by name. */
    Map<String, Double> figures() {
      Map<String, Double> all = new LinkedHashMap<>();
      all.put("decoding", decoding);
      all.put("waiting", waiting);
      all.put("forwardBackward", network);
      all.put("optimizer", optimizer);
      all.put("validation", validation);
      return all;
    }
  }

  /**
   * An epoch.
   *
   * @param step its last, from 1, over all epochs
   * @param rate pictures a second while training
   */
  record Lap(Trainer.Epoch epoch, long step, double learningRate, double rate, Stages stages) {
    /** The figures by name, but for the held-out ones. */
    Map<String, Double> figures() {
      Map<String, Double> all = new LinkedHashMap<>();
      all.put("loss", epoch.loss());
      all.put("learningRate", learningRate);
      all.put("picturesPerSecond", rate);
      all.put("waiting", epoch.waiting());
      all.put("seconds", epoch.seconds());
      return all;
    }
  }

  /** Who is told. */
  interface Sink extends AutoCloseable {
    void point(Point point);

    void lap(Lap lap);

    @Override
    default void close() throws IOException {}
  }

  private final List<? extends Sink> sinks;
  private final long start = System.nanoTime();
  private long steps;
  private int count;
  private double loss;
  private double criticLoss;
  private long right;
  private long pictures;
  private double seconds;
  private double waited;
  private List<LayerFigures> layers = List.of();
  private Stages stages = Stages.NONE;
  private long shown;
  private double learningRate;

  /**
   * Sees a training.
   *
   * @param done batches before it is seen
   */
  Trace(List<? extends Sink> sinks, long done) {
    this.sinks = sinks;
    this.steps = done;
  }

  @Override
  public int layersEvery(int all) {
    return sinks.isEmpty() ? 0 : Math.max(SAMPLED_EVERY, all / SAMPLES);
  }

  @Override
  public void step(TrainingStep s) {
    steps++;
    count++;
    loss += s.loss();
    criticLoss += s.criticLoss();
    right = s.right() < 0 || right < 0 ? -1 : right + s.right();
    pictures += s.pictures();
    shown += s.pictures();
    seconds += s.waited() + s.computed() + s.updated();
    waited += s.waited();
    layers = s.layers().isEmpty() ? layers : s.layers();
    stages = stages.plus(s);
    learningRate = s.learningRate();
    if (s.number() % Math.max(1, s.steps() / POINTS) == 0 || s.number() == s.steps()) {
      Point point =
          new Point(
              s.epoch(),
              steps,
              loss / count,
              criticLoss / count,
              right < 0 ? Double.NaN : (double) right / pictures,
              learningRate,
              pictures / seconds,
              waited / seconds,
              (System.nanoTime() - start) / 1e9,
              layers);
      sinks.forEach(sink -> sink.point(point));
      count = 0;
      loss = 0;
      criticLoss = 0;
      right = 0;
      pictures = 0;
      seconds = 0;
      waited = 0;
      layers = List.of();
    }
  }

  @Override
  public void epoch(Trainer.Epoch e) {
    Stages all = stages.validated(e.seconds());
    double trained = all.waiting + all.network + all.optimizer;
    Lap lap = new Lap(e, steps, learningRate, shown / trained, all);
    sinks.forEach(sink -> sink.lap(lap));
    stages = Stages.NONE;
    shown = 0;
  }

  /** The numbers of an evaluation that one curve each shows, by name. */
  static Map<String, Double> figures(Evaluation e) {
    Map<String, Double> all = new LinkedHashMap<>();
    if (e instanceof Evaluation.Classes c) {
      all.put("accuracy", c.confusion().accuracy());
      all.put("calibrationError", c.calibrationError());
    } else if (e instanceof Evaluation.Pixels p) {
      all.put("meanIou", p.confusion().meanIou());
      all.put("meanDice", p.confusion().meanDice());
      all.put("pixelAccuracy", p.confusion().accuracy());
    } else if (e instanceof Evaluation.Pictures p) {
      all.put("psnr", p.psnr());
      all.put("mse", p.mse());
    } else if (e instanceof Evaluation.Generated g) {
      all.put("distance", g.distance());
    } else if (e instanceof Evaluation.Values v) {
      all.put("r2", v.r2());
      for (Evaluation.Values.Error error : v.errors()) {
        all.put("mae " + error.name(), error.mae());
      }
    }
    return all;
  }
}
