package io.fovea.train;

import java.util.ArrayList;
import java.util.List;

/** One step for each of many rising learning rates, until the loss runs away. Not thread-safe. */
final class RateSearch implements Loader.Use {
  private static final double FROM = 1e-6;
  private static final double TO = 10;
  private static final int RECENT = 5; // losses whose mean tells whether it runs away
  private static final double AWAY = 4; // times the lowest such mean

  private final Learner learner;
  private final Start start;
  private final Trainer.Listener listener;
  private final Pace pace;
  private final List<Double> losses = new ArrayList<>(); // before the first step, then after each
  private int epoch;
  private double loss; // of the step at hand, so far
  private double lowest = Double.POSITIVE_INFINITY;
  private boolean away;

  private RateSearch(Learner learner, Start start, Trainer.Listener listener) {
    this.learner = learner;
    this.start = start;
    this.listener = listener;
    this.pace = start.pace();
  }

  /** Searches by a net that is of no use afterwards. */
  static RateCurve run(Learner learner, Start start, Loader data, Trainer.Listener listener) {
    RateSearch search = new RateSearch(learner, start, listener);
    int before = -1;
    while (!search.isDone() && search.losses.size() > before) {
      before = search.losses.size();
      search.epoch++;
      start.shuffled(data, search.epoch, 0, search);
    }
    int tried = Math.max(0, search.losses.size() - 1);
    double[] rates = new double[tried];
    double[] after = new double[tried];
    for (int i = 0; i < tried; i++) {
      rates[i] = rate(i);
      after[i] = search.losses.get(i + 1);
    }
    return RateCurve.of(rates, after);
  }

  private static double rate(int step) {
    return FROM * Math.pow(TO / FROM, (double) step / (RateCurve.STEPS - 1));
  }

  @Override
  public void accept(Loader.Batch batch, int index) {
    Torch.seed(Loader.mix(start.recipe().seed(), epoch, -2L - index));
    double share = pace.share(index);
    try {
      loss +=
          share
              * learner.learn(
                  batch.pixels(), batch.shape(), batch.targets(), share, rate(losses.size()));
    } catch (NotFiniteException e) {
      if (losses.size() < 2) {
        throw e; // no rate's fault
      }
      away = true;
      return;
    }
    if (!pace.endsUpdate(index)) {
      return;
    }
    losses.add(loss);
    loss = 0;
    int tried = losses.size() - 1;
    if (tried > 0) {
      listener.tried(tried, rate(tried - 1), losses.get(tried));
    }
    away = runsAway();
    if (!isDone()) {
      learner.update(rate(tried));
    }
  }

  private boolean runsAway() {
    if (losses.size() < RECENT) {
      return false;
    }
    List<Double> recent = losses.subList(losses.size() - RECENT, losses.size());
    double mean = recent.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    lowest = Math.min(lowest, mean);
    return lowest > 0 && mean > AWAY * lowest;
  }

  @Override
  public boolean isDone() {
    return away || losses.size() > RateCurve.STEPS;
  }
}
