package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pictures of a data set alone, each its own target. */
record Alone(Dataset all) implements Dataset {
  @Override
  public int size() {
    return all.size();
  }

  @Override
  public Task.Kind task() {
    return Task.Kind.PICTURE;
  }

  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public Picture picture(int index) {
    return all.picture(index);
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return all.picture(index, reader);
  }

  @Override
  public Target target(int index) {
    return new Target.Itself();
  }

  @Override
  public boolean isLeftOut(int index) {
    return all.isLeftOut(index);
  }

  @Override
  public String name(int index) {
    return all.name(index);
  }

  @Override
  public @Nullable Stored stored(int index) {
    return all.stored(index);
  }

  @Override
  public long stamp(int index) {
    return all.stamp(index);
  }
}
