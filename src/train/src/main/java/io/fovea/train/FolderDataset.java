package io.fovea.train;

import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Files and their classes, decoded when asked for. */
record FolderDataset(List<String> labels, List<Path> files, int[] classes) implements Dataset {
  static FolderDataset of(Path folder) {
    List<String> labels = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    for (Path sub : list(folder)) {
      if (!Files.isDirectory(sub)) {
        continue;
      }
      List<Path> pictures = list(sub).stream().filter(Files::isRegularFile).toList();
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

  private static List<Path> list(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw new TrainException(folder + ": no such folder", e);
    }
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Sample get(int index) {
    return new Sample(Picture.read(files.get(index)), classes[index]);
  }

  @Override
  public int label(int index) {
    return classes[index];
  }

  @Override
  public String name(int index) {
    return files.get(index).toString();
  }
}
