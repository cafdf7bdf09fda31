package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.List;

/** Pictures, and the pictures that a net should make of them: files of one name in two folders. */
record PairDataset(List<Path> inputs, List<Path> wanted) implements Dataset {
  static PairDataset of(Path inputs, Path targets) {
    List<Path> files = DataFolder.pictures(inputs);
    return new PairDataset(files, DataFolder.partners(inputs, files, targets, "target"));
  }

  @Override
  public Task.Kind task() {
    return Task.Kind.PICTURE;
  }

  @Override
  public int size() {
    return inputs.size();
  }

  /** None: a picture is neither of a class nor a named value. */
  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return reader.read(inputs.get(index));
  }

  @Override
  public Target target(int index) {
    return new Target.Made(PictureReader.standard().read(wanted.get(index)));
  }

  @Override
  public String name(int index) {
    return inputs.get(index).toString();
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(inputs.get(index), wanted.get(index));
  }

  @Override
  public Stored stored(int index) {
    return Stored.file(inputs.get(index));
  }
}
