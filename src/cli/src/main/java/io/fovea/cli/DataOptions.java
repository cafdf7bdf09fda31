package io.fovea.cli;

import io.fovea.train.DataFolder;
import io.fovea.train.Dataset;
import io.fovea.train.Unreadable;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say on which pictures a net is trained or measured. */
final class DataOptions {
  private static final double HELD_OUT_SHARE = 0.1;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FOLDER|FILE",
      description = {
        "a folder of pictures for each class, or such folders in train/ and test/ or val/; tar",
        "archives of them or of WebDataset's samples, in a folder or as 'pets-{000..019}.tar';",
        "images/ and masks/; inputs/ and targets/; pictures alone, each its own target, in a folder",
        "or archive without folders; a .csv of files and values; MNIST's or CIFAR-10's files; where",
        "nothing is held out, training holds out a tenth"
      })
  Path data = Path.of("");

  @Option(
      names = "--hold-out",
      paramLabel = "SHARE|GLOB",
      description = {
        "hold out a share, such as 0.2, of each class, drawn by the seed (to evaluate: by the seed",
        "that the model was trained by); or the files of these names, such as '2[4-9].png'"
      })
  @Nullable String holdOut;

  @Option(
      names = "--ignore",
      paramLabel = "LEVEL",
      description = "of masks: pixels of this level are not learned from; 255 unless given")
  @Nullable Integer ignore;

  @Option(
      names = "--skip-unreadable",
      paramLabel = "N",
      description = "leave out and name up to N pictures that cannot be read; 0 unless given")
  int skipUnreadable;

  private @Nullable DataFolder found;
  private @Nullable Unreadable unreadable;

  private DataFolder folder() {
    if (ignore != null && (ignore < 0 || ignore > 255)) {
      throw new Fovea.UserException("--ignore: expected a level of 0 to 255, met " + ignore);
    }
    if (found == null) {
      found = DataFolder.of(data, ignore);
    }
    return found;
  }

  /** What is trained on, and what is held out: a tenth where the data does not say. */
  List<Dataset> parts(long seed) {
    return split(seed).stream().map(this::readable).toList();
  }

  /** The same, each picture its own target. */
  List<Dataset> pictures(long seed) {
    return split(seed).stream().map(Dataset::alone).map(this::readable).toList();
  }

  private List<Dataset> split(long seed) {
    DataFolder folder = folder();
    if (holdOut != null) {
      return split(folder.training(), holdOut, seed);
    }
    Dataset held = folder.heldOut();
    return held == null
        ? folder.training().split(HELD_OUT_SHARE, seed)
        : List.of(folder.training(), held);
  }

  private static List<Dataset> split(Dataset all, String what, long seed) {
    return what.matches("\\d*\\.?\\d+")
        ? all.split(Double.parseDouble(what), seed)
        : all.split(what);
  }

  /** Whether what is measured on was kept apart. */
  boolean isHeldOut() {
    return holdOut != null || folder().heldOut() != null;
  }

  /**
   * What is measured on: the held-out part where there is one.
   *
   * @param seed by which a share is drawn
   */
  Dataset measured(long seed) {
    DataFolder folder = folder();
    return readable(
        holdOut == null ? folder.measured() : split(folder.training(), holdOut, seed).get(1));
  }

  private Dataset readable(Dataset all) {
    if (skipUnreadable == 0) {
      return all;
    }
    if (unreadable == null) {
      unreadable = new Unreadable(skipUnreadable, what -> Terminal.note("left out: %s", what));
    }
    return unreadable.without(all);
  }

  /** Says how many pictures were left out, if any. */
  void tellUnreadable() {
    if (unreadable != null && unreadable.count() > 0) {
      int count = unreadable.count();
      Terminal.note(
          count == 1
              ? "1 picture could not be read and was left out"
              : "%,d pictures could not be read and were left out",
          count);
    }
  }
}
