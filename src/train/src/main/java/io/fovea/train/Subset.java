package io.fovea.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Some samples of a data set. */
record Subset(Dataset all, int[] which) implements Dataset {
  /** Holds out a share of each class, drawn by seed; the first part is the rest. */
  static List<Dataset> stratified(Dataset data, int[] classes, double share, long seed) {
    List<List<Integer>> byClass = new ArrayList<>();
    data.labels().forEach(l -> byClass.add(new ArrayList<>()));
    for (int i = 0; i < classes.length; i++) {
      byClass.get(classes[i]).add(i);
    }
    List<Integer> rest = new ArrayList<>();
    List<Integer> held = new ArrayList<>();
    Random random = new Random(seed);
    for (List<Integer> members : byClass) {
      Collections.shuffle(members, random);
      int cut = (int) Math.round(members.size() * share);
      held.addAll(members.subList(0, cut));
      rest.addAll(members.subList(cut, members.size()));
    }
    return List.of(of(data, rest), of(data, held));
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
  public Sample get(int index) {
    return all.get(which[index]);
  }

  @Override
  public int label(int index) {
    return all.label(which[index]);
  }

  @Override
  public String name(int index) {
    return all.name(which[index]);
  }
}
