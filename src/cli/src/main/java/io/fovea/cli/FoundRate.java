package io.fovea.cli;

import io.fovea.onnx.WholeFile;
import io.fovea.train.Dataset;
import io.fovea.train.RateCurve;
import io.fovea.train.Recipe;
import io.fovea.train.Setting;
import io.fovea.train.Trainer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * What {@code fovea train --find-lr} tells: a table, a suggestion, and the curve where a log or a
 * report is asked for.
 *
 * @param net its name or file
 */
record FoundRate(String net, Recipe recipe, SeeingOptions seeing) {
  private static final int EVERY = 7; // steps a row: half a decade
  private static final int WIDTH = 100;
  private static final Set<Setting> IDLE = // beside the schedule
      EnumSet.of(Setting.LR, Setting.EPOCHS, Setting.EMA, Setting.PATIENCE);
  private static final String NONE =
      "the loss never fell clearly below its start: no learning rate is suggested";

  /** Tries the rates, and tells. */
  void find(Trainer trainer, Dataset data, boolean json) throws IOException {
    Terminal.note(
        "%s: trying learning rates for %s, batches of %d, on a copy that is thrown away",
        net, String.valueOf(recipe.facts().get("optimizer")), recipe.batch() * recipe.accumulate());
    RateCurve curve;
    try (Progress bar = Progress.plain("learning rate", RateCurve.STEPS)) {
      curve =
          trainer
              .listener(
                  new Trainer.Listener() {
                    @Override
                    public void tried(int step, double rate, double loss) {
                      bar.at(step);
                      bar.note("%.1e: loss %.3f".formatted(rate, loss));
                    }

                    @Override
                    public void note(String message) {
                      Terminal.note("%s", message);
                    }
                  })
              .findLearningRate(data);
    }
    Path log = seeing.log;
    if (log != null) {
      Path file = log.resolve("learning-rates.jsonl");
      write(file, lines(curve));
      Terminal.note("%s: written", file);
    }
    Path report = seeing.report;
    if (report != null) {
      page(curve).write(report);
      Terminal.note("%s: written", report);
    }
    if (json) {
      System.out.println(Json.text(facts(curve)));
    } else {
      print(curve);
    }
  }

  private static void write(Path file, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    WholeFile.write(file, out -> out.write(bytes));
  }

  private static Map<String, Object> facts(RateCurve curve) {
    Map<String, Object> facts = new LinkedHashMap<>();
    curve.suggestion().ifPresent(rate -> facts.put("suggestion", rate));
    curve.steepest().ifPresent(rate -> facts.put("steepest", rate));
    facts.put("points", curve.points().stream().map(FoundRate::facts).toList());
    return facts;
  }

  private static Map<String, Object> facts(RateCurve.Point p) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("learningRate", p.rate());
    facts.put("loss", p.loss());
    facts.put("smoothed", p.smoothed());
    return facts;
  }

  private static String lines(RateCurve curve) {
    StringBuilder lines = new StringBuilder();
    curve.points().forEach(p -> lines.append(Json.text(facts(p))).append('\n'));
    return lines.toString();
  }

  private static void print(RateCurve curve) {
    Table table = new Table(">learning rate", ">loss", ">smoothed", "<");
    List<RateCurve.Point> points = curve.points();
    for (int i = 0; i < points.size(); i++) {
      RateCurve.Point p = points.get(i);
      String remark = remark(curve, p);
      if (i % EVERY == 0 || i == points.size() - 1 || !remark.isEmpty()) {
        table.row(
            Html.of("%.1e", p.rate()), Html.number(p.loss()), Html.number(p.smoothed()), remark);
      }
    }
    table.print(WIDTH);
    System.out.println(said(curve));
  }

  private static String remark(RateCurve curve, RateCurve.Point p) {
    List<String> all = new ArrayList<>();
    if (curve.steepest().isPresent() && curve.steepest().getAsDouble() == p.rate()) {
      all.add("falls fastest");
    }
    if (curve.lowest().isPresent() && curve.lowest().getAsDouble() == p.rate()) {
      all.add("lowest");
    }
    return String.join(", ", all);
  }

  private static String said(RateCurve curve) {
    OptionalDouble rate = curve.suggestion();
    return rate.isEmpty()
        ? NONE
        : Html.of(
            "suggestion: --lr %.2g, a tenth of the rate at which the loss was lowest",
            rate.getAsDouble());
  }

  private Report.Page page(RateCurve curve) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Net", net);
    Map<String, Object> settings = new LinkedHashMap<>(recipe.facts());
    for (Setting s : Setting.values()) {
      if (s.part() == Setting.Part.SCHEDULE || IDLE.contains(s)) {
        settings.remove(s.key());
      }
    }
    SeeingOptions.tell(settings, facts);
    Report.Page page =
        Report.Page.of(
            "Learning rates of " + net, "<strong>" + Html.text(said(curve)) + "</strong>", facts);
    double[] rates = all(curve, RateCurve.Point::rate);
    double[] losses = shown(curve, RateCurve.Point::loss);
    double[] smoothed = shown(curve, RateCurve.Point::smoothed);
    Plot plot =
        new Plot(Axis.wide("learning rate", rates), Axis.wide("loss", losses, smoothed))
            .points("c2", rates, losses)
            .line("c1", rates, smoothed);
    page.add("<h2>Loss over learning rates</h2>\n<div class=\"charts\">\n");
    page.figure(
        "Loss",
        "<span class=\"key c2\">after a step of each rate</span>;"
            + " <span class=\"key c1\">smoothed</span>; up to twice the first",
        plot.svg("Loss over learning rates"));
    page.add("</div>\n");
    return page;
  }

  /** Losses that a chart shows: above twice the first, they would press the others flat. */
  private static double[] shown(RateCurve curve, ToDoubleFunction<RateCurve.Point> loss) {
    double[] values = all(curve, loss);
    double most = 2 * curve.points().stream().limit(1).mapToDouble(RateCurve.Point::smoothed).sum();
    return Arrays.stream(values).map(v -> v > most && most > 0 ? Double.NaN : v).toArray();
  }

  private static double[] all(RateCurve curve, ToDoubleFunction<RateCurve.Point> figure) {
    return curve.points().stream().mapToDouble(figure).toArray();
  }
}
