package io.fovea.bench;

import static io.fovea.image.Resampling.BILINEAR;

import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Peak of resident memory of scoring few and many small JPEG files of some sizes, in whole batches
 * of 8, each in a process of its own.
 */
public final class ScoreMemory {
  private static final int FILES = 200;
  private static final Plan PLAN = new Plan(2, 1, 8);
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Resize(32, 32, BILINEAR),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)));

  private ScoreMemory() {}

  /**
   * Arguments: few (1000), many (50000), rounds (3), options of the JVM; {@code --alone NET PHOTOS
   * COUNT} scores in this process.
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 4 && args[0].equals("--alone")) {
      score(Path.of(args[1]), Path.of(args[2]), Integer.parseInt(args[3]));
      return;
    }
    String few = args.length > 0 ? args[0] : "1000";
    String many = args.length > 1 ? args[1] : "50000";
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    List<String> jvm = args.length > 3 ? List.of(args).subList(3, args.length) : List.of();
    try (Workload work = Workload.create()) {
      String net = work.net("resnet8", 10).toString();
      String photos =
          work.photos(FILES, new int[] {64, 48}, new int[] {48, 64}, new int[] {96, 72}).toString();
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        double less = peak(jvm, net, photos, few);
        double more = peak(jvm, net, photos, many);
        ratios.add(more / less);
        System.out.printf(
            "peak of %s pictures %.1f MiB, of %s %.1f MiB, ratio %.3f%n",
            few, less / 1024, many, more / 1024, more / less);
      }
      System.out.printf("JVM %s: median ratio %s%n", jvm, Sample.of(ratios).text("%.3f"));
    }
  }

  private static long peak(List<String> jvm, String net, String photos, String count)
      throws IOException {
    try (Child child =
        Child.start(Child.classPath(), jvm, ScoreMemory.class, "--alone", net, photos, count)) {
      return Long.parseLong(child.answer());
    }
  }

  private static void score(Path net, Path photos, int count) throws Exception {
    AtomicInteger left = new AtomicInteger(count);
    ExecutorService pool = Executors.newFixedThreadPool(PLAN.workers());
    try (FoveaSide side = new FoveaSide(net, FED, Workload.files(photos), PLAN, true)) {
      List<Future<?>> workers = new ArrayList<>();
      for (int w = 0; w < PLAN.workers(); w++) {
        int worker = w;
        workers.add(
            pool.submit(
                () -> {
                  while (left.addAndGet(-PLAN.batch()) >= 0) {
                    side.step(worker);
                  }
                }));
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
      Child.answer(Child.peakKib());
    } finally {
      pool.shutdown();
    }
  }
}
