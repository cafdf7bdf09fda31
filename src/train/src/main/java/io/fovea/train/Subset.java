package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Some samples of a data set. */
record Subset(Dataset all, int[] which) implements Dataset {
  /** Holds out a share of each stratum, drawn by seed; the first part is the rest. */
  static List<Dataset> stratified(Dataset data, int[] strata, double share, long seed) {
    Map<Integer, List<Integer>> members = new TreeMap<>();
    for (int i = 0; i < strata.length; i++) {
      members.computeIfAbsent(strata[i], k -> new ArrayList<>()).add(i);
    }
    List<Integer> rest = new ArrayList<>();
    List<Integer> held = new ArrayList<>();
    Random random = new Random(seed);
    for (List<Integer> stratum : members.values()) {
      Collections.shuffle(stratum, random);
      int cut = (int) Math.round(stratum.size() * share);
      held.addAll(stratum.subList(0, cut));
      rest.addAll(stratum.subList(cut, stratum.size()));
    }
    return List.of(of(data, rest), of(data, held));
  }

  /** Holds out the files whose name matches a glob. */
  static List<Dataset> named(Dataset data, String glob) {
    PathMatcher matcher;
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      throw new TrainException("pattern '" + glob + "': " + e.getDescription(), e);
    }
    List<Integer> rest = new ArrayList<>();
    List<Integer> held = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      (matcher.matches(Path.of(data.name(i)).getFileName()) ? held : rest).add(i);
    }
    if (held.isEmpty() || rest.isEmpty()) {
      throw new TrainException(
          "pattern '%s' holds out %d of %d files; expected some but not all"
              .formatted(glob, held.size(), data.size()));
    }
    return List.of(of(data, rest), of(data, held));
  }

  /** Some drawn by seed, at most this many. */
  static Dataset drawn(Dataset data, int most, long seed) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      all.add(i);
    }
    Collections.shuffle(all, new Random(seed));
    return of(data, all.subList(0, Math.min(most, all.size())));
  }

  private static Dataset of(Dataset data, List<Integer> which) {
    return new Subset(data, which.stream().sorted().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public int size() {
    return which.length;
  }

  @Override
  public List<String> labels() {
    return all.labels();
  }

  @Override
  public Task.Kind task() {
    return all.task();
  }

  @Override
  public Picture picture(int index) {
    return all.picture(which[index]);
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return all.picture(which[index], reader);
  }

  @Override
  public Target target(int index) {
    return all.target(which[index]);
  }

  @Override
  public String name(int index) {
    return all.name(which[index]);
  }

  @Override
  public long stamp(int index) {
    return all.stamp(which[index]);
  }

  @Override
  public boolean isLeftOut(int index) {
    return all.isLeftOut(which[index]);
  }

  @Override
  public @Nullable Stored stored(int index) {
    return all.stored(which[index]);
  }
}
