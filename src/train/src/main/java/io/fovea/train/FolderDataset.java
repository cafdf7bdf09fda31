package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files and their classes, or without classes each its own target; decoded when asked for. */
record FolderDataset(List<String> labels, List<Path> files, int[] classes) implements Dataset {
  /**
   * Lists the folders.
   *
   * @param known names of the classes, where the folder is held out beside another; else null
   */
  static FolderDataset of(Path folder, @Nullable List<String> known) {
    List<String> labels = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    for (Path sub : DataFolder.list(folder)) {
      if (!Files.isDirectory(sub)) {
        continue;
      }
      List<Path> pictures = DataFolder.list(sub).stream().filter(DataFolder::isPicture).toList();
      String label = sub.getFileName().toString();
      int index = known == null ? labels.size() : known.indexOf(label);
      if (index < 0) {
        throw new TrainException(sub + ": the class is not in what is trained on");
      }
      if (pictures.isEmpty() && known == null) {
        throw new TrainException(sub + ": the class has no pictures");
      }
      pictures.forEach(p -> classes.add(index));
      files.addAll(pictures);
      labels.add(label);
    }
    if (files.isEmpty()) {
      throw new TrainException(folder + ": expected a folder of pictures for each class, met none");
    }
    return new FolderDataset(
        known == null ? List.copyOf(labels) : known,
        files,
        classes.stream().mapToInt(Integer::intValue).toArray());
  }

  /** The pictures of a folder itself, without classes. */
  static FolderDataset plain(Path folder) {
    List<Path> files = DataFolder.pictures(folder);
    if (files.isEmpty()) {
      throw new TrainException(folder + ": no pictures");
    }
    return new FolderDataset(List.of(), files, new int[0]);
  }

  @Override
  public Task.Kind task() {
    return labels.isEmpty() ? Task.Kind.PICTURE : Task.Kind.CLASSIFICATION;
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
    return labels.isEmpty() ? new Target.Itself() : new Target.Label(classes[index]);
  }

  @Override
  public String name(int index) {
    return files.get(index).toString();
  }

  @Override
  public Stored stored(int index) {
    return Stored.file(files.get(index));
  }
}
