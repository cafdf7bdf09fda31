package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pictures in tar archives, class folders or WebDataset's samples. Those in plain archives are read
 * where they lie when they are asked for, so that memory holds but a name and a place of each;
 * those in gzipped ones are held as they are.
 */
record TarDataset(List<String> labels, List<Sample> samples) implements Dataset {
  /** A picture and its class. */
  record Sample(String name, int label, Stored stored) {}

  /**
   * Reads the archives' headers, and the files that say classes.
   *
   * @param labels names of the classes, where the archives are held out beside others
   */
  static TarDataset of(List<Path> archives, @Nullable List<String> labels) {
    TarSamples found = new TarSamples();
    for (Path archive : archives) {
      try (Shard shard = Shard.open(archive)) {
        found.add(archive, shard);
      } catch (IOException e) {
        throw new TrainException(archive + ": cannot be closed: " + e.getMessage(), e);
      }
    }
    return found.dataset(archives, labels);
  }

  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    try {
      return reader.read(samples.get(index).stored.bytes(), name(index));
    } catch (IOException e) {
      throw new TrainException(name(index) + ": cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Target target(int index) {
    return new Target.Label(samples.get(index).label);
  }

  @Override
  public String name(int index) {
    return samples.get(index).name;
  }

  @Override
  public Stored stored(int index) {
    return samples.get(index).stored;
  }
}
