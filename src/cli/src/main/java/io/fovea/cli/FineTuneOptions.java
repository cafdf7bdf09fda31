package io.fovea.cli;

import io.fovea.onnx.Model;
import io.fovea.train.Head;
import io.fovea.train.Selection;
import io.fovea.train.Surgery;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for training on from a file. */
final class FineTuneOptions {
  @Option(
      names = "--head",
      paramLabel = "NAME",
      description = "of a file: the node that gives the classes; default: the last layer")
  @Nullable String head;

  @Option(
      names = "--freeze",
      paramLabel = "PATTERN",
      description = "parameters whose name holds this regular expression stay as they are")
  List<String> freeze = new ArrayList<>();

  @Option(
      names = "--freeze-depth",
      paramLabel = "N",
      description = "the first N layers with parameters stay as they are")
  int freezeDepth;

  @Option(
      names = "--train",
      paramLabel = "PATTERN",
      description = "constants whose name holds this regular expression are trained too")
  List<String> train = new ArrayList<>();

  @Option(
      names = "--body-rate",
      paramLabel = "FACTOR",
      description = "on the learning rate of all but the last layer, in [0, 1]; default: 1")
  double bodyRate = 1;

  @Option(
      names = "--no-decay-norms",
      description = "weight decay leaves biases and normalizations alone")
  boolean noDecayNorms;

  @Option(
      names = "--bias-rate",
      paramLabel = "FACTOR",
      description = "on the learning rate of normalizations' biases; default: 1")
  double biasRate = 1;

  @Option(
      names = "--freeze-statistics",
      description = "batch normalizations keep their running statistics, and use them")
  boolean freezeStatistics;

  @Option(
      names = "--untie",
      description = "of a file: parameters that several nodes share become one each")
  boolean untie;

  Selection selection() {
    return new Selection(
        freeze, freezeDepth, train, bodyRate, !noDecayNorms, biasRate, freezeStatistics);
  }

  /**
   * A file as it is trained on, with a head for this number of classes.
   *
   * @param dropout share that is dropped before the head
   */
  Model prepared(Model file, int classes, @Nullable Double dropout, long seed) {
    Model model = untie ? Surgery.untied(file) : file;
    Surgery.notes(model).forEach(note -> Terminal.note("note: %s", note));
    Head found = Head.of(model, head);
    if (!found.gives(classes)) {
      model = found.withClasses(classes, seed);
      Terminal.note("head: %s: %d outputs replaced by %d", found, found.classes(), classes);
    }
    return dropout == null ? model : Surgery.withDropout(model, dropout);
  }
}
