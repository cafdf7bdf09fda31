package io.fovea.cli;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.train.DivergedException;
import io.fovea.train.LayerFigures;
import io.fovea.train.NotFiniteException;
import io.fovea.train.Recipe;
import io.fovea.train.Trained;
import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A training of a {@link Study}, and what was seen of it. */
final class Trial implements Trainer.Listener {
  private final List<TrainingStep> steps = new ArrayList<>();
  private final List<Double> figures = new ArrayList<>();
  private @Nullable Trained trained;

  private Trial() {}

  /** Trains; one that diverges has no trained net. */
  static Trial of(String name, Model model, Recipe recipe, StudyData.Parts data) {
    int side = data.training().picture(0).width();
    int channels = data.training().picture(0).channels();
    Preprocessing fed = FeedOptions.measured(data.training(), channels, new int[] {side, side});
    return of(name, model, fed, recipe, data);
  }

  /** The same, fed in a way of its own. */
  static Trial of(
      String name, Model model, Preprocessing fed, Recipe recipe, StudyData.Parts data) {
    return of(name, Trainer.of(model).recipe(recipe).preprocessing(fed), data);
  }

  /** Goes on with a trained net. */
  static Trial again(String name, Model model, Recipe recipe, StudyData.Parts data) {
    return of(name, Trainer.of(model).recipe(recipe), data);
  }

  private static Trial of(String name, Trainer trainer, StudyData.Parts data) {
    Trial trial = new Trial();
    long start = System.nanoTime();
    try {
      trial.trained = trainer.listener(trial).fit(data.training(), data.held());
    } catch (DivergedException | NotFiniteException e) {
      trial.trained = null; // which is a finding
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Terminal.note("%s: %s, %s", name, trial.text(), Html.time(seconds));
    return trial;
  }

  private String text() {
    return trained == null ? "diverged" : trained.kept().heldOut().headline();
  }

  @Override
  public void step(TrainingStep step) {
    steps.add(step);
  }

  @Override
  public void epoch(Trainer.Epoch epoch) {
    figures.add(epoch.heldOut().figure());
  }

  @Override
  public int layersEvery(int all) {
    return all; // the first alone
  }

  /** The net. */
  Trained trained() {
    if (trained == null) {
      throw new Fovea.UserException("the training diverged; try another --seed");
    }
    return trained;
  }

  boolean isDiverged() {
    return trained == null;
  }

  /** Held-out accuracy or mean IoU in [0, 1], or PSNR in dB, in the end; NaN where it diverged. */
  double figure() {
    return trained == null ? Double.NaN : figures.get(figures.size() - 1);
  }

  /** The same after each epoch. */
  double[] figures() {
    return figures.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Share of right answers while training, over the last epoch; NaN where it diverged. */
  double learned() {
    if (trained == null) {
      return Double.NaN;
    }
    int last = steps.get(steps.size() - 1).epoch();
    List<TrainingStep> end = steps.stream().filter(s -> s.epoch() == last).toList();
    return share(end);
  }

  private static double share(List<TrainingStep> some) {
    double right = some.stream().mapToInt(TrainingStep::right).sum();
    return right / some.stream().mapToInt(TrainingStep::pictures).sum();
  }

  /** Steps until so many together have a share of right answers; infinite where they never had. */
  double stepsTo(double share, int window) {
    for (int end = window; end <= steps.size(); end++) {
      if (share(steps.subList(end - window, end)) >= share) {
        return end;
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  /** What the layers did in the first step. */
  List<LayerFigures> layers() {
    return steps.isEmpty() ? List.of() : steps.get(0).layers();
  }
}
