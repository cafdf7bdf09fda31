package io.fovea.cli;

import io.fovea.onnx.Model;
import io.fovea.train.GradCam;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of heat maps that show where a classifier sees a class. */
final class ExplainOptions {
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

  /**
   * Refuses what would replace a picture.
   *
   * @param names of the pictures' masks
   */
  void check(Map<Path, Path> names) {
    if (label != null && folder == null) {
      throw new Fovea.UserException("--class: names what --explain shows, which is not given");
    }
    Set<Path> given = new HashSet<>();
    names.keySet().forEach(f -> given.add(f.toAbsolutePath().normalize()));
    for (Path picture : folder == null ? List.<Path>of() : names.keySet()) {
      Path file = file(picture, names);
      if (given.contains(file.toAbsolutePath().normalize())) {
        throw new Fovea.UserException(
            file + ": the heat map would replace a picture; choose another --explain");
      }
    }
  }

  private Path file(Path picture, Map<Path, Path> names) {
    Path name = names.getOrDefault(picture, picture);
    String own = name.getFileName().toString().replaceFirst("\\.png$", ".explain.png");
    return (folder == null ? Path.of("") : folder).resolve(name).resolveSibling(own);
  }

  /** The answers, and heat maps where they are wanted; closes the answers where they cannot be. */
  Answers with(Path model, Map<Path, Path> names, Answers answers) {
    if (folder == null) {
      return answers;
    }
    try {
      if (!(answers instanceof Answers.OfClasses classes)) {
        throw new Fovea.UserException(model + ": --explain shows classes, this is no classifier");
      }
      int index = index(model, classes.classifier().labels());
      GradCam cam = GradCam.of(Model.read(model), classes.classifier().preprocessing());
      Terminal.note("explained by the feature map '%s'", cam.features());
      return new Explained(classes, cam, index, p -> file(p, names));
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
