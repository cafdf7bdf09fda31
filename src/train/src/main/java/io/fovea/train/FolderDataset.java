package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files and their classes, decoded when asked for. */
record FolderDataset(List<String> labels, List<Path> files, int[] classes) implements Dataset {
  static FolderDataset of(Path folder) {
    List<String> labels = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    for (Path sub : DataFolder.list(folder)) {
      if (!Files.isDirectory(sub)) {
        continue;
      }
      List<Path> pictures = DataFolder.list(sub).stream().filter(DataFolder::isPicture).toList();
      if (pictures.isEmpty()) {
        throw new TrainException(sub + ": the class has no pictures");
      }
      pictures.forEach(p -> classes.add(labels.size()));
      files.addAll(pictures);
      labels.add(sub.getFileName().toString());
    }
    if (labels.isEmpty()) {
      throw new TrainException(folder + ": expected a folder of pictures for each class, met none");
    }
    return new FolderDataset(
        List.copyOf(labels), files, classes.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return reader.read(files.get(index));
  }

  @Override
  public Target target(int index) {
    return new Target.Label(classes[index]);
  }

  @Override
  public String name(int index) {
    return files.get(index).toString();
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(files.get(index));
  }
}
