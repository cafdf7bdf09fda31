package io.fovea.cli;

import io.fovea.onnx.Model;
import io.fovea.train.Head;
import io.fovea.train.Surgery;
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
      names = "--untie",
      description = "of a file: parameters that several nodes share become one each")
  boolean untie;

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
