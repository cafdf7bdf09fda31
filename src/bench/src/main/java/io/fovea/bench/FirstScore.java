package io.fovea.bench;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A process from its launch to the first score of a JPEG of 500x375, as a service has it: with what
 * scoring needs on the class path; the parts of that time, and the processor time of all threads.
 */
public final class FirstScore {
  private static final Pattern NOT_SERVED =
      Pattern.compile("pytorch|/djl/|jmh|protobuf|fovea-train|fovea-converters|fovea-onnx");
  private static final List<String> PARTS =
      List.of(
          "JVM", "ONNX Runtime", "model", "decoding", "first score", "in all", "processor time");

  private FirstScore() {}

  /**
   * Arguments: starts (10), {@code plug-in} or {@code alone} (plug-in), net (mobilenet_v2), options
   * of the JVM; {@code --child NET PHOTO} scores in this process.
   */
  public static void main(String[] args) throws IOException {
    if (args.length == 3 && args[0].equals("--child")) {
      score(Path.of(args[1]), Path.of(args[2]));
      return;
    }
    int starts = args.length > 0 ? Integer.parseInt(args[0]) : 10;
    boolean plugIn = args.length < 2 || args[1].equals("plug-in");
    String name = args.length > 2 ? args[2] : "mobilenet_v2";
    List<String> jvm = args.length > 3 ? List.of(args).subList(3, args.length) : List.of();
    List<String> classPath =
        Child.classPath(
            e ->
                !NOT_SERVED.matcher(e).find()
                    && (plugIn || !e.matches(".*(opencv|openblas|javacpp).*")));
    Map<String, List<Double>> times = new LinkedHashMap<>();
    try (Workload work = Workload.create()) {
      String net = work.net(name, 1000).toString();
      String photo = work.folder().resolve("photo.jpg").toString();
      Files.write(Path.of(photo), Photo.jpeg(500, 375));
      start(classPath, jvm, net, photo); // not counted: files come into the cache
      for (int i = 0; i < starts; i++) {
        List<Double> parts = start(classPath, jvm, net, photo);
        for (int p = 0; p < parts.size(); p++) {
          times.computeIfAbsent(PARTS.get(p), k -> new ArrayList<>()).add(parts.get(p));
        }
      }
    }
    String decoder = plugIn ? "plug-in" : "alone";
    System.out.printf("%s, %s, JVM %s, %d starts%n", name, decoder, jvm, starts);
    times.forEach((part, of) -> System.out.printf("%s: %s ms%n", part, Sample.of(of).text("%.0f")));
  }

  /** Milliseconds of each of {@link #PARTS}. */
  private static List<Double> start(
      List<String> classPath, List<String> jvm, String net, String photo) throws IOException {
    Instant launched = Instant.now();
    try (Child child = Child.start(classPath, jvm, FirstScore.class, "--child", net, photo)) {
      String[] answer = child.answer().split(" ");
      Instant scored = Instant.now();
      List<Double> parts = new ArrayList<>();
      Instant last = launched;
      for (Instant mark : Arrays.stream(answer).map(Instant::parse).toList()) {
        parts.add(millis(last, mark));
        last = mark;
      }
      parts.add(millis(launched, scored));
      parts.add(child.cpuMillis());
      return parts;
    }
  }

  private static double millis(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e6;
  }

  private static void score(Path net, Path photo) {
    Instant begun = Instant.now();
    OnnxRuntime.environment();
    Instant loaded = Instant.now();
    try (Classifier classifier =
        Classifier.load(net, Device.cpu(), Preprocessing.named("imagenet"))) {
      Instant open = Instant.now();
      Picture picture = classifier.preprocessing().reader().read(photo);
      Instant decoded = Instant.now();
      float best = classifier.score(picture).best().probability();
      Instant scored = Instant.now();
      if (!(best > 0 && best <= 1)) {
        throw new IllegalStateException("expected a probability, met " + best);
      }
      Child.answer("%s %s %s %s %s".formatted(begun, loaded, open, decoded, scored));
    }
  }
}
