package io.fovea.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * JPEG files of 500x375 to scores: Fovea with and without the decoder on its class path, DJL over
 * its ONNX engine, as its documentation has it (one predictor, the engine's own threads) and with
 * workers and threads that are tuned, and ONNX Runtime alone over a ready tensor. Each side is a
 * process of its own; of each, the fastest of some plans is found first, and then the sides take
 * turns, so that a noisy machine disturbs all. Needs the profile {@code djl}.
 */
public final class ScoreThroughput {
  private static final int CLASSES = 1000;
  private static final int FILES = 100;
  private static final List<String> FOVEA = List.of("1x2x8", "2x1x1", "2x1x4", "2x1x8", "3x1x1");
  private static final List<String> DOCUMENTED = List.of("1x0x1", "1x0x8");
  private static final List<String> TUNED = List.of("1x2x1", "1x2x8", "2x1x1", "2x1x8");
  private static final List<String> BARE =
      Stream.of(1, 2, 4, 8, 16).flatMap(b -> Stream.of("1x2x" + b, "2x1x" + b)).toList();

  private ScoreThroughput() {}

  /**
   * Something that takes part.
   *
   * @param first what its class path starts with
   * @param plan stands for {@code PLAN} in the arguments
   */
  private record Contender(
      String name, List<String> first, String plan, Class<?> main, List<String> args) {
    static List<Contender> of(
        String name, List<String> first, List<String> plans, Class<?> main, String... args) {
      String only = System.getProperty("plans", "");
      return plans.stream()
          .filter(plan -> only.isEmpty() || List.of(only.split(",")).contains(plan))
          .map(plan -> new Contender(name, first, plan, main, List.of(args)))
          .toList();
    }

    Child start() throws IOException {
      List<String> classPath = new ArrayList<>(first);
      classPath.addAll(Child.classPath());
      String[] all = args.stream().map(a -> a.equals("PLAN") ? plan : a).toArray(String[]::new);
      return Child.start(classPath, List.of(), main, all);
    }
  }

  /**
   * Arguments: rounds (7), seconds a round (8), nets (mobilenet_v2 resnet18). The system property
   * {@code plans}, such as {@code 2x1x1,2x1x8}, leaves but these to try.
   */
  public static void main(String[] args) throws IOException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 7;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 8;
    List<String> nets =
        args.length > 2
            ? List.of(args).subList(2, args.length)
            : List.of("mobilenet_v2", "resnet18");
    try (Workload work = Workload.create()) {
      String photos = work.photos(FILES, new int[] {500, 375}).toString();
      for (String name : nets) {
        compare(name, sides(work.net(name, CLASSES).toString(), photos), rounds, seconds);
      }
    }
  }

  /** The plans of each side, ours first. */
  private static List<List<Contender>> sides(String net, String photos) throws IOException {
    String classes = Integer.toString(CLASSES);
    String[] djl = {net, classes, photos, "PLAN"};
    Class<?> ours = FoveaSide.class;
    List<Contender> djlPlans = new ArrayList<>();
    djlPlans.addAll(Contender.of("djl", List.of(), DOCUMENTED, DjlSide.class, djl));
    djlPlans.addAll(Contender.of("djl", jars("onnxruntime"), DOCUMENTED, DjlSide.class, djl));
    List<Contender> tuned = new ArrayList<>();
    tuned.addAll(Contender.of("djl-tuned", List.of(), TUNED, DjlSide.class, djl));
    tuned.addAll(Contender.of("djl-tuned", jars("onnxruntime"), TUNED, DjlSide.class, djl));
    return List.of(
        Contender.of("fovea", List.of(), FOVEA, ours, net, photos, "PLAN", "true"),
        Contender.of("fovea-alone", List.of(), FOVEA, ours, net, photos, "PLAN", "false"),
        djlPlans,
        tuned,
        Contender.of("djl-opencv", jars("opencv"), TUNED, DjlSide.class, djl),
        Contender.of("bare", List.of(), BARE, BareSide.class, net, "PLAN"));
  }

  /** What the profile {@code djl} lays beside the class path. */
  private static List<String> jars(String name) throws IOException {
    String classes = Child.classPath(e -> e.endsWith("bench/target/classes")).get(0);
    Path folder = Path.of(classes).resolveSibling("djl");
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException(folder + ": not there; build with the profile djl first");
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(Path::toString)
          .filter(p -> p.substring(p.lastIndexOf(File.separator)).contains(name))
          .toList();
    }
  }

  /** The best contender of a side, running, and what its rounds gave. */
  private record Finalist(String name, Child child, List<Rate> rates) {}

  private static void compare(String net, List<List<Contender>> sides, int rounds, double seconds)
      throws IOException {
    List<Finalist> all = new ArrayList<>();
    try {
      for (List<Contender> plans : sides) {
        Contender fastest = fastest(net, plans, seconds / 2);
        Child child = fastest.start();
        all.add(new Finalist(fastest.name, child, new ArrayList<>()));
        System.out.printf("%s: %s %s: %s%n", net, fastest.name, fastest.plan, child.answer());
        round(child, seconds);
      }
      List<Finalist> order = new ArrayList<>(all);
      for (int i = 1; i <= rounds; i++) {
        StringBuilder line = new StringBuilder();
        for (Finalist side : order) {
          Rate rate = round(side.child, seconds);
          side.rates.add(rate);
          line.append(", %s %.1f".formatted(side.name, rate.perSecond()));
        }
        System.out.printf("%s round %d: pictures/s%s%n", net, i, line.substring(1));
        Collections.rotate(order, 1);
      }
    } finally {
      for (Finalist side : all) {
        side.child.close();
      }
    }
    report(net, all);
  }

  private static Contender fastest(String net, List<Contender> plans, double seconds)
      throws IOException {
    Contender best = plans.get(0);
    double most = 0;
    for (Contender contender : plans) {
      try (Child child = contender.start()) {
        String versions = child.answer();
        round(child, seconds);
        Rate rate = round(child, seconds);
        System.out.printf(
            "%s: try %s %s: %.1f pictures/s, %.1f ms of processor time a picture; %s%n",
            net, contender.name, contender.plan, rate.perSecond(), rate.cpuMillis(), versions);
        if (rate.perSecond() > most) {
          best = contender;
          most = rate.perSecond();
        }
      }
    }
    return best;
  }

  private static Rate round(Child child, double seconds) throws IOException {
    child.tell(seconds);
    return Rate.parse(child.answer());
  }

  private static void report(String net, List<Finalist> all) {
    for (Finalist side : all) {
      System.out.printf(
          "%s: %s %s pictures/s, %s ms of processor time a picture%n",
          net,
          side.name,
          Sample.of(side.rates.stream().map(Rate::perSecond).toList()).text("%.1f"),
          Sample.of(side.rates.stream().map(Rate::cpuMillis).toList()).text("%.2f"));
    }
    for (Finalist ours : all.subList(0, 2)) {
      for (Finalist other : all.subList(2, all.size())) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.rates.size(); i++) {
          ratios.add(ours.rates.get(i).perSecond() / other.rates.get(i).perSecond());
        }
        System.out.printf(
            "%s: %s / %s: median %s%n", net, ours.name, other.name, Sample.of(ratios).text("%.3f"));
      }
    }
  }
}
