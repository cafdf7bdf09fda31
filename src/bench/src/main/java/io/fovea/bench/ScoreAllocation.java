package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Scores;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What scoring allocates on the Java heap for a decoded picture of 500x375, in batches: run with
 * {@code -prof gc}. The scores of a picture hold 4 bytes for each class.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
public class ScoreAllocation {
  private static final int BATCH = 8;

  @Param({"10", "1000"})
  int classes = 10;

  @Param("squeezenet1_1")
  String net = "";

  private final Preprocessing imagenet = Preprocessing.named("imagenet");
  private List<Picture> pictures = List.of();

  @SuppressWarnings("NullAway.Init") // by load
  private Classifier classifier;

  @Setup
  public void load() throws IOException {
    pictures = Collections.nCopies(BATCH, Picture.read(Photo.jpeg(500, 375)));
    byte[] file = Architectures.named(net).model(Options.classes(classes)).toBytes();
    classifier = Classifier.of(ImageModel.load(net, file, Device.cpu()), imagenet);
  }

  @TearDown
  public void close() {
    classifier.close();
  }

  /** Scores with their labels. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Scores> allScores() {
    return classifier.score(pictures);
  }

  /** The likeliest class alone. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<List<Scores.Score>> likeliest() {
    return classifier.top(pictures, 1);
  }
}
