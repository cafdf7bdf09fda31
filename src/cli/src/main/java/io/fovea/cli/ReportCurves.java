package io.fovea.cli;

import io.fovea.train.Evaluation;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The part of a report that shows how a training went: loss, figures, learning rate, speed. */
final class ReportCurves {
  private ReportCurves() {}

  static void write(Report.Page page, History history) {
    double[] steps = history.epochs();
    double[] epochs = history.laps(l -> l.epoch().number());
    Axis x = Axis.between("epoch", 0, epochs[epochs.length - 1]).whole();
    page.add("<h2>Training</h2>\n<div class=\"charts\">\n");

    double[] loss = history.points(Trace.Point::loss);
    page.figure(
        "Loss",
        "of training, " + last(loss, Html::number),
        new Plot(x, Axis.wide("loss", loss)).line("c1", steps, loss).svg("Loss over epochs"));
    double[] critic = history.points(Trace.Point::criticLoss);
    if (Double.isFinite(critic[critic.length - 1])) {
      page.figure(
          "Loss of the critic",
          last(critic, Html::number),
          new Plot(x, Axis.wide("loss", critic))
              .line("c1", steps, critic)
              .svg("Loss of the critic over epochs"));
    }
    figures(page, history, x, steps, epochs);

    double[] rate = history.points(Trace.Point::learningRate);
    page.figure(
        "Learning rate",
        last(rate, Html::number),
        new Plot(x, Axis.of("learning rate", with(rate, 0)))
            .line("c1", steps, rate)
            .svg("Learning rate over epochs"));

    double[] speed = history.points(Trace.Point::rate);
    page.figure(
        "Speed",
        last(speed, Html::number),
        new Plot(x, Axis.of("pictures a second", with(speed, 0)))
            .line("c1", steps, speed)
            .svg("Pictures a second over epochs"));

    List<Trace.Point> samples = history.sampled();
    if (!samples.isEmpty()) {
      double[] at = samples.stream().mapToDouble(history::epoch).toArray();
      double[] norm = samples.stream().mapToDouble(History::gradientNorm).toArray();
      page.figure(
          "Gradient norm",
          "of all layers together, " + last(norm, Html::number),
          new Plot(x, Axis.wide("gradient norm", norm))
              .line("c1", at, norm)
              .svg("Gradient norm over epochs"));
    }
    page.add("</div>\n");
  }

  private static void figures(
      Report.Page page, History history, Axis x, double[] steps, double[] epochs) {
    Evaluation last = history.laps().get(history.laps().size() - 1).epoch().heldOut();
    if (last instanceof Evaluation.Classes) {
      double[] held = history.laps(l -> 100 * figure(l, "accuracy"));
      double[] training = history.points(p -> 100 * p.accuracy());
      page.figure(
          "Accuracy",
          Html.of(
              "<span class=\"key c1\">held-out</span>, %s; <span class=\"key c2\">training</span>,"
                  + " of augmented pictures",
              last(held, v -> Html.of("%.2f %%", v))),
          new Plot(x, Axis.of("right answers, %", held, training))
              .line("c2", steps, training)
              .line("c1", epochs, held)
              .svg("Accuracy over epochs"));
      return;
    }
    for (Map.Entry<String, Double> e : Trace.figures(last).entrySet()) {
      boolean share = last instanceof Evaluation.Pixels;
      double[] held = history.laps(l -> (share ? 100 : 1) * figure(l, e.getKey()));
      String name = NAMES.getOrDefault(e.getKey(), e.getKey().replaceFirst("^mae ", "MAE of "));
      page.figure(
          name,
          "held-out, " + last(held, v -> share ? Html.of("%.2f %%", v) : Html.number(v)),
          new Plot(x, Axis.of(share ? name + ", %" : name, held))
              .line("c1", epochs, held)
              .svg(name + " over epochs"));
    }
  }

  private static final Map<String, String> NAMES =
      Map.of(
          "meanIou", "Mean IoU",
          "meanDice", "Mean Dice",
          "pixelAccuracy", "Pixel accuracy",
          "psnr", "PSNR, dB",
          "mse", "MSE",
          "r2", "R2",
          "distance", "Distance from real pictures");

  private static double figure(Trace.Lap lap, String name) {
    return Trace.figures(lap.epoch().heldOut()).getOrDefault(name, Double.NaN);
  }

  private interface Text {
    String of(double value);
  }

  private static String last(double[] values, Text text) {
    return "at the end " + text.of(values[values.length - 1]);
  }

  private static double[] with(double[] values, double more) {
    double[] all = Arrays.copyOf(values, values.length + 1);
    all[values.length] = more;
    return all;
  }
}
