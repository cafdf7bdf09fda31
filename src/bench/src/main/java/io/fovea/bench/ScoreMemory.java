package io.fovea.bench;

import static io.fovea.image.Resampling.BILINEAR;

import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Peak of resident memory of {@code ./fovea score} over few and many JPEG files of some sizes; run
 * it at the top of the repository. Linux only.
 */
public final class ScoreMemory {
  private static final int FILES = 200;
  private static final Preprocessing SMALL =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Resize(32, 32, BILINEAR),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)));

  private ScoreMemory() {}

  /**
   * Arguments: few (1000), many (50000), rounds (3), net (resnet8, which is fed 32x32; any other is
   * fed as ImageNet's are).
   */
  public static void main(String[] args) throws Exception {
    int few = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
    int many = args.length > 1 ? Integer.parseInt(args[1]) : 50_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    String name = args.length > 3 ? args[3] : "resnet8";
    try (Workload work = Workload.create()) {
      Path net = work.net(name, 10);
      Path photos =
          work.photos(FILES, new int[] {500, 375}, new int[] {375, 500}, new int[] {640, 480});
      Path fed = work.folder().resolve("fed.json");
      Files.writeString(
          fed, (name.equals("resnet8") ? SMALL : Preprocessing.named("imagenet")).toJson());
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        double less = peak(work, net, fed, photos, few);
        double more = peak(work, net, fed, photos, many);
        ratios.add(more / less);
        System.out.printf(
            "peak of %,d pictures %.1f MiB, of %,d %.1f MiB, ratio %.3f%n",
            few, less / 1024, many, more / 1024, more / less);
      }
      System.out.printf("%s: median ratio %s%n", name, Sample.of(ratios).text("%.3f"));
    }
  }

  /** In KiB, of a run over this many pictures: the same files again and again. */
  private static long peak(Workload work, Path net, Path fed, Path photos, int count)
      throws IOException, InterruptedException {
    List<Path> files = Workload.files(photos);
    List<String> lines =
        Collections.nCopies((count + files.size() - 1) / files.size(), files).stream()
            .flatMap(List::stream)
            .map(Path::toString)
            .limit(count)
            .toList();
    Path list = Files.write(work.folder().resolve("list.txt"), lines);
    Path out = work.folder().resolve("scores.csv");
    Process process =
        new ProcessBuilder(
                List.of(
                    "./fovea",
                    "score",
                    net.toString(),
                    "--list",
                    list.toString(),
                    "--preprocessing",
                    fed.toString(),
                    "-o",
                    out.toString(),
                    "--quiet"))
            .inheritIO()
            .start();
    long peak = 0;
    while (process.isAlive()) { // the launcher becomes the JVM: one process
      peak = Math.max(peak, Child.peakKib(process.pid()));
      Thread.sleep(50);
    }
    int rows = Files.readAllLines(out).size() - 1;
    if (process.exitValue() != 0 || rows != count) {
      throw new IllegalStateException(
          "expected %d rows, met %d, status %d".formatted(count, rows, process.exitValue()));
    }
    Files.delete(out);
    return peak;
  }
}
