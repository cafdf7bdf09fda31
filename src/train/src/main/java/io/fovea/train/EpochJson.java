package io.fovea.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Epochs in a checkpoint: all figures to the last bit, but no single pictures. */
final class EpochJson {
  private EpochJson() {}

  static ObjectNode write(Trainer.Epoch epoch) {
    ObjectNode to = JsonNodeFactory.instance.objectNode();
    to.put("number", epoch.number());
    to.put("loss", epoch.loss());
    to.put("seconds", epoch.seconds());
    to.put("waiting", epoch.waiting());
    Evaluation e = epoch.heldOut();
    if (e instanceof Evaluation.Classes c) {
      to.put("task", "classes");
      write(c.confusion(), to);
      ArrayNode bins = to.putArray("calibration");
      for (Calibration.Bin bin : c.calibration().bins()) {
        bins.addArray().add(bin.count()).add(bin.confidence()).add(bin.accuracy());
      }
    } else if (e instanceof Evaluation.Pixels p) {
      to.put("task", "pixels");
      write(p.confusion(), to);
    } else if (e instanceof Evaluation.Values v) {
      to.put("task", "values");
      ArrayNode errors = to.putArray("errors");
      for (Evaluation.Values.Error x : v.errors()) {
        errors.addArray().add(x.name()).add(x.count()).add(x.mse()).add(x.mae()).add(x.r2());
      }
    } else if (e instanceof Evaluation.Pictures p) {
      to.put("task", "pictures");
      to.put("count", p.count()).put("psnr", p.psnr()).put("mse", p.mse());
    } else if (e instanceof Evaluation.Generated g) {
      to.put("task", "generated");
      to.put("count", g.count()).put("distance", g.distance()).put("chance", g.chance());
    }
    return to;
  }

  /** The cells that are not 0, by their position: of many classes most are. */
  private static void write(Confusion confusion, ObjectNode to) {
    ArrayNode cells = to.putArray("confusion");
    long[][] counts = confusion.counts();
    for (int i = 0; i < counts.length; i++) {
      for (int k = 0; k < counts.length; k++) {
        if (counts[i][k] != 0) {
          cells.addArray().add(i * counts.length + k).add(counts[i][k]);
        }
      }
    }
  }

  /** Reads an epoch whose data has these classes or values. */
  static Trainer.Epoch read(JsonNode from, List<String> labels) {
    return new Trainer.Epoch(
        from.path("number").asInt(),
        real(from.path("loss")),
        evaluation(from, labels),
        real(from.path("seconds")),
        real(from.path("waiting")));
  }

  private static Evaluation evaluation(JsonNode from, List<String> labels) {
    return switch (from.path("task").asText()) {
      case "classes" -> {
        List<Calibration.Bin> bins = new ArrayList<>();
        for (JsonNode b : from.path("calibration")) {
          bins.add(new Calibration.Bin(b.path(0).asLong(), real(b.path(1)), real(b.path(2))));
        }
        yield new Evaluation.Classes(
            confusion(from, labels), new Calibration(List.copyOf(bins)), List.of());
      }
      case "pixels" -> new Evaluation.Pixels(confusion(from, labels), List.of());
      case "values" -> {
        List<Evaluation.Values.Error> errors = new ArrayList<>();
        for (JsonNode e : from.path("errors")) {
          errors.add(
              new Evaluation.Values.Error(
                  e.path(0).asText(),
                  e.path(1).asInt(),
                  real(e.path(2)),
                  real(e.path(3)),
                  real(e.path(4))));
        }
        yield new Evaluation.Values(errors, List.of(), List.of());
      }
      case "pictures" ->
          new Evaluation.Pictures(
              from.path("count").asInt(),
              real(from.path("psnr")),
              real(from.path("mse")),
              List.of());
      case "generated" ->
          new Evaluation.Generated(
              from.path("count").asInt(), real(from.path("distance")), real(from.path("chance")));
      default -> throw new IllegalArgumentException("task " + from.path("task"));
    };
  }

  private static Confusion confusion(JsonNode from, List<String> labels) {
    Confusion confusion = Confusion.of(labels);
    int n = labels.size();
    for (JsonNode cell : from.path("confusion")) {
      int at = cell.path(0).asInt();
      confusion.counts()[at / n][at % n] = cell.path(1).asLong();
    }
    return confusion;
  }

  /** A number, or the name of one that is none, as JSON text. */
  static double real(JsonNode node) {
    return Double.parseDouble(node.asText());
  }
}
