package io.fovea.cli;

import io.fovea.batch.Answers;
import io.fovea.batch.ClassAnswers;
import io.fovea.batch.ResultFiles;
import io.fovea.onnx.Model;
import io.fovea.train.GradCam;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of heat maps that show where a classifier sees a class. */
final class ExplainOptions {
  private static final String END = ".explain.png";

  @Option(
      names = "--explain",
      paramLabel = "FOLDER",
      description =
          "where a classifier's heat maps go, NAME.explain.png: the picture under the places that"
              + " speak for its likeliest class (Grad-CAM)")
  @Nullable Path folder;

  @Option(
      names = "--class",
      paramLabel = "NAME",
      description = "the class that --explain shows instead of the likeliest")
  @Nullable String label;

  /** The answers, and heat maps where they are wanted; closes the answers where they cannot be. */
  Answers with(Path model, Answers answers) {
    try {
      if (folder == null) {
        if (label != null) {
          throw new Fovea.UserException("--class: names what --explain shows, which is not given");
        }
        return answers;
      }
      if (!(answers instanceof ClassAnswers classes)) {
        throw new Fovea.UserException(model + ": --explain shows classes, this is no classifier");
      }
      ResultFiles files = new ResultFiles(folder, END, false, false);
      int index = index(model, classes.classifier().labels());
      GradCam cam = GradCam.of(Model.read(model), classes.classifier().preprocessing());
      Terminal.note("explained by the feature map '%s'", cam.features());
      return new Explained(classes, cam, index, files);
    } catch (RuntimeException e) {
      answers.close();
      throw e;
    }
  }

  private int index(Path model, List<String> labels) {
    int index = label == null ? GradCam.BEST : labels.indexOf(label);
    if (label != null && index < 0) {
      throw new Fovea.UserException(
          "--class: %s has no class '%s'; it has %s".formatted(model, label, few(labels)));
    }
    return index;
  }

  private static String few(List<String> labels) {
    int shown = Math.min(10, labels.size());
    String more = labels.size() > shown ? " and " + (labels.size() - shown) + " more" : "";
    return String.join(", ", labels.subList(0, shown)) + more;
  }
}
