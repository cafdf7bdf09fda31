package io.fovea.cli;

import io.fovea.image.Step;
import io.fovea.runtime.Averaging;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Segmenter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that show a model other views of a picture than the one that it was trained on. */
final class ViewOptions {
  @Option(
      names = "--flip",
      description =
          "average over the mirror image as well: probabilities, or the values of pictures")
  boolean flip;

  @Option(
      names = "--crops",
      paramLabel = "5",
      description = "of classifiers that are fed a central crop: average over the corners' as well")
  @Nullable Integer crops;

  @Option(
      names = "--tile",
      paramLabel = "PIXELS",
      description =
          "of masks and pictures: run square windows of this size and blend what they give")
  @Nullable Integer tile;

  @Option(
      names = "--overlap",
      paramLabel = "PIXELS",
      description = "pixels that windows share at least; default: an eighth of --tile")
  @Nullable Integer overlap;

  private Averaging averaging() {
    try {
      return new Averaging(flip, crops == null ? 1 : crops);
    } catch (IllegalArgumentException e) {
      throw new Fovea.UserException("--" + e.getMessage());
    }
  }

  private Step.@Nullable Tiles tiles() {
    if (tile == null) {
      if (overlap != null) {
        throw new Fovea.UserException("--overlap: expected --tile beside it");
      }
      return null;
    }
    return new Step.Tiles(tile, tile, overlap == null ? tile / 8 : overlap);
  }

  /** The classifier with these views. */
  Classifier of(Classifier plain) {
    refuse("--tile", tile != null || overlap != null, "masks and pictures");
    return plain.averaging(averaging());
  }

  /** The segmenter with these views. */
  Segmenter of(Segmenter plain) {
    refuse("--crops", crops != null, "classes");
    Step.Tiles tiles = tiles();
    return (tiles == null ? plain : plain.tiled(tiles)).averaging(averaging());
  }

  /** The transformer with these views. */
  PictureTransformer of(PictureTransformer plain) {
    refuse("--crops", crops != null, "classes");
    Step.Tiles tiles = tiles();
    return (tiles == null ? plain : plain.tiled(tiles)).averaging(averaging());
  }

  /** Refuses all of them, of a model that gives values or makes pictures of noise. */
  void refuseAll() {
    refuse("--flip", flip, "classes, masks and pictures");
    refuse("--crops", crops != null, "classes");
    refuse("--tile", tile != null || overlap != null, "masks and pictures");
  }

  private static void refuse(String option, boolean given, String wanted) {
    if (given) {
      throw new Fovea.UserException(option + " is for models of " + wanted);
    }
  }
}
