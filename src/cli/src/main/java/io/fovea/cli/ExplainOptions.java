package io.fovea.cli;

import io.fovea.onnx.Model;
import io.fovea.train.GradCam;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /**
   * The heat map of each picture: of {@code a.jpg} it is {@code a.explain.png}, and of {@code
   * a.gif} beside it {@code a.gif.explain.png}.
   *
   * @param names of the pictures, below what was given
   */
  private Map<Path, Path> files(Path folder, Map<Path, Path> names) {
    Set<Path> pictures = new HashSet<>();
    names.keySet().forEach(f -> pictures.add(f.toAbsolutePath().normalize()));
    Set<Path> taken = new HashSet<>();
    Map<Path, Path> files = new HashMap<>();
    names.forEach(
        (picture, name) -> {
          String own = name.getFileName().toString();
          int dot = own.lastIndexOf('.');
          Path place = folder.resolve(name);
          Path file = place.resolveSibling(own.substring(0, dot < 0 ? own.length() : dot) + END);
          if (!taken.add(file)) {
            file = place.resolveSibling(own + END);
            if (!taken.add(file)) {
              throw new Fovea.UserException(file + ": two pictures' heat maps would be this file");
            }
          }
          if (pictures.contains(file.toAbsolutePath().normalize())) {
            throw new Fovea.UserException(
                file + ": the heat map would replace a picture; choose another --explain");
          }
          files.put(picture, file);
        });
    return files;
  }

  /** The answers, and heat maps where they are wanted; closes the answers where they cannot be. */
  Answers with(Path model, Map<Path, Path> names, Answers answers) {
    try {
      if (folder == null) {
        if (label != null) {
          throw new Fovea.UserException("--class: names what --explain shows, which is not given");
        }
        return answers;
      }
      if (!(answers instanceof Answers.OfClasses classes)) {
        throw new Fovea.UserException(model + ": --explain shows classes, this is no classifier");
      }
      Map<Path, Path> files = files(folder, names);
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
