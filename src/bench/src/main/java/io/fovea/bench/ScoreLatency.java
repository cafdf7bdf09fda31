package io.fovea.bench;

import ai.onnxruntime.OrtException;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.io.IOException;

/**
 * Time of one picture of 500x375 that is decoded, to its scores, against one run of ONNX Runtime
 * alone over a ready tensor, in pairs of which either goes first by turns. The excess holds the
 * preprocessing.
 */
public final class ScoreLatency {
  private static final int CLASSES = 1000;

  private ScoreLatency() {}

  /**
   * Arguments: pairs (500), {@code spin} or {@code sleep} for ONNX Runtime alone, whose threads
   * spin by default where ours sleep (spin), threads a run (all processors), net (resnet18).
   */
  public static void main(String[] args) throws IOException, OrtException {
    int pairs = args.length > 0 ? Integer.parseInt(args[0]) : 500;
    boolean spin = args.length < 2 || args[1].equals("spin");
    int threads =
        args.length > 2 ? Integer.parseInt(args[2]) : Runtime.getRuntime().availableProcessors();
    String name = args.length > 3 ? args[3] : "resnet18";
    Picture picture = Picture.read(Photo.jpeg(500, 375));
    double[] ours = new double[pairs];
    double[] bare = new double[pairs];
    try (Workload work = Workload.create()) {
      var net = work.net(name, CLASSES);
      try (BareSide direct = new BareSide(net, new Plan(1, threads, 1), spin);
          Classifier classifier =
              Classifier.of(
                  ImageModel.load(net, Device.cpu(), threads), Preprocessing.named("imagenet"))) {
        Run fovea = () -> classifier.score(picture);
        Run alone = () -> direct.step(0);
        for (int i = 0; i < Math.min(pairs, 100); i++) {
          fovea.once();
          alone.once();
        }
        for (int i = 0; i < pairs; i++) {
          if (i % 2 == 0) {
            ours[i] = millis(fovea);
            bare[i] = millis(alone);
          } else {
            bare[i] = millis(alone);
            ours[i] = millis(fovea);
          }
        }
      }
    }
    report(name + ", " + threads + " threads, " + (spin ? "spin" : "sleep"), ours, bare);
  }

  private interface Run {
    void once() throws OrtException;
  }

  private static double millis(Run run) throws OrtException {
    long start = System.nanoTime();
    run.once();
    return (System.nanoTime() - start) / 1e6;
  }

  private static void report(String what, double[] ours, double[] bare) {
    double[] excess = new double[ours.length];
    for (int i = 0; i < excess.length; i++) {
      excess[i] = 100 * (ours[i] / bare[i] - 1);
    }
    Sample all = Sample.of(excess);
    double[] interval = all.medianInterval();
    System.out.printf(
        "%s: excess over ONNX Runtime alone, median of %d pairs: %.2f %% (95 %% interval %.2f to"
            + " %.2f %%)%n",
        what, excess.length, all.median(), interval[0], interval[1]);
    print("fovea", Sample.of(ours));
    print("bare", Sample.of(bare));
  }

  private static void print(String name, Sample times) {
    System.out.printf(
        "%s: median %.2f ms, 99th percentile %.2f ms, least %.2f ms%n",
        name, times.median(), times.quantile(0.99), times.min());
  }
}
